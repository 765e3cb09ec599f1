"""Constraints of templates with K8sNativeValidation, asked in one worker."""

from __future__ import annotations

from types import TracebackType

from bot.engines.cel.engine import CelEngine
from bot.policy.gatekeeper.cel_code import Expressions, loaded
from bot.policy.gatekeeper.constraint import Constraint
from bot.policy.gatekeeper.patterns import Patterns
from bot.policy.gatekeeper.review import Review
from bot.policy.gatekeeper.template import Template
from bot.policy.model import Context, Problem, Violation


class CelSide:
    """The templates with CEL. Where `errors_deny`, an expression that fails is a violation, as it
    is in the cluster; else it is a problem."""

    def __init__(self, context: Context, *, errors_deny: bool) -> None:
        self._engine = CelEngine(now=context.now, limits=context.limits)
        self._errors_deny = errors_deny
        self.fit = Patterns(self._engine).fit
        self._expressions: dict[str, Expressions] = {}

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._engine.__exit__(kind, error, trace)

    def add(self, template: Template) -> list[Problem]:
        """Compile a template; what is wrong with it. Raises EngineError."""
        found = loaded(self._engine, template, len(self._expressions))
        if isinstance(found, list):
            return found
        self._expressions[template.kind] = found
        return []

    def ask(self, constraint: Constraint, review: Review) -> tuple[list[Violation], list[Problem]]:
        """What a constraint says of a request. Raises EngineError."""
        template = constraint.template
        said = self._expressions[template.kind].ask(self._engine, constraint, review)
        denied = list(said.messages)
        untold = list(said.problems)
        if self._errors_deny:
            denied += (text for _, text in said.errors)
        else:
            untold += said.errors
        return (
            [Violation(rule=constraint.rule, message=text) for text in denied],
            [
                template.problem(f"{text}, on {review.label}", *template.cel_at, *where)
                for where, text in untold
            ],
        )
