"""Templates with K8sNativeValidation: expressions of CEL over the request and the constraint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.engines.cel.engine import CelEngine, Evaluated
from bot.policy.gatekeeper.constraint import Constraint
from bot.policy.gatekeeper.review import Review
from bot.policy.gatekeeper.template import Template
from bot.policy.model import Problem
from checks.model import Pointer

# What Gatekeeper defines before a template's own variables.
_OWN = (
    (
        "anyObject",
        'has(request.operation) && request.operation == "DELETE" ? oldObject : object',
    ),
    (
        "params",
        "!has(params.spec) ? null : !has(params.spec.parameters) ? null : params.spec.parameters",
    ),
)
_FIELDS = ("validations", "failurePolicy", "matchCondition", "variables", "generateVAP")
_POLICIES = ("Fail", "Ignore")
_LONGEST = 5 * 1024
_RESERVED = "gatekeeper_internal_"

Placed = tuple[Pointer, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What an evaluation came to: messages of violations, what could not be told (`problems`), and
    errors, which refuse an object in the cluster unless the failure policy lets them pass; both
    with where in the source they arose."""

    messages: tuple[str, ...] = ()
    errors: tuple[Placed, ...] = ()
    problems: tuple[Placed, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Expressions:
    """The expressions of a template, loaded as one unit: the conditions, then for each validation
    itself and its message."""

    unit: int
    conditions: int
    validations: tuple[Mapping[str, Any], ...]
    ignores: bool = False

    def ask(self, engine: CelEngine, constraint: Constraint, review: Review) -> Said:
        """What they say of a request. Raises EngineError."""
        answer = engine.ask(self.unit, {**review.bindings, "params": constraint.completed})
        conditions = [self._one(answer, at) for at in range(self.conditions)]
        if any(value is False for value, _ in conditions):
            return Said()
        failed = next((at for at, (value, _) in enumerate(conditions) if value is None), None)
        if failed is not None:
            return self._failed(answer, failed)
        said = [self._judged(answer, at) for at in range(len(self.validations))]
        return Said(
            messages=tuple(text for one in said for text in one.messages),
            errors=tuple(text for one in said for text in one.errors),
            problems=tuple(text for one in said for text in one.problems),
        )

    def _judged(self, answer: Evaluated, number: int) -> Said:
        at = self.conditions + 2 * number
        holds, _ = self._one(answer, at)
        if holds is None:
            return self._failed(answer, at)
        return Said() if holds else Said(messages=(self._message(answer, number),))

    def _failed(self, answer: Evaluated, at: int) -> Said:
        _, why = self._one(answer, at)
        placed = (_expression(at, self.conditions), why)
        if at in answer.unknown:
            return Said(problems=(placed,))
        return Said() if self.ignores else Said(errors=(placed,))

    def _one(self, answer: Evaluated, at: int) -> tuple[bool | None, str]:
        kind, value = answer.values[at]
        if kind == "value" and isinstance(value, bool):
            return value, ""
        return None, str(value) if kind == "error" else f"it is {value!r}, not true or false"

    def _message(self, answer: Evaluated, number: int) -> str:
        validation = self.validations[number]
        kind, value = answer.values[self.conditions + 2 * number + 1]
        if kind == "value" and isinstance(value, str) and "\n" not in value.strip():
            text = value.strip()
            if text and len(text.encode()) <= _LONGEST:
                return text
        return str(
            validation.get("message") or f"failed expression: {validation['expression'].strip()}"
        )


def loaded(engine: CelEngine, template: Template, unit: int) -> Expressions | list[Problem]:
    """The expressions of a template, or what is wrong with them. Raises EngineError."""
    source = template.cel or {}
    found = list(_problems(template, source))
    if found:
        return found
    conditions = source.get("matchCondition") or []
    validations = source.get("validations") or []
    variables = [*_OWN, *((v["name"], v["expression"]) for v in source.get("variables") or ())]
    texts = [one["expression"] for one in conditions]
    for one in validations:
        texts += [one["expression"], one.get("messageExpression") or '""']
    error = engine.load(unit, variables, texts)
    if error:
        return [template.problem(error, *_place(template, source, error))]
    return Expressions(
        unit=unit,
        conditions=len(conditions),
        validations=tuple(validations),
        ignores=source.get("failurePolicy") == "Ignore",
    )


def _problems(template: Template, source: Mapping[str, Any]) -> Iterator[Problem]:
    at = template.cel_at
    for name in source.keys() - set(_FIELDS):
        yield template.problem(f"there is no field {name} in {', '.join(_FIELDS)}", *at, name)
    if source.get("failurePolicy", "Fail") not in _POLICIES:
        yield template.problem("the failurePolicy is Fail or Ignore", *at, "failurePolicy")
    for name in ("validations", "matchCondition", "variables"):
        listed = source.get(name) or []
        if not isinstance(listed, list):
            yield template.problem(f"expected a list of {name}", *at, name)
            continue
        for index, one in enumerate(listed):
            if not isinstance(one, dict) or not isinstance(one.get("expression"), str):
                yield template.problem("expected an expression", *at, name, index)
            elif name != "validations" and not _may_be_named(one.get("name")):
                said = f"{one.get('name')} is no name that may be taken"
                yield template.problem(said, *at, name, index)


def _may_be_named(name: Any) -> bool:
    taken = [own for own, _ in _OWN]
    return isinstance(name, str) and name not in taken and not name.startswith(_RESERVED)


def _place(template: Template, source: Mapping[str, Any], error: str) -> Pointer:
    """Where the expression stands that an error is about ("expression 2: …", "variable x: …")."""
    what, _, which = error.partition(":")[0].partition(" ")
    if what == "variable":
        names = [one["name"] for one in source.get("variables") or ()]
        if which in names:
            return (*template.cel_at, "variables", names.index(which), "expression")
    if what != "expression" or not which.isdecimal():
        return template.cel_at
    conditions = len(source.get("matchCondition") or ())
    return (*template.cel_at, *_expression(int(which) - 1, conditions))


def _expression(number: int, conditions: int) -> Pointer:
    """Where in a source the expression stands that was loaded as this one."""
    if number < conditions:
        return ("matchCondition", number, "expression")
    index, message = divmod(number - conditions, 2)
    return ("validations", index, "messageExpression" if message else "expression")
