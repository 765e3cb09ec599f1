"""cost_delta: what the change adds to the monthly cost, against thresholds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from checks.costs import flaws as cost_flaws
from checks.costs.gate import CHECK_ID, REMEDY, RULE, Threshold, TierThresholds, findings
from checks.model import CostDelta, CostLine, Outcome, Subject, UnknownCost
from checks.pricing.assume import Assumptions, KindRule
from checks.pricing.delta import Priced
from checks.rule import Check, Rule, compared
from checks.severity import TierWord

__all__ = ["CHECK", "Config", "Threshold", "TierThresholds", "judge"]

# How many objects a reason names one by one.
_NAMED = 5
_WHY = """\
A pull request is the last cheap moment to notice what it will cost. This check prices every object
that the change reaches, before and after, and compares what is added a month with two thresholds:
above `warn` by the expected amount it warns, above `fail` by even the lowest amount it fails. What
cannot be priced is named and left out of every total: unknown is never zero, and never a pass.
Savings never gate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The thresholds of the total, those of single tiers, what the files do not say, and where
    kinds that plumbline does not know keep their pods."""

    warn: Threshold = field(default_factory=Threshold)
    fail: Threshold = field(default_factory=Threshold)
    tiers: Mapping[TierWord, TierThresholds] = field(default_factory=dict)
    assume: Assumptions = field(default_factory=Assumptions)
    kinds: tuple[KindRule, ...] = ()

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}


def judge(subject: Subject, config: Config) -> Outcome:
    """Price both sides of every object that the change reaches, and gate what it adds."""
    priced = Priced.of(subject, config.assume, config.kinds)
    entries = tuple(priced.entries())
    if not entries:
        return Outcome(check=CHECK_ID, skipped="no priced kinds in this change")
    cost = CostDelta(
        currency=subject.facts.prices.currency,
        lines=tuple(entry for entry in entries if isinstance(entry, CostLine)),
        unknown=tuple(entry for entry in entries if isinstance(entry, UnknownCost)),
    )
    flaws = compared(
        CHECK_ID,
        cost_flaws.findings(CHECK_ID, ((pair.before, pair.was) for pair in priced.pairs)),
        cost_flaws.findings(CHECK_ID, ((pair.after, pair.now) for pair in priced.pairs)),
    )
    return Outcome(
        check=CHECK_ID,
        findings=(*findings(cost, config), *flaws.findings),
        fixed=flaws.fixed,
        inconclusive=_inconclusive(cost.unknown),
        cost=cost,
    )


def _inconclusive(unknown: Sequence[UnknownCost]) -> str:
    if not unknown:
        return ""
    named = [f"{one.resource} ({one.reason})" for one in unknown[:_NAMED]]
    rest = [f"and {len(unknown) - _NAMED} more"] if len(unknown) > _NAMED else []
    objects = "1 object" if len(unknown) == 1 else f"{len(unknown)} objects"
    return f"{objects} could not be priced: {', '.join([*named, *rest])}"


CHECK = Check(
    id=CHECK_ID,
    domain="cost",
    title="What the change adds to the monthly cost",
    config=Config,
    judge=judge,
    why=_WHY,
    rules=(
        Rule(id=RULE, title="The monthly cost rises by more than is allowed", remedy=REMEDY),
        Rule(id=cost_flaws.RULE, title=cost_flaws.TITLE, remedy=cost_flaws.REMEDY),
    ),
)
