"""What an expression is worth: unknown parts stay unknown and take with them what needs them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from bot.render.terraform.functions import call
from bot.render.terraform.syntax import (
    Attr,
    Binary,
    Call,
    Choice,
    Each,
    Expr,
    For,
    Index,
    Joined,
    Literal,
    Name,
    Object,
    Splat,
    Template,
    Tuple,
    Unary,
)
from bot.render.terraform.values import (
    SECRET,
    UNKNOWN,
    Budget,
    EvalError,
    Lazy,
    Set,
    Unknown,
    Value,
    boolean,
    equal,
    is_unknown,
    number,
    text,
    tidy,
    unknown_in,
)
from bot.render.terraform.files import ModuleFiles

_LONGEST_TEXT = 1 << 20
_EACH = "[*]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Where an expression stands: what names mean there, the files it may read, and how much may
    still be done. `names` gives roots such as "var"; `bound` are the names of for and dynamic."""

    names: Callable[[str], Value]
    files: ModuleFiles
    budget: Budget
    bound: Mapping[str, Value] = field(default_factory=dict)

    def binding(self, bound: Mapping[str, Value]) -> Scope:
        """The same place with more names."""
        return Scope(
            names=self.names,
            files=self.files,
            budget=self.budget,
            bound={**self.bound, **bound},
        )


def evaluate(expr: Expr, scope: Scope) -> Value:
    """The value of an expression. Raises EvalError, TooMuch."""
    scope.budget.spend()
    return _RULES[type(expr)](expr, scope)


def _literal(expr: Literal, scope: Scope) -> Value:  # noqa: ARG001 - one shape for all rules
    return expr.value


def _name(expr: Name, scope: Scope) -> Value:
    return scope.bound[expr.name] if expr.name in scope.bound else scope.names(expr.name)


def _each(expr: Each, scope: Scope) -> Value:  # noqa: ARG001
    return scope.bound[_EACH]


def _template(expr: Template, scope: Scope) -> Value:
    parts = [evaluate(part, scope) for part in expr.parts]
    if unknown := first_unknown(parts):
        return unknown
    return _joined_text(parts, scope)


