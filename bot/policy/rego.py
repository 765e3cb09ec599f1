"""Rego files as policies: conftest's rules in any package, and those over an admission review."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Any

from bot.engines.admission import question
from bot.engines.program import Program, Unit
from bot.engines.rego import Answer as Told
from bot.engines.rego import RegoEngine
from bot.engines.said import said
from bot.policy.model import (
    Answer,
    Context,
    Document,
    Effect,
    PolicyRule,
    Problem,
    Question,
    Source,
    Violation,
)
from checks.model import Location


class RegoPolicies:
    """The engine of `.rego` files."""

    name = "rego"

    def takes(self, document: Document) -> bool:  # noqa: ARG002 - Rego is in files of its own
        """No YAML document is Rego's."""
        return False

    def compile(
        self,
        sources: Sequence[Source],
        documents: Sequence[Document],  # noqa: ARG002 - none is taken
        context: Context,
    ) -> CompiledRego:
        """Parse the files and plan what they ask."""
        return CompiledRego(RegoEngine(now=context.now, limits=context.limits), sources)


class CompiledRego:
    """Rego files with the worker that holds them."""

    def __init__(self, engine: RegoEngine, sources: Sequence[Source]) -> None:
        self._engine = engine
        self._program: Program = engine.compile(sources)
        self._rules = {unit.number: _rule(unit) for unit in self._program.units}
        self._asked = tuple(dict.fromkeys(rule.id for rule in self._rules.values()))

    def __enter__(self) -> CompiledRego:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._engine.__exit__(kind, error, trace)

    @property
    def rules(self) -> Sequence[PolicyRule]:
        """Every definition that can object."""
        return tuple(self._rules.values())

    @property
    def problems(self) -> Sequence[Problem]:
        """What cannot work."""
        return self._program.problems

    @property
    def idle(self) -> Sequence[str]:
        """Files without a rule of a known name that no other file uses."""
        return self._program.idle

    def judge(self, questions: Sequence[Question]) -> tuple[Answer, ...]:
        """Ask every definition about every object. Raises EngineError."""
        told = self._engine.judge(
            self._program, (question(one.resource, one.before) for one in questions)
        )
        return tuple(self._answer(answer) for answer in told)

    def _answer(self, told: Told) -> Answer:
        violations: list[Violation] = []
        seen: set[tuple[Effect, str]] = set()
        for unit, value in told.said:
            violations += self._new(self._rules[unit.number], value, seen)
        return Answer(
            violations=tuple(violations),
            problems=told.problems,
            asked=self._asked,
        )

    def _new(self, rule: PolicyRule, value: Any, seen: set[tuple[Effect, str]]) -> list[Violation]:
        """What was not said already: two definitions may find the same."""
        fresh = []
        for one in said(rule.title, value):
            if (rule.effect, one.message) not in seen:
                seen.add((rule.effect, one.message))
                fresh.append(
                    Violation(
                        rule=rule, message=one.message, pointer=one.pointer, remedy=one.remedy
                    )
                )
        return fresh


def _rule(unit: Unit) -> PolicyRule:
    return PolicyRule(
        id=f"rego/{unit.rule}",
        location=Location(path=unit.path, line=unit.line),
        effect=Effect.WARN if unit.entry == "warn" else Effect.DENY,
        title=unit.rule,
    )
