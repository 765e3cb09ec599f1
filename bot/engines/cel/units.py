"""Expressions that are evaluated together: they see the same bindings and variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.engines.cel.compile import Compiled, CompileError, compiled
from bot.engines.cel.lexer import SyntaxFault
from bot.engines.cel.library.conversions import text_of
from bot.engines.cel.parser import parse
from bot.engines.cel.partial import UNKNOWN
from bot.engines.cel.syntax import Expr, Ident, Macro, Select, children
from bot.engines.cel.values import (
    INT_MAX,
    INT_MIN,
    CelError,
    Duration,
    Lazy,
    Optional,
    Timestamp,
    UnknownError,
)

_VARIABLES = "variables"
# What a JSON writer gives as a whole number; beyond, it writes an exponent.
_WHOLE = 1e21


@dataclass(frozen=True, slots=True)
class Unit:
    """Variables in their order and expressions, ready to be evaluated."""

    variables: Mapping[str, Compiled]
    expressions: Sequence[Compiled]

    def answers(self, bindings: Mapping[str, Any]) -> list[list[Any]]:
        """["value", v] or ["error", message] for each expression."""
        seen = dict(bindings)
        if self.variables:
            seen[_VARIABLES] = Variables(self.variables, seen)
        return [_answer(one, seen) for one in self.expressions]


class Variables(Lazy):
    """`variables`: each is computed once, when it is first asked for."""

    __slots__ = ("_bindings", "_codes", "_known")

    def __init__(self, codes: Mapping[str, Compiled], bindings: Mapping[str, Any]) -> None:
        self._codes = codes
        self._bindings = bindings
        self._known: dict[str, Any] = {}

    def has(self, name: str) -> bool:
        """Whether there is such a variable."""
        return name in self._codes

    def get(self, name: str) -> Any:
        """The value of a variable. Raises CelError."""
        if name not in self._known:
            if name not in self._codes:
                raise CelError(f"no such key: {name}")
            try:
                self._known[name] = _run(self._codes[name], self._bindings)
            except CelError as error:
                said = f"variable {name} fails to evaluate: {error}"
                self._known[name] = type(error)(said)
        value = self._known[name]
        if isinstance(value, CelError):
            raise value
        return value


class Partial(Lazy):
    """A map of which some fields are not known here; "*" stands for all that it does not have."""

    __slots__ = ("_fields", "_unknown")

    def __init__(self, fields: Mapping[str, Any], unknown: Mapping[str, str]) -> None:
        self._fields = fields
        self._unknown = unknown

    def has(self, name: str) -> bool:
        """Whether there is such a field. Raises UnknownError."""
        why = self._unknown.get(name, self._unknown.get("*"))
        if name not in self._fields and why is not None:
            raise UnknownError(f"cannot be told: {why}")
        return name in self._fields

    def get(self, name: str) -> Any:
        """The value of a field. Raises CelError."""
        if not self.has(name):
            raise CelError(f"no such key: {name}")
        return self._fields[name]


def load(variables: Sequence[Sequence[str]], expressions: Sequence[str]) -> tuple[Unit | None, str]:
    """The unit, or None and what is wrong: "expression 2: …" (they count from 1)."""
    codes: dict[str, Compiled] = {}
    ready: list[Compiled] = []
    for name, text in variables:
        try:
            codes[name] = _compiled(text, codes)
        except (SyntaxFault, CompileError) as error:
            return None, f"variable {name}: {error}"
    for number, text in enumerate(expressions, 1):
        try:
            ready.append(_compiled(text, codes))
        except (SyntaxFault, CompileError) as error:
            return None, f"expression {number}: {error}"
    return Unit(codes, ready), ""


def _compiled(text: str, earlier: Mapping[str, Compiled]) -> Compiled:
    expr = parse(text)
    if earlier:
        _check_variables(expr, earlier)
    return compiled(expr)


def _check_variables(expr: Expr, earlier: Mapping[str, Compiled]) -> None:
    """Only variables that are defined before can be named. Raises CompileError."""
    if (
        isinstance(expr, Select)
        and isinstance(expr.operand, Ident)
        and expr.operand.name == _VARIABLES
        and expr.field not in earlier
    ):
        raise CompileError(f"undefined field '{expr.field}' of variables")
    if isinstance(expr, Macro) and _VARIABLES in expr.names:
        return
    for child in children(expr):
        _check_variables(child, earlier)


def _answer(one: Compiled, bindings: Mapping[str, Any]) -> list[Any]:
    try:
        return ["value", plain(_run(one, bindings))]
    except UnknownError as error:
        return ["unknown", str(error)]
    except CelError as error:
        return ["error", str(error)]


def _run(one: Compiled, bindings: Mapping[str, Any]) -> Any:
    for name in one.names:
        if name not in bindings:
            raise UnknownError(f"undeclared reference to '{name}'")
    return one.run(bindings)


def normal(value: Any) -> Any:
    """A value of JSON as the cluster reads it: numbers without a fraction are whole."""
    kind = type(value)
    if kind is dict:
        fields = {key: normal(one) for key, one in value.items() if key != UNKNOWN}
        return Partial(fields, value[UNKNOWN]) if UNKNOWN in value else fields
    if kind is list:
        return [normal(one) for one in value]
    if kind is float and value == value // 1 and abs(value) < _WHOLE:
        whole = int(value)
        return whole if INT_MIN <= whole <= INT_MAX else value
    if kind is int and not INT_MIN <= value <= INT_MAX:
        return float(value)
    return value


def plain(value: Any) -> Any:
    """A value as JSON; what JSON does not have is text."""
    if isinstance(value, dict):
        return {key if type(key) is str else text_of(key): plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, Optional):
        return plain(value.value) if value.present else None
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Duration | Timestamp | bytes):
        return text_of(value)
    return str(value)
