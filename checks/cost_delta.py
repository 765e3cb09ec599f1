"""cost_delta: what the change adds to the monthly cost, against thresholds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, ClassVar

from checks.model import (
    CostDelta,
    CostLine,
    Finding,
    Input,
    Outcome,
    Range,
    Resource,
    ResourceRef,
    Severity,
    Snapshot,
    Subject,
    Tier,
    Trace,
    UnknownCost,
)
from checks.money import percent, plain, signed
from checks.pricing.cost import Cost, Unknown, number, worst
from checks.pricing.rates import Rates
from checks.pricing.scale import Scalers
from checks.pricing.workload import Answer, Assumptions, Market, price
from checks.rule import Check, Rule
from checks.severity import TierWord

_ID = "cost_delta"
_RULE = "cost-increase"
# How many objects a finding or a reason names one by one.
_NAMED = 5
_WHY = """\
A pull request is the last cheap moment to notice what it will cost. This check prices every object
that the change reaches, before and after, and compares what is added a month with two thresholds:
above `warn` by the expected amount it warns, above `fail` by even the lowest amount it fails. What
cannot be priced is named and left out of every total: unknown is never zero, and never a pass.
Savings never gate."""
_REMEDY = (
    "Check the replicas and requests of the objects that grew most. If the cost is meant, raise the"
    " threshold in the config of the base branch."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """How much more a month is too much: an amount of money, a percentage of what the changed
    objects cost before, or both, where either is enough. None is no limit."""

    amount: Decimal | None = None
    percent: Decimal | None = None

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    def __post_init__(self) -> None:
        if any(limit is not None and limit < 0 for limit in (self.amount, self.percent)):
            raise ValueError("a threshold cannot be below 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class TierThresholds:
    """A tier's own thresholds; where one is not given the general one holds."""

    warn: Threshold | None = None
    fail: Threshold | None = None

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The thresholds of the total, those of single tiers, and what the files do not say."""

    warn: Threshold = Threshold()
    fail: Threshold = Threshold()
    tiers: Mapping[TierWord, TierThresholds] = field(default_factory=dict)
    assume: Assumptions = field(default_factory=Assumptions)

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}


def judge(subject: Subject, config: Config) -> Outcome:
    """Price both sides of every object that the change reaches, and gate what it adds."""
    entries = tuple(_entries(subject, config.assume))
    if not entries:
        return Outcome(check=_ID, skipped="no priced kinds in this change")
    cost = CostDelta(
        currency=subject.facts.prices.currency,
        lines=tuple(entry for entry in entries if isinstance(entry, CostLine)),
        unknown=tuple(entry for entry in entries if isinstance(entry, UnknownCost)),
    )
    return Outcome(
        check=_ID,
        findings=tuple(_findings(cost, config)),
        inconclusive=_inconclusive(cost.unknown),
        cost=cost,
    )


def _entries(subject: Subject, assume: Assumptions) -> Iterator[CostLine | UnknownCost]:
    rates = Rates.of(subject.facts.prices, subject.facts.now)
    base, head = (_market(side, rates, assume) for side in (subject.base, subject.head))
    for before, after in subject.pairs():
        was = price(before, base) if before else None
        now = price(after, head) if after else None
        resource = after or before
        if resource and (was or now) and _reached(before, after, was, now):
            yield _entry(resource, was, now)


def _reached(
    before: Resource | None, after: Resource | None, was: Answer | None, now: Answer | None
) -> bool:
    """Whether the change is about this object, or about what decides its cost."""
    if any(side.changed for side in (before, after) if side):
        return True
    # Context that only one side read is there on the other as well: its file did not change.
    return before is not None and after is not None and _figure(was) != _figure(now)


def _figure(answer: Answer | None) -> Range | str | None:
    if answer is None:
        return None
    return answer.amount if isinstance(answer, Cost) else answer.reason


def _market(side: Snapshot, rates: Rates, assume: Assumptions) -> Market:
    return Market(rates=rates, scalers=Scalers.of(side), assume=assume)


def _entry(
    resource: Resource, before: Answer | None, after: Answer | None
) -> CostLine | UnknownCost:
    ref = ResourceRef.of(resource)
    # What is unknown now is what can still be mended.
    reasons = [side.reason for side in (after, before) if isinstance(side, Unknown)]
    if reasons:
        was = "" if isinstance(after, Unknown) else "before the change: "
        return UnknownCost(
            resource_id=resource.id,
            resource=ref,
            location=resource.source,
            reason=was + reasons[0],
        )
    sides = [side for side in (before, after) if isinstance(side, Cost)]
    return CostLine(
        resource_id=resource.id,
        resource=ref,
        location=resource.source,
        before=before.amount if isinstance(before, Cost) else None,
        after=after.amount if isinstance(after, Cost) else None,
        grade=worst(*(side.grade for side in sides)),
        basis=sides[-1].basis,
        tier=resource.tier,
    )


def _inconclusive(unknown: Sequence[UnknownCost]) -> str:
    if not unknown:
        return ""
    named = [f"{one.resource} ({one.reason})" for one in unknown[:_NAMED]]
    rest = [f"and {len(unknown) - _NAMED} more"] if len(unknown) > _NAMED else []
    objects = "1 object" if len(unknown) == 1 else f"{len(unknown)} objects"
    return f"{objects} could not be priced: {', '.join([*named, *rest])}"


def _findings(cost: CostDelta, config: Config) -> Iterator[Finding]:
    """One for the total of the tiers without thresholds of their own, one for each that has."""
    parts: dict[Tier | None, list[CostLine]] = {}
    for line in cost.lines:
        own = line.tier if line.tier.value in config.tiers else None
        parts.setdefault(own, []).append(line)
    for tier in (None, *Tier):
        if tier in parts:
            own_limits = config.tiers[tier.value] if tier else TierThresholds()
            part = replace(cost, lines=tuple(parts[tier]))
            yield from _gate(
                part, tier, own_limits.warn or config.warn, own_limits.fail or config.fail
            )


def _gate(
    part: CostDelta, tier: Tier | None, warn: Threshold, fail: Threshold
) -> Iterator[Finding]:
    """The harder threshold that is passed: to fail even the low bound must be over it."""
    delta, before = part.delta, part.before.expected
    for severity, limits, amount, word in (
        (Severity.FAIL, fail, delta.low, "failing"),
        (Severity.WARN, warn, delta.expected, "warning"),
    ):
        passed = _passed(limits, amount, before, part.currency)
        if passed:
            yield _finding(part, tier, severity, f"the {word} threshold of {passed}")
            return


def _passed(limits: Threshold, amount: Decimal, before: Decimal, currency: str) -> str:
    passed = []
    if limits.amount is not None and amount > limits.amount:
        passed.append(plain(limits.amount, currency).removesuffix(".00"))
    # Of nothing there is no percentage; and a saving is never too much.
    if limits.percent is not None and before > 0 and amount * 100 > limits.percent * before:
        passed.append(f"{number(limits.percent)}%")
    return " and of ".join(passed)


def _finding(part: CostDelta, tier: Tier | None, severity: Severity, threshold: str) -> Finding:
    lines = sorted(part.lines, key=lambda line: line.delta.expected, reverse=True)
    observed = _observed(part)
    return Finding(
        check=_ID,
        rule=_RULE,
        severity=severity,
        message=f"{observed}{f' in {tier.value}' if tier else ''}, over {threshold}",
        location=lines[0].location,
        subject=f"tier:{tier.value}" if tier else "total",
        resource=lines[0].resource,
        trace=Trace(
            inputs=tuple(_input(line, part.currency) for line in lines[:_NAMED]),
            predicate="what the change adds to the cost of a month is not over the threshold",
            observed=observed,
            threshold=threshold,
        ),
        remedy=_REMEDY,
    )


def _observed(part: CostDelta) -> str:
    delta, currency = part.delta, part.currency
    share = percent(delta.expected, part.before.expected)
    text = f"{signed(delta.expected, currency)} a month{f' ({share})' if share else ''}"
    if delta.low == delta.high:
        return text
    return f"{text}, from {signed(delta.low, currency)} to {signed(delta.high, currency)}"


def _input(line: CostLine, currency: str) -> Input:
    before, after = (
        plain(side.expected, currency) if side else "nothing" for side in (line.before, line.after)
    )
    value = f"{before} to {after} a month: {line.basis}"
    return Input(location=line.location, pointer=str(line.resource), value=value)


CHECK = Check(
    id=_ID,
    domain="cost",
    title="What the change adds to the monthly cost",
    config=Config,
    judge=judge,
    why=_WHY,
    rules=(Rule(id=_RULE, title="The monthly cost rises by more than is allowed", remedy=_REMEDY),),
)
