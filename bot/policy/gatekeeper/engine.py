"""Gatekeeper's templates and constraints as policies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import TracebackType

from bot.engines.program import Path
from bot.policy.gatekeeper.cel import CelSide
from bot.policy.gatekeeper.constraint import ADMISSION, TESTS, Constraint
from bot.policy.gatekeeper.inventory import inventory
from bot.policy.gatekeeper.library import library, takes
from bot.policy.gatekeeper.match import matches
from bot.policy.gatekeeper.rego import RegoSide
from bot.policy.gatekeeper.review import UNKNOWN, Review, review_of
from bot.policy.gatekeeper.selectors import Unknown
from bot.policy.gatekeeper.template import Template
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
from bot.policy.vap.kinds import Kinds


class GatekeeperEngine:
    """The engine of ConstraintTemplates and their constraints."""

    name = "gatekeeper"

    def takes(self, document: Document) -> bool:
        """Templates, constraints, and what else of Gatekeeper bears on what is admitted."""
        return takes(document)

    def compile(
        self,
        sources: Sequence[Source],  # noqa: ARG002 - Rego files are another engine's
        documents: Sequence[Document],
        context: Context,
    ) -> CompiledGatekeeper:
        """Put constraints and templates together and parse their code. Raises EngineError."""
        return CompiledGatekeeper(documents, context)


class CompiledGatekeeper:
    """Templates and constraints with the workers that hold them. `tested` is whether the requests
    are those of tests: then nothing of them is unknown, and what fails in CEL denies."""

    def __init__(
        self, documents: Sequence[Document], context: Context, *, tested: bool = False
    ) -> None:
        self._cel = CelSide(context, errors_deny=tested)
        found = library(documents, self._cel.fit, TESTS if tested else ADMISSION)
        self._library = found
        self._tested = tested
        unknown: Sequence[Path] = () if tested else UNKNOWN
        self._kinds = Kinds(context.inventory)
        self._rego = RegoSide(
            context, lambda: inventory(one.body for one in context.inventory()), unknown
        )
        self._problems = list(found.problems)
        broken: set[str] = set()
        for template in found.templates:
            wrong = self._side(template).add(template)
            self._problems += wrong
            broken |= {template.kind} if wrong else set()
        self._constraints = [
            one
            for one in found.constraints
            if one.effect is not None and one.template.kind not in broken
        ]
        for constraint in self._constraints:
            if constraint.template.cel is None:
                self._rego.bind(constraint)
        self._idle = found.idle(documents)

    def _side(self, template: Template) -> RegoSide | CelSide:
        return self._rego if template.cel is None else self._cel

    def __enter__(self) -> CompiledGatekeeper:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._rego.__exit__(kind, error, trace)
        self._cel.__exit__(kind, error, trace)

    @property
    def rules(self) -> Sequence[PolicyRule]:
        """A rule for each constraint that is enforced."""
        return tuple(one.rule for one in self._constraints)

    @property
    def problems(self) -> Sequence[Problem]:
        """What cannot work."""
        return tuple(self._problems)

    @property
    def idle(self) -> Sequence[str]:
        """Files whose templates no constraint uses, or whose constraints are not enforced."""
        return self._idle

    def judge(self, questions: Sequence[Question]) -> tuple[Answer, ...]:
        """Ask every constraint about the objects that it is about. Raises EngineError."""
        return tuple(self.answer(review_of(one, self._kinds)) for one in questions)

    def answer(self, review: Review) -> Answer:
        """What the constraints say of one request. Raises EngineError."""
        problems: list[Problem] = []
        denied: list[Violation] = []
        concerned: list[Constraint] = []
        for constraint in self._constraints:
            try:
                if self._concerns(constraint, review):
                    concerned.append(constraint)
            except Unknown as unknown:
                said = f"{unknown}, on {review.label}"
                if self._tested:
                    # Gatekeeper refuses what it cannot match.
                    denied.append(Violation(rule=constraint.rule, message=said))
                else:
                    problems.append(constraint.problem(said, "spec", "match"))
        for violations, failed in self._asked(concerned, review):
            denied += violations
            problems += failed
        return Answer(
            violations=tuple(denied),
            problems=tuple(problems),
            asked=tuple(one.rule.id for one in concerned),
        )

    def _asked(
        self, concerned: Sequence[Constraint], review: Review
    ) -> Iterator[tuple[list[Violation], list[Problem]]]:
        yield self._rego.ask([one for one in concerned if one.template.cel is None], review)
        for one in concerned:
            if one.template.cel is not None:
                yield self._cel.ask(one, review)

    def _concerns(self, constraint: Constraint, review: Review) -> bool:
        """Whether a constraint is about a request. Raises Unknown."""
        operations = constraint.template.operations
        if operations and not {"*", review.operation} & set(operations):
            return False
        if any(self._library.is_exempt(one.namespace) for one in review.matchables):
            return False
        return any(matches(constraint.match, one) for one in review.matchables)
