"""The thresholds of what a change may add, and the findings of what is over them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, ClassVar, Protocol

from checks.model import CostDelta, CostLine, Finding, Input, Severity, Tier, Trace
from checks.money import percent, plain, signed
from checks.pricing.cost import number
from checks.severity import TierWord

CHECK_ID = "cost_delta"
RULE = "cost-increase"
# How many objects a finding names one by one.
_NAMED = 5
REMEDY = (
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


class Limits(Protocol):
    """What the gate needs of the config."""

    @property
    def warn(self) -> Threshold: ...
    @property
    def fail(self) -> Threshold: ...
    @property
    def tiers(self) -> Mapping[TierWord, TierThresholds]: ...


def findings(cost: CostDelta, config: Limits) -> Iterator[Finding]:
    """One for the total of the tiers without thresholds of their own, one for each that has."""
    tiers: dict[str, TierThresholds] = {str(tier): own for tier, own in config.tiers.items()}
    parts: dict[Tier | None, list[CostLine]] = {}
    for line in cost.counted:
        own = line.tier if line.tier.value in tiers else None
        parts.setdefault(own, []).append(line)
    for tier in (None, *Tier):
        if tier in parts:
            own_limits = tiers[tier.value] if tier else TierThresholds()
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
        check=CHECK_ID,
        rule=RULE,
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
        remedy=REMEDY,
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
