"""Money: ranges, and what an object costs before and after."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from checks.model.resources import Location, ResourceRef, Tier


class Grade(Enum):
    """How sure a price is: A known SKU and replicas, B a range on one, C derived, D defaults."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """An amount of money with what bounds it; low ≤ expected ≤ high."""

    low: Decimal
    expected: Decimal
    high: Decimal

    def __post_init__(self) -> None:
        if not self.low <= self.expected <= self.high:
            raise ValueError(f"not ordered: {self.low} ≤ {self.expected} ≤ {self.high}")

    @classmethod
    def exact(cls, amount: Decimal) -> Range:
        """A range of one point."""
        return cls(low=amount, expected=amount, high=amount)

    def __add__(self, other: Range) -> Range:
        return Range(
            low=self.low + other.low,
            expected=self.expected + other.expected,
            high=self.high + other.high,
        )

    def minus(self, before: Range) -> Range:
        """What changed from `before` to this: each bound against its own, then put in order.

        Interval subtraction would turn an unchanged autoscaled workload into a change of
        ±(high − low); what is uncertain on both sides alike is no change.
        """
        parts = sorted((self.low - before.low, self.high - before.high))
        middle = self.expected - before.expected
        return Range(low=min(parts[0], middle), expected=middle, high=max(parts[1], middle))


ZERO = Range.exact(Decimal(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class CostLine:
    """What one object costs a month before and after; None on the side where it does not exist."""

    resource_id: str
    resource: ResourceRef
    location: Location
    before: Range | None
    after: Range | None
    grade: Grade
    basis: str = ""
    tier: Tier = Tier.STAGING

    @property
    def delta(self) -> Range:
        """after − before, a missing side counting as nothing."""
        return (self.after or ZERO).minus(self.before or ZERO)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownCost:
    """An object whose cost cannot be told on at least one side, so it is in no total."""

    resource_id: str
    resource: ResourceRef
    location: Location
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CostDelta:
    """The monthly cost of what the change reaches. Unknown lines are in no sum."""

    currency: str
    lines: tuple[CostLine, ...]
    unknown: tuple[UnknownCost, ...]

    @property
    def before(self) -> Range:
        """Σ of the lines' cost before."""
        return sum((line.before for line in self.lines if line.before), start=ZERO)

    @property
    def after(self) -> Range:
        """Σ of the lines' cost after."""
        return sum((line.after for line in self.lines if line.after), start=ZERO)

    @property
    def delta(self) -> Range:
        """Σ of the lines' deltas."""
        return sum((line.delta for line in self.lines), start=ZERO)
