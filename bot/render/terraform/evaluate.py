"""What an expression is worth: unknown parts stay unknown and take with them what needs them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from bot.render.terraform.files import ModuleFiles
from bot.render.terraform.functions import call
from bot.render.terraform.operators import arithmetic, equality, first_unknown, pairs, step
from bot.render.terraform.parser import parse_template
from bot.render.terraform.syntax import (
    Attr,
    Binary,
    Call,
    Choice,
    Each,
    Expr,
    For,
    HclError,
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
    Unknown,
    Value,
    boolean,
    is_unknown,
    number,
    text,
    tidy,
)

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
        return replace(self, bound={**self.bound, **bound})


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


def _attr(expr: Attr, scope: Scope) -> Value:
    return step(evaluate(expr.of, scope), expr.name)


def _index(expr: Index, scope: Scope) -> Value:
    return step(evaluate(expr.of, scope), evaluate(expr.key, scope))


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
    if expr.name == "templatefile" and len(args) == 2:
        return _templatefile(args[0], args[1], scope)
    if expr.spread and args:
        last = args.pop()
        if isinstance(last, Unknown):
            return last
        if not isinstance(last, list):
            raise EvalError("... needs a list")
        args += last
    return call(expr.name, args, scope.files, scope.budget)


def _templatefile(path: Value, names: Value, scope: Scope) -> Value:
    if unknown := first_unknown([path, names]):
        return unknown
    if not isinstance(names, dict):
        raise EvalError("templatefile() needs a map of names")
    if "templatefile" in scope.bound:
        raise EvalError("a template cannot read another one")
    try:
        expr = parse_template(scope.files.read(text(path)))
    except HclError as error:
        raise EvalError(f"the template {text(path)!r} cannot be read: {error.message}") from error
    return evaluate(expr, replace(scope, names=_nameless, bound={**names, "templatefile": path}))


def _nameless(name: str) -> Value:
    raise EvalError(f"the template is given no {name!r}")


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
        return equality(expr.op, left, right, scope.budget)
    if unknown := first_unknown([left, right]):
        return unknown
    return arithmetic(expr.op, number(left), number(right))


def _logical(expr: Binary, left: Value, scope: Scope) -> Value:
    # false && x is false whatever x is, and true || x is true; Terraform from 1.12 on says so too.
    decided = expr.op == "||"
    if not is_unknown(left) and boolean(left) is decided:
        return decided
    right = evaluate(expr.right, scope)
    if not is_unknown(right) and boolean(right) is decided:
        return decided
    return first_unknown([left, right]) or (not decided)


def _choice(expr: Choice, scope: Scope) -> Value:
    test = evaluate(expr.test, scope)
    if isinstance(test, Unknown):
        # It is either of the two, whatever it is chosen by.
        return SECRET if test.secret else UNKNOWN
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
