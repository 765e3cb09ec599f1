"""An expression as code: closures that need no tree any more."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.engines.cel.library import FUNCTIONS, NAMESPACES, Overload, dispatch
from bot.engines.cel.library.re2 import pattern
from bot.engines.cel.library.times import parsed_duration, parsed_timestamp
from bot.engines.cel.macros import Code, bind, comprehension, optional_map
from bot.engines.cel.operators import (
    BINARY,
    UNARY,
)
from bot.engines.cel.steps import (
    alternative,
    conditional,
    equality,
    field,
    indexed,
    logical,
    optional_item,
    present,
    tested,
)
from bot.engines.cel.syntax import (
    Call,
    Expr,
    Ident,
    Index,
    ListOf,
    Literal,
    Macro,
    MapOf,
    Select,
)
from bot.engines.cel.values import (
    CelError,
    Type,
    UInt,
    type_name,
)

_TYPES = ("bool", "int", "uint", "double", "string", "bytes", "list", "map", "null_type", "type")
_OPTIONAL_TYPE = "optional_type"
_LITERALS: Mapping[str, Callable[[str], object]] = {
    "matches": pattern,
    "find": pattern,
    "duration": parsed_duration,
    "timestamp": parsed_timestamp,
}


class CompileError(Exception):
    """An expression that the cluster would refuse, or that is not supported here."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """An expression that is ready. `names` are what it needs to be bound."""

    code: Code
    slots: int
    names: frozenset[str]

    def run(self, bindings: Mapping[str, Any]) -> Any:
        """The value. Raises CelError."""
        frame: list[Any] = [None] * self.slots
        frame[0] = bindings
        return self.code(frame)


def compiled(expr: Expr) -> Compiled:
    """Make a tree ready. Raises CompileError."""
    compiler = _Compiler()
    code = compiler.code(expr, {})
    return Compiled(code=code, slots=compiler.slots, names=frozenset(compiler.names))


class _Compiler:
    def __init__(self) -> None:
        self.slots = 1
        self.names: set[str] = set()

    def code(self, expr: Expr, scope: Mapping[str, int]) -> Code:
        """The code of an expression; `scope` are the slots of the variables around it."""
        match expr:
            case Literal(value):
                return lambda _frame: value
            case Ident(name):
                return self._ident(name, scope)
            case Select():
                return self._select(expr, scope)
            case Index():
                return self._index(expr, scope)
            case Call():
                return self._call(expr, scope)
            case ListOf():
                return self._list(expr, scope)
            case MapOf():
                return self._map(expr, scope)
            case Macro():
                return self._macro(expr, scope)

    def _ident(self, name: str, scope: Mapping[str, int]) -> Code:
        if name in scope:
            slot = scope[name]
            return lambda frame: frame[slot]
        if name in _TYPES or name == _OPTIONAL_TYPE:
            kind = Type(name)
            return lambda _frame: kind
        if name == "authorizer":
            raise CompileError(
                "unsupported expression: authorizer (who may do what is known to the cluster only)"
            )
        self.names.add(name)
        return lambda frame: frame[0][name]

    def _select(self, expr: Select, scope: Mapping[str, int]) -> Code:
        if qualified := _qualified(expr, scope):
            kind = Type(qualified)
            return lambda _frame: kind
        operand, name = self.code(expr.operand, scope), expr.field
        if expr.test:
            return tested(operand, name)
        return optional_item(operand, lambda _: name) if expr.optional else field(operand, name)

    def _index(self, expr: Index, scope: Mapping[str, int]) -> Code:
        operand, index = self.code(expr.operand, scope), self.code(expr.index, scope)
        if expr.optional:
            return optional_item(operand, index)

        return indexed(operand, index)

    def _call(self, expr: Call, scope: Mapping[str, int]) -> Code:
        name, target = expr.name, expr.target
        if isinstance(target, Ident) and target.name not in scope and target.name in NAMESPACES:
            full = f"{target.name}.{name}"
            if full in FUNCTIONS:
                return self._function(full, expr.args, scope)
        args = expr.args if target is None else (target, *expr.args)
        if target is not None:
            return self._function(f".{name}", args, scope)
        codes = [self.code(arg, scope) for arg in args]
        if name in ("_&&_", "_||_"):
            return logical(name, codes)
        if name == "_?_:_":
            return conditional(*codes)
        if name in ("_==_", "_!=_"):
            return equality(codes[0], codes[1], wanted=name == "_==_")
        if name in BINARY:
            left, right, operator = codes[0], codes[1], BINARY[name]
            return lambda frame: operator(left(frame), right(frame))
        if name in UNARY:
            operand, unary = codes[0], UNARY[name]
            return lambda frame: unary(operand(frame))
        return self._function(name, args, scope)

    def _function(self, name: str, args: Sequence[Expr], scope: Mapping[str, int]) -> Code:
        codes = [self.code(arg, scope) for arg in args]
        overloads: tuple[Overload, ...] = FUNCTIONS.get(name, ())
        fitting = [one for one in overloads if len(one.types) == len(args)]
        shown = name.removeprefix(".")
        if shown in ("or", "orValue") and len(args) == 2 and name.startswith("."):
            return alternative(codes[0], codes[1], shown)
        if not overloads:
            raise CompileError(f"undeclared reference to '{shown}'")
        if not fitting:
            count = len(args) - name.startswith(".")
            raise CompileError(f"found no matching overload for '{shown}' with {count} arguments")
        _check_literals(shown, args)
        return dispatch(shown, fitting, codes)

    def _list(self, expr: ListOf, scope: Mapping[str, int]) -> Code:
        codes = [(self.code(one, scope), optional) for one, optional in expr.items]
        if not any(optional for _, optional in codes):
            plain = [code for code, _ in codes]
            return lambda frame: [code(frame) for code in plain]

        def run(frame: list[Any]) -> list[Any]:
            values: list[Any] = []
            for code, optional in codes:
                value = code(frame)
                if not optional:
                    values.append(value)
                elif present(value):
                    values.append(value.value)
            return values

        return run

    def _map(self, expr: MapOf, scope: Mapping[str, int]) -> Code:
        codes = [(self.code(k, scope), self.code(v, scope), opt) for k, v, opt in expr.entries]

        def run(frame: list[Any]) -> dict[Any, Any]:
            values: dict[Any, Any] = {}
            for key_code, value_code, optional in codes:
                key, value = key_code(frame), value_code(frame)
                if type(key) not in (str, int, UInt, bool):
                    raise CelError(f"unsupported key type: {type_name(key)}")
                if key in values:
                    raise CelError(f"duplicate map key: {key}")
                if not optional:
                    values[key] = value
                elif present(value):
                    values[key] = value.value
            return values

        return run

    def _macro(self, expr: Macro, scope: Mapping[str, int]) -> Code:
        target = self.code(expr.target, scope)
        first = self.slots
        self.slots += len(expr.names)
        slots = tuple(range(first, self.slots))
        inner = {**scope, **dict(zip(expr.names, slots, strict=True))}
        where = self.code(expr.where, inner) if expr.where is not None else None
        body = self.code(expr.body, inner)
        if expr.kind == "bind":
            return bind(target, first, body)
        if expr.kind in ("optMap", "optFlatMap"):
            return optional_map(target, first, body, flat=expr.kind == "optFlatMap")
        return comprehension(expr.kind, target, slots, where, body)


def _check_literals(name: str, args: Sequence[Expr]) -> None:
    """What Kubernetes refuses when the policy is made: constants that cannot be read. Raises
    CompileError."""
    check = _LITERALS.get(name)
    text = args[-1].value if check and args and isinstance(args[-1], Literal) else None
    if check is not None and type(text) is str:
        try:
            check(text)
        except CelError as error:
            raise CompileError(str(error)) from None


def _qualified(expr: Select, scope: Mapping[str, int]) -> str:
    """The name of a type that is written with dots, "" where it is none."""
    text = f"{_dotted(expr.operand, scope)}.{expr.field}"
    return text if text in ("google.protobuf.Timestamp", "google.protobuf.Duration") else ""


def _dotted(expr: Expr, scope: Mapping[str, int]) -> str:
    if isinstance(expr, Select):
        return f"{_dotted(expr.operand, scope)}.{expr.field}"
    return expr.name if isinstance(expr, Ident) and expr.name not in scope else ""
