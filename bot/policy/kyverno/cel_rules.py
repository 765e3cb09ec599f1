"""Rules in CEL: their expressions as units of the CEL engine, and what they say."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.engines.cel.engine import CelEngine, Evaluated

_UNITS = 3
_UNDECLARED = re.compile(r"undeclared reference to '(\w+)'")


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

    def load(self, cel: CelEngine) -> str:
        """Make the expressions ready; "" or what is wrong with them. Raises EngineError."""
        judged = [one.expression for one in self.validations] + list(self.annotations)
        spoken = [one.message_expression for one in self.validations if one.message_expression]
        said = cel.load(self.first, (), self.conditions) if self.conditions else ""
        said = said or cel.load(self.first + 1, self.variables, judged)
        said = said or (cel.load(self.first + 2, self.variables, spoken) if spoken else "")
        texts = [*self.conditions, *judged, *spoken, *(text for _, text in self.variables)]
        return _named(said, texts)

    @property
    def first(self) -> int:
        """The unit of its conditions; the next two are of its validations and messages."""
        return self.number * _UNITS

    def message(self, cel: CelEngine, index: int, bindings: Mapping[str, Any]) -> str:
        """What a validation that failed says. Raises EngineError."""
        one = self.validations[index]
        if one.message_expression:
            before = [v for v in self.validations[:index] if v.message_expression]
            kind, value = cel.ask(self.first + 2, bindings).values[len(before)]
            if kind == "value" and isinstance(value, str) and value.strip():
                return value.strip()
        return one.message


def ask(cel: CelEngine, rules: Sequence[CelRule], bindings: Mapping[str, Any]) -> list[CelAnswer]:
    """What rules say of one object: their conditions in one go, then their validations. Raises
    EngineError."""
    answers: dict[int, CelAnswer] = {}
    conditional = [rule for rule in rules if rule.conditions]
    if conditional:
        met = cel.ask_each([rule.first for rule in conditional], bindings)
        for rule, answer in zip(conditional, met, strict=True):
            unmet = _unmet(answer)
            if unmet is not None:
                answers[rule.number] = unmet
    wanted = [rule for rule in rules if rule.number not in answers]
    if wanted:
        found = cel.ask_each([rule.first + 1 for rule in wanted], bindings)
        for rule, answer in zip(wanted, found, strict=True):
            answers[rule.number] = _judged(rule, answer, cel, bindings)
    return [answers[rule.number] for rule in rules]


def _unmet(answer: Evaluated) -> CelAnswer | None:
    """Why conditions do not hold, None where they do. One that is false decides."""
    if ("value", False) in answer.values:
        return CelAnswer(status="skip", message="cel preconditions not met")
    wrong = next((n for n, (_, v) in enumerate(answer.values) if v is not True), None)
    return None if wrong is None else _faulty(answer, wrong, -1)


def _judged(
    rule: CelRule, answer: Evaluated, cel: CelEngine, bindings: Mapping[str, Any]
) -> CelAnswer:
    for number, (kind, value) in enumerate(answer.values):
        if number >= len(rule.validations):
            if kind == "error":
                return _faulty(answer, number, -1)
        elif kind == "value" and value is False:
            message = rule.message(cel, number, bindings)
            return CelAnswer(status="fail", message=message, index=number)
        elif kind == "error" or value is not True:
            return _faulty(answer, number, number)
    return CelAnswer(status="pass")


def _named(said: str, texts: Sequence[str]) -> str:
    """An error, with the whole name of a function of Kyverno's libraries that is not here."""
    missing = _UNDECLARED.search(said)
    if missing is None:
        return said
    call = re.compile(rf"([A-Za-z_]\w*)\.{re.escape(missing[1])}\s*\(", re.ASCII)
    found = next((one for text in texts if (one := call.search(text))), None)
    name = f"{found[1]}.{missing[1]}" if found else missing[1]
    return f"{said} ({name} of Kyverno's libraries is not supported)" if found else said


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