def _joined_text(parts: list[Value], scope: Scope) -> str:
    texts = [text(part) for part in parts]
    size = sum(map(len, texts))
    scope.budget.spend(size // 64)
    if size > _LONGEST_TEXT:
        raise EvalError("the text is too long")
    return "".join(texts)


def first_unknown(values: list[Value]) -> Unknown | None:
    """SECRET or UNKNOWN where one of the values is that as a whole."""
    found = [UNKNOWN if isinstance(value, Lazy) else value for value in values]
    if any(value is SECRET for value in found):
        return SECRET
    return UNKNOWN if any(value is UNKNOWN for value in found) else None


def _attr(expr: Attr, scope: Scope) -> Value:
    return step(evaluate(expr.of, scope), expr.name)


def _index(expr: Index, scope: Scope) -> Value:
    return step(evaluate(expr.of, scope), evaluate(expr.key, scope))


def step(value: Value, key: Value) -> Value:
    """`value[key]`, which is also `value.key`. Raises EvalError."""
    if isinstance(value, Unknown):
        return value
    if isinstance(key, Unknown):
        return key
    if isinstance(value, Lazy):
        return value.attribute(text(key))
    if isinstance(value, dict):
        name = text(key)
        if name not in value:
            raise EvalError(f"there is no {name!r} in it")
        return value[name]
    if isinstance(value, list) and not isinstance(value, Set):
        at = number(key)
        if isinstance(at, int) and 0 <= at < len(value):
            return value[at]
        raise EvalError(f"it has {len(value)} elements, but none at {at}")
    raise EvalError("it has no elements")


def _splat(expr: Splat, scope: Scope) -> Value:
    value = evaluate(expr.of, scope)
    if isinstance(value, Unknown):
        return value
    if value is None:
        return []
    items = value if isinstance(value, list) else [value]
    scope.budget.spend(len(items))
    return [evaluate(expr.step, scope.binding({_EACH: item})) for item in items]


def _call(expr: Call, scope: Scope) -> Value:
    if expr.name in ("try", "can"):
        return _tried(expr, scope)
    args = [evaluate(arg, scope) for arg in expr.args]
    if expr.spread and args:
        last = args.pop()
        if isinstance(last, Unknown):
            return last
        if not isinstance(last, list):
            raise EvalError("... needs a list")
        args += last
    return call(expr.name, args, scope.files, scope.budget)


def _tried(expr: Call, scope: Scope) -> Value:
    for arg in expr.args:
        try:
            value = evaluate(arg, scope)
        except EvalError:
            continue
        if expr.name == "can":
            # Whether it can be had may turn out only when it is known.
            return value if isinstance(value, Unknown) else True
        return value
    if expr.name == "can":
        return False
    raise EvalError("none of the alternatives can be had")


def _unary(expr: Unary, scope: Scope) -> Value:
    value = evaluate(expr.of, scope)
    if isinstance(value, Unknown):
        return value
    return tidy(-number(value)) if expr.op == "-" else not boolean(value)


def _binary(expr: Binary, scope: Scope) -> Value:
    left = evaluate(expr.left, scope)
    if expr.op in ("&&", "||"):
        return _logical(expr, left, scope)
    right = evaluate(expr.right, scope)
    if expr.op in ("==", "!="):
        return _equality(expr.op, left, right, scope)
    if unknown := first_unknown([left, right]):
        return unknown
    return _arithmetic(expr.op, number(left), number(right))


def _logical(expr: Binary, left: Value, scope: Scope) -> Value:
    # false && x is false whatever x is, and true || x is true; Terraform from 1.12 on says so too.
    decided = expr.op == "||"
    if not is_unknown(left) and boolean(left) is decided:
        return decided
    right = evaluate(expr.right, scope)
    if not is_unknown(right) and boolean(right) is decided:
        return decided
    return first_unknown([left, right]) or (not decided)


def _equality(op: str, left: Value, right: Value, scope: Scope) -> Value:
    nothing = left is None or right is None
    unknown = unknown_in(left, scope.budget) or unknown_in(right, scope.budget)
    # A list or a resource is not null, however little is known of what is in it.
    shallow = first_unknown([left, right])
    if unknown and not (nothing and not shallow):
        return unknown
    return equal(left, right) is (op == "==")


def _arithmetic(op: str, left: int | float, right: int | float) -> Value:
    try:
        match op:
            case "+":
                return tidy(left + right)
            case "-":
                return tidy(left - right)
            case "*":
                return tidy(left * right)
            case "/":
                return tidy(left / right)
            case "%":
                return tidy(left - right * int(left / right))
            case "<":
                return left < right
            case ">":
                return left > right
            case "<=":
                return left <= right
            case _:
                return left >= right
    except (ZeroDivisionError, OverflowError) as error:
        raise EvalError("there is no such number") from error


def _choice(expr: Choice, scope: Scope) -> Value:
    test = evaluate(expr.test, scope)
    if isinstance(test, Unknown):
        return test
    return evaluate(expr.yes if boolean(test) else expr.no, scope)


def _tuple(expr: Tuple, scope: Scope) -> Value:
    return [evaluate(item, scope) for item in expr.items]


def _object(expr: Object, scope: Scope) -> Value:
    found: dict[str, Value] = {}
    for key_expr, value_expr in expr.items:
        key = evaluate(key_expr, scope)
        if isinstance(key, Unknown):
            return key
        found[text(key)] = evaluate(value_expr, scope)
    return found


def pairs(value: Value) -> Iterator[tuple[Value, Value]]:
    """The keys and values that a for or a dynamic block goes through. Raises EvalError."""
    if isinstance(value, dict):
        yield from sorted(value.items())
    elif isinstance(value, Set):
        yield from ((item, item) for item in value)
    elif isinstance(value, list):
        yield from enumerate(value)
    else:
        raise EvalError("a list, a set or a map is required")


def _for(expr: For, scope: Scope) -> Value:
    of = evaluate(expr.of, scope)
    if isinstance(of, Unknown):
        return of
    made: list[Value] = []
    keyed: dict[str, Value] = {}
    for key, value in pairs(of):
        names = (value,) if len(expr.names) == 1 else (key, value)
        inner = scope.binding(dict(zip(expr.names, names, strict=True)))
        test = True if expr.test is None else evaluate(expr.test, inner)
        if isinstance(test, Unknown):
            return test
        if not boolean(test):
            continue
        item = evaluate(expr.value, inner)
        if expr.key is None:
            made.append(item)
            continue
        name = evaluate(expr.key, inner)
        if isinstance(name, Unknown):
            return name
        _put(keyed, text(name), item, expr.group)
    return made if expr.key is None else keyed


def _put(keyed: dict[str, Value], name: str, item: Value, group: bool) -> None:
    if group:
        keyed.setdefault(name, []).append(item)
    elif name in keyed:
        raise EvalError(f"the key {name!r} is made twice")
    else:
        keyed[name] = item


def _joined(expr: Joined, scope: Scope) -> Value:
    parts = evaluate(expr.of, scope)
    if isinstance(parts, Unknown):
        return parts
    return first_unknown(parts) or _joined_text(parts, scope)


_Rule: TypeAlias = Callable[..., Value]
_RULES: Mapping[type, _Rule] = {
    Literal: _literal,
    Template: _template,
    Name: _name,
    Attr: _attr,
    Index: _index,
    Each: _each,
    Splat: _splat,
    Call: _call,
    Unary: _unary,
    Binary: _binary,
    Choice: _choice,
    Tuple: _tuple,
    Object: _object,
    For: _for,
    Joined: _joined,
}
