"""Constraints of templates with Rego, asked in one worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from types import TracebackType

from bot.engines.program import Path, Unit
from bot.engines.rego import RegoEngine
from bot.policy.gatekeeper.constraint import Constraint
from bot.policy.gatekeeper.rego_code import Modules, parsed, violations
from bot.policy.gatekeeper.review import Review
from bot.policy.gatekeeper.template import Template
from bot.policy.model import Context, Problem, Violation


class RegoSide:
    """The templates with Rego. `data` is what they see as `data`, as JSON; what leads to `unknown`
    is a problem where it is evaluated."""

    def __init__(self, context: Context, data: Callable[[], str], unknown: Sequence[Path]) -> None:
        self._engine = RegoEngine(now=context.now, limits=context.limits)
        self._engine.hold(data)
        self._unknown = unknown
        self._modules: dict[str, Modules] = {}
        self._units: dict[str, Unit] = {}
        self._constraints: dict[int, Constraint] = {}
        self._parsed = 0

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._engine.__exit__(kind, error, trace)

    def add(self, template: Template) -> list[Problem]:
        """Parse a template; what is wrong with it. To be done for all before any is asked. Raises
        EngineError."""
        if template.rego is None:
            return []
        group = len(self._modules)
        found = parsed(self._engine, template.rego, group, self._parsed, self._unknown)
        if isinstance(found, list):
            return found
        self._parsed += len(found.all)
        self._modules[template.kind] = found
        return []

    def bind(self, constraint: Constraint) -> None:
        """Make a constraint of a template ready to be asked."""
        number = len(self._units)
        unit = self._modules[constraint.template.kind].unit(number, constraint)
        self._units[constraint.rule.id] = unit
        self._constraints[number] = constraint

    def ask(
        self, constraints: Sequence[Constraint], review: Review
    ) -> tuple[list[Violation], list[Problem]]:
        """What constraints say of a request. Raises EngineError."""
        problems: list[Problem] = []
        units: list[Unit] = []
        for constraint in constraints:
            unknown = list(self._unanswerable(constraint, review))
            problems += unknown
            if not unknown:
                units.append(self._units[constraint.rule.id])
        found: list[Violation] = []
        if units:
            said, failed = self._engine.ask(units, review.as_json(), review.label)
            problems += failed
            for unit, value in said:
                more, wrong = violations(self._constraints[unit.number], unit, value, review)
                found += more
                problems += wrong
        return found, problems

    def _unanswerable(self, constraint: Constraint, review: Review) -> Iterator[Problem]:
        """Why a constraint cannot judge this request: it may ask for what is not known."""
        modules = self._modules[constraint.template.kind]
        if modules.hidden is not None:
            name, line = modules.hidden
            said = f"{name} is not known before the merge"
            yield Problem(path=modules.main.source.path, line=line, message=said)
        if not review.space_known and modules.namespace:
            said = f"the Namespace of {review.label} is asked for, and declared nowhere here"
            yield constraint.template.problem(said)
