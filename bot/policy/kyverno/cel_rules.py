"""Rules in CEL: their expressions as units of the CEL engine, and what they say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.engines.cel.engine import CelEngine, Evaluated

_UNITS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """One expression that has to be true."""

    expression: str
    message: str = ""
    message_expression: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CelRule:
    """Conditions, variables and validations; `annotations` are only tried."""

    number: int
    conditions: Sequence[str] = ()
    variables: Sequence[tuple[str, str]] = ()
    validations: Sequence[Validation] = ()
    annotations: Sequence[str] = ()

    @property
    def _first(self) -> int:
        return self.number * _UNITS

    def load(self, cel: CelEngine) -> str:
        """Make the expressions ready; "" or what is wrong with them. Raises EngineError."""
        judged = [one.expression for one in self.validations] + list(self.annotations)
        spoken = [one.message_expression for one in self.validations if one.message_expression]
        said = cel.load(self._first, (), self.conditions) if self.conditions else ""
        said = said or cel.load(self._first + 1, self.variables, judged)
        return said or (cel.load(self._first + 2, self.variables, spoken) if spoken else "")

    def ask(self, cel: CelEngine, bindings: Mapping[str, Any]) -> CelAnswer:
        """What it says of an object. Raises EngineError."""
        if self.conditions:
            answer = cel.ask(self._first, bindings)
            if ("value", False) in answer.values:
                return CelAnswer(status="skip", message="cel preconditions not met")
            wrong = next((n for n, (_, v) in enumerate(answer.values) if v is not True), None)
            if wrong is not None:
                return _faulty(answer, wrong, -1)
        answer = cel.ask(self._first + 1, bindings)
        for number, (kind, value) in enumerate(answer.values):
            if number >= len(self.validations):
                if kind == "error":
                    return _faulty(answer, number, -1)
            elif kind == "value" and value is False:
                return CelAnswer(
                    status="fail", message=self._message(cel, number, bindings), index=number
                )
            elif value is not True or kind == "error":
                return _faulty(answer, number, number)
        return CelAnswer(status="pass")

    def _message(self, cel: CelEngine, number: int, bindings: Mapping[str, Any]) -> str:
        one = self.validations[number]
        if one.message_expression:
            before = [v for v in self.validations[:number] if v.message_expression]
            kind, value = cel.ask(self._first + 2, bindings).values[len(before)]
            if kind == "value" and isinstance(value, str) and value.strip():
                return value.strip()
        return one.message


@dataclass(frozen=True, slots=True, kw_only=True)
class CelAnswer:
    """ "pass", "fail", "skip", "error" (the expression's, in the cluster too) or "unsupported"
    (ours); the index is the validation's, -1 for a condition's."""

    status: str
    message: str = ""
    index: int = -1


def _faulty(answer: Evaluated, place: int, index: int) -> CelAnswer:
    kind, value = answer.values[place]
    told = str(value) if kind == "error" else f"it is {value!r}, neither true nor false"
    status = "unsupported" if place in answer.unknown else "error"
    return CelAnswer(status=status, message=told, index=index)
