"""Which rules of policies a test has made object, and which it has asked in vain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.policy.command.case import Case
from bot.policy.command.rego_coverage import key
from bot.policy.model import PolicyRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """A rule, whether a test that passed saw it object, and whether one saw it keep quiet."""

    rule: PolicyRule
    denies: bool
    allows: bool

    @property
    def whole(self) -> bool:
        """Whether both were seen."""
        return self.denies and self.allows


def coverage(rules: Sequence[PolicyRule], cases: Sequence[Case]) -> list[Covered]:
    """Each rule with what the cases that passed show of it, in the order of the rules' ids."""
    passed = [case for case in cases if case.outcome == "passed"]
    denied = {name for case in passed for name in case.denied}
    allowed = {name for case in passed for name in case.allowed}
    found = []
    for rule in sorted(rules, key=lambda one: (one.id, one.location.path, one.location.line)):
        names = {rule.id, key(rule.id, rule.location.path, rule.location.line)}
        found.append(Covered(rule=rule, denies=bool(names & denied), allows=bool(names & allowed)))
    return found


def percent(covered: Sequence[Covered]) -> int:
    """How many of a hundred rules are seen both ways, rounded down; 0 where there is no rule."""
    return 100 * sum(one.whole for one in covered) // len(covered) if covered else 0
