"""Kyverno's validating policies as an engine: what the cluster's admission would say of an object.

A rule that Kyverno itself could not evaluate is a problem, also where the cluster would refuse the
object for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any

from bot.policy.kyverno import actions, policy, validating
from bot.policy.kyverno.judge import Judge, Result
from bot.policy.kyverno.policy import Policy
from bot.policy.kyverno.questions import Questions
from bot.policy.kyverno.request import Request
from bot.policy.kyverno.validating import ValidatingPolicy
from bot.policy.model import (
    Answer,
    Context,
    Document,
    PolicyRule,
    Problem,
    Question,
    Source,
    Violation,
)
from bot.policy.vap.fields import field_of
from checks.model import Location, Pointer, Resource

_GROUPS = (policy.GROUP, validating.GROUP)
_EXCEPTION = "PolicyException"
_READ = re.compile(r"request\.object((?:\.[A-Za-z_]\w*)+)", re.ASCII)


class KyvernoEngine:
    """The engine of ClusterPolicy, Policy and ValidatingPolicy."""

    name = "kyverno"

    def takes(self, document: Document) -> bool:
        """Everything of Kyverno's groups: what does not validate is idle."""
        return document.kind.partition("/")[0] in _GROUPS

    def compile(
        self,
        sources: Sequence[Source],  # noqa: ARG002 - Rego is not ours
        documents: Sequence[Document],
        context: Context,
    ) -> CompiledKyverno:
        """Read the policies. Raises EngineError."""
        return CompiledKyverno(documents, context)


class CompiledKyverno:
    """Policies with the workers that hold their rules."""

    def __init__(self, documents: Sequence[Document], context: Context) -> None:
        read = Read.of(documents)
        self._problems = list(read.problems)
        self._idle = read.idle
        self._questions = Questions(context)
        self._judge = Judge.of(
            read.policies,
            read.validating,
            now=context.now,
            limits=context.limits,
            config_maps=self._questions.config_maps,
        )
        self._problems += self._judge.load()
        self._rules = tuple(_rules(read.policies, read.validating))
        self._by_id = {rule.id: rule for rule in self._rules}

    def __enter__(self) -> CompiledKyverno:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._judge.close()

    @property
    def rules(self) -> Sequence[PolicyRule]:
        """Every validating rule, with the effect that it has in general."""
        return self._rules

    @property
    def problems(self) -> Sequence[Problem]:
        """What the cluster would refuse, and what cannot be judged here."""
        return tuple(self._problems)

    @property
    def idle(self) -> Sequence[str]:
        """Files that only mutate, generate, verify images or clean up."""
        return self._idle

    def judge(self, questions: Sequence[Question]) -> tuple[Answer, ...]:
        """Ask every policy about every object. Raises EngineError."""
        return tuple(self._answer(question) for question in questions)

    def _answer(self, question: Question) -> Answer:
        request = self._questions.request(question)
        asked: dict[str, None] = {}
        violations: list[Violation] = []
        problems: list[Problem] = []
        for result in self._judge.evaluate(request):
            if result.told.status == "skip":
                continue
            asked |= dict.fromkeys(_ids(result))
            if result.told.status in ("error", "unsupported") or result.faulty:
                problems.append(_problem(result))
            elif result.told.status == "fail":
                violations.append(self._violation(result, question.resource, request))
        return Answer(
            violations=tuple(violations),
            problems=tuple(dict.fromkeys(problems)),
            asked=tuple(asked),
        )

    def _violation(self, result: Result, resource: Resource, request: Request) -> Violation:
        if isinstance(result.policy, ValidatingPolicy):
            rule = self._by_id[result.policy.id(result.index)]
        elif result.rule is not None:
            effect = actions.effect(result.policy.spec, result.body, request)
            rule = replace(self._by_id[result.rule.id], effect=effect)
        return Violation(
            rule=rule,
            message=" ".join(result.told.message.split()),
            pointer=_pointer(result, resource),
        )


def _ids(result: Result) -> Sequence[str]:
    if isinstance(result.policy, ValidatingPolicy):
        count = len(result.policy.variants[0].rule.validations)
        return [result.policy.id(index) for index in range(count)]
    return [result.rule.id] if result.rule is not None else []


