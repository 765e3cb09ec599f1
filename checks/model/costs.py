"""Money: ranges, and what an object costs before and after."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from checks.model.prices import Grade, UnitPrice
from checks.model.resources import Location, ResourceRef, Tier


class Ledger(Enum):
    """Two ways to count the same machines, never added: what is bought (machines, disks, load
    balancers), and what pods reserve of it."""

    CAPACITY = "capacity"
    ALLOCATION = "allocation"


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
class Driver:
    """One reason why a cost changed: "replicas", "CPU", "memory", "GPU type", "price", …

    `share` is its exact Shapley share of the expected delta, in whole cents; the shares of a line
    add up to its expected delta in cents.
    """

    name: str
    before: str
    after: str
    share: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """Whose cost it is; "" is unallocated. `environment` is the tier, or what a label says."""

    cost_center: str = ""
    team: str = ""
    model: str = ""
    environment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostLine:
    """What one object costs a month before and after; None on the side where it does not exist.

    A line that is not `counted` is shown but in no total: it is in the other ledger already.
    `prices` are the unit prices it was computed from, `carbon_…` grams of CO2e a month (modelled;
    None where that cannot be told).
    """

    resource_id: str
    resource: ResourceRef
    location: Location
    before: Range | None
    after: Range | None
    grade: Grade
    basis: str = ""
    tier: Tier = Tier.STAGING
    ledger: Ledger = Ledger.ALLOCATION
    counted: bool = True
    drivers: tuple[Driver, ...] = ()
    prices: tuple[UnitPrice, ...] = ()
    attribution: Attribution = Attribution()
    # What it was rendered from, "" for a plain manifest, and the config's name of its cluster.
    root: str = ""
    cluster: str = ""
    carbon_before: Decimal | None = None
    carbon_after: Decimal | None = None

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
    attribution: Attribution = Attribution()
    root: str = ""
    cluster: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostDelta:
    """The monthly cost of what the change reaches. Unknown lines and those that are not counted
    are in no sum."""

    currency: str
    lines: tuple[CostLine, ...]
    unknown: tuple[UnknownCost, ...]

    @property
    def counted(self) -> tuple[CostLine, ...]:
        """The lines that totals are made of."""
        return tuple(line for line in self.lines if line.counted)

    @property
    def before(self) -> Range:
        """Σ of the lines' cost before."""
        return sum((line.before for line in self.counted if line.before), start=ZERO)

    @property
    def after(self) -> Range:
        """Σ of the lines' cost after."""
        return sum((line.after for line in self.counted if line.after), start=ZERO)

    @property
    def delta(self) -> Range:
        """Σ of the lines' deltas."""
        return sum((line.delta for line in self.counted), start=ZERO)
