"""Kubernetes' ValidatingAdmissionPolicies as an engine: what the cluster would say of an object.

An error of an expression is a problem, also where the cluster would refuse the object for it. Audit
annotations are evaluated, since an error in one counts, but their values are shown nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from types import TracebackType
from typing import TypeVar

from bot.engines.cel.engine import CelEngine
from bot.policy.model import (
    Answer,
    Context,
    Document,
    PolicyRule,
    Problem,
    Question,
    Source,
)
from bot.policy.vap.definition import (
    BINDING,
    POLICY,
    Binding,
    Definition,
    Malformed,
    binding,
    definition,
    name_of,
    strictest,
)
from bot.policy.vap.judge import Judge
from bot.policy.vap.program import Program
from checks.model import line_of

_T = TypeVar("_T")


class VapEngine:
    """The engine of ValidatingAdmissionPolicies and their bindings."""

    name = "vap"

    def takes(self, document: Document) -> bool:
        """Policies and bindings."""
        return document.kind in (POLICY, BINDING)

    def compile(
        self,
        sources: Sequence[Source],  # noqa: ARG002 - Rego is not ours
        documents: Sequence[Document],
        context: Context,
    ) -> CompiledVap:
        """Read the documents and make their expressions ready. Raises EngineError."""
        return CompiledVap(documents, context)


class CompiledVap:
    """Policies with the worker that holds their expressions."""

    def __init__(self, documents: Sequence[Document], context: Context) -> None:
        self._problems: list[Problem] = []
        self._malformed: set[str] = set()
        self._cel = CelEngine(now=context.now, limits=context.limits)
        definitions = self._read(documents, POLICY, definition)
        bindings = self._read(documents, BINDING, binding)
        self._definitions = self._bound(definitions, bindings)
        self._idle = tuple(one.document.path for one in self._definitions if not one.bindings)
        programs: list[Program] = []
        for one in self._definitions:
            program = Program(number=len(programs), definition=one)
            found = program.load(self._cel)
            self._problems += found
            if not found:
                programs.append(program)
        self._judge = Judge(self._cel, [p for p in programs if p.definition.bindings], context)

    def __enter__(self) -> CompiledVap:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._cel.__exit__(kind, error, trace)

    @property
    def rules(self) -> Sequence[PolicyRule]:
        """Every validation of a policy that is bound, with the hardest of its bindings' effects."""
        return tuple(
            one.rule(validation, strictest({binding.effect for binding in one.bindings}))
            for one in self._definitions
            if one.bindings
            for validation in one.validations
        )

    @property
    def problems(self) -> Sequence[Problem]:
        """What the cluster would refuse, and what cannot be judged here."""
        return tuple(self._problems)

    @property
    def idle(self) -> Sequence[str]:
        """Files of policies that no binding puts to work."""
        return self._idle

    def judge(self, questions: Sequence[Question]) -> tuple[Answer, ...]:
        """Ask every policy about every object. Raises EngineError."""
        return tuple(self._judge.answers(questions))

    def _read(
        self, documents: Sequence[Document], kind: str, reader: Callable[[Document], _T]
    ) -> list[_T]:
        found = []
        for document in documents:
            if document.kind == kind:
                try:
                    found.append(reader(document))
                except Malformed as error:
                    line = line_of(document.lines, error.pointer) or document.line
                    said = f"{document.kind.partition('/')[2]}: {error}"
                    self._problems.append(Problem(path=document.path, line=line, message=said))
                    self._malformed.add(name_of(document))
        return found

    def _bound(
        self, definitions: Sequence[Definition], bindings: Sequence[Binding]
    ) -> list[Definition]:
        by_name: dict[str, Definition] = {}
        for one in definitions:
            if one.name in by_name:
                other = by_name[one.name].document
                said = f"another policy of this name is at {other.path}:{other.line}"
                self._problems.append(one.problem(said))
            else:
                by_name[one.name] = replace(one, bindings=[])
        for each in bindings:
            if each.policy in by_name:
                by_name[each.policy].bindings.append(each)
            elif each.policy not in self._malformed:
                said = f"there is no ValidatingAdmissionPolicy {each.policy} among the policies"
                self._problems.append(each.problem(said))
        return list(by_name.values())