def _problem(result: Result) -> Problem:
    told = f"{'' if result.told.status == 'unsupported' else 'cannot be evaluated: '}"
    told += " ".join(result.told.message.split())
    if isinstance(result.policy, ValidatingPolicy):
        return result.policy.problem(told, result.index)
    return result.rule.problem(told) if result.rule is not None else result.policy.problem(told)


def _pointer(result: Result, resource: Resource) -> Pointer:
    """The field that broke a rule, as far as the object has it."""
    if result.expression:
        return field_of(result.expression, resource)
    path = result.told.path
    if not path:
        path = _read_by(result.body["validate"])
    while path and resource.get(*path) is None:
        path = path[:-1]
    return path


def _read_by(validate: Any) -> Pointer:
    """The first field of the object that a rule reads."""
    found = _READ.search(str({**validate, "message": ""}))
    return tuple(found[1].split(".")[1:]) if found else ()


def _rules(policies: Sequence[Policy], cel: Sequence[ValidatingPolicy]) -> Iterator[PolicyRule]:
    for one in policies:
        title = str(one.annotations.get("policies.kyverno.io/title") or one.name)
        for rule in one.rules:
            yield PolicyRule(
                id=rule.id,
                location=Location(path=one.document.path, line=rule.line),
                effect=actions.effect(one.spec, rule.body, None),
                title=f"{title}: {rule.name}",
            )
    for each in cel:
        for index, _ in enumerate(each.variants[0].rule.validations if each.variants else ()):
            yield PolicyRule(
                id=each.id(index),
                location=Location(path=each.document.path, line=each.line(index)),
                effect=each.effect,
                title=each.title,
            )


class Read:
    """The documents of Kyverno's groups, sorted."""

    def __init__(self) -> None:
        self.policies: list[Policy] = []
        self.validating: list[ValidatingPolicy] = []
        self.problems: list[Problem] = []
        self.idle: tuple[str, ...] = ()

    @classmethod
    def of(cls, documents: Sequence[Document]) -> Read:
        """Read documents; two policies of one name are a problem of the second."""
        read = cls()
        seen: dict[tuple[str, str, str], Document] = {}
        judging: set[str] = set()
        for document in documents:
            kind = document.kind.partition("/")[2]
            if read._take(document, kind, seen):
                judging.add(document.path)
        paths = dict.fromkeys(document.path for document in documents)
        read.idle = tuple(path for path in paths if path not in judging)
        return read

    def _take(
        self, document: Document, kind: str, seen: dict[tuple[str, str, str], Document]
    ) -> bool:
        """Whether a document judges something, or was meant to."""
        group = document.kind.partition("/")[0]
        if kind == _EXCEPTION:
            told = "a PolicyException is not read: waive the rule instead"
            self.problems.append(Problem(path=document.path, line=document.line, message=told))
            return True
        if group == policy.GROUP and kind in policy.KINDS:
            return self._policy(document, seen)
        if group == validating.GROUP and kind in validating.KINDS:
            return not validating.is_for_json(document) and self._validating(document, seen)
        return False

    def _policy(self, document: Document, seen: dict[tuple[str, str, str], Document]) -> bool:
        found, problems = policy.read(document)
        self.problems += problems
        if found is not None and self._first(found, seen):
            self.policies.append(found)
            return bool(found.rules or problems)
        return True

    def _validating(self, document: Document, seen: dict[tuple[str, str, str], Document]) -> bool:
        first = sum(len(one.variants) for one in self.validating)
        found, problems = validating.read(document, first)
        self.problems += problems
        if found is not None and self._first(found, seen):
            self.validating.append(found)
        return True

    def _first(
        self, found: Policy | ValidatingPolicy, seen: dict[tuple[str, str, str], Document]
    ) -> bool:
        kind = found.document.kind.partition("/")[0]
        other = seen.setdefault((kind, found.namespace, found.name), found.document)
        if other is not found.document:
            told = f"another policy of this name is at {other.path}:{other.line}"
            self.problems.append(found.problem(told))
        return other is found.document


__all__ = ["CompiledKyverno", "KyvernoEngine", "Read"]
