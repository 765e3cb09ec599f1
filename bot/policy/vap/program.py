"""A policy's expressions, as units of the CEL engine."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.engines.cel.engine import CelEngine, Evaluated
from bot.policy.model import Problem
from bot.policy.vap.definition import Definition, Validation
from checks.model import line_of

_UNITS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """Three units: conditions, then validations with audit annotations, then messages, which are
    asked for only where a validation fails."""

    number: int
    definition: Definition
    _spoken: list[Validation] = field(default_factory=list)

    @property
    def conditions(self) -> int:
        """The unit of its matchConditions."""
        return self.number * _UNITS

    @property
    def validations(self) -> int:
        """The unit of its validations and audit annotations."""
        return self.number * _UNITS + 1

    @property
    def messages(self) -> int:
        """The unit of its messageExpressions."""
        return self.number * _UNITS + 2

    def load(self, cel: CelEngine) -> list[Problem]:
        """Make the expressions ready; what is wrong with them. Raises EngineError."""
        one = self.definition
        self._spoken.extend(v for v in one.validations if v.message_expression)
        judged = [v.expression for v in one.validations] + list(one.annotations)
        spoken = [v.message_expression for v in self._spoken]
        said = [
            cel.load(self.conditions, (), one.conditions) if one.conditions else "",
            cel.load(self.validations, one.variables, judged),
            cel.load(self.messages, one.variables, spoken) if spoken else "",
        ]
        return [one.problem(text, self._line(at, text)) for at, text in enumerate(said) if text][:1]

    def message(self, validation: Validation, answers: Evaluated | None) -> str:
        """What a failed validation says; its messageExpression counts only where it is a line of
        text."""
        if answers is not None and validation in self._spoken:
            kind, value = answers.values[self._spoken.index(validation)]
            if kind == "value" and isinstance(value, str):
                text = value.strip()
                if text and "\n" not in text:
                    return text
        return validation.message or f"failed expression: {validation.expression.strip()}"

    def _line(self, unit: int, said: str) -> int:
        """The line of the expression that an error is about: "expression 2: …" or "variable x: …"
        are how the engine names it."""
        where, _, number = said.partition(":")[0].partition(" ")
        one = self.definition
        if where == "variable":
            names = [name for name, _ in one.variables]
            place: tuple[str | int, ...] = ("variables", names.index(number), "expression")
        elif where != "expression":
            return 0
        else:
            place = self._place(unit, int(number) - 1)
        return line_of(one.document.lines, ("spec", *place))

    def _place(self, unit: int, at: int) -> tuple[str | int, ...]:
        one = self.definition
        if unit == 0:
            return ("matchConditions", at, "expression")
        if unit > 1:
            return ("validations", self._spoken[at].index, "messageExpression")
        if at < len(one.validations):
            return ("validations", at, "expression")
        return ("auditAnnotations", at - len(one.validations), "valueExpression")
