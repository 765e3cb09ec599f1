"""What a whole branch declares costs, object by object, and what open changes add to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from checks.model.costs import ZERO, Attribution, Ledger, Range
from checks.model.prices import NOWHERE, Grade, Place
from checks.model.resources import Location, ResourceRef, Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class InventoryRow:
    """What one object costs a month. `monthly` is None where that cannot be told, and `reason` says
    why. One that is not `counted` is in the other ledger already, and so in no sum.
    """

    resource_id: str
    resource: ResourceRef
    location: Location
    attribution: Attribution = field(default_factory=Attribution)
    monthly: Range | None = None
    reason: str = ""
    grade: Grade = Grade.D
    place: Place = NOWHERE
    tier: Tier = Tier.STAGING
    ledger: Ledger = Ledger.ALLOCATION
    counted: bool = True
    # Grams of CO2e a month, modelled; None where that cannot be told.
    carbon: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """The objects of a commit that have a price, or should have one. `unreadable` is how many files
    and roots could not be read, so that what they declare is not in here; `fixed` are the places
    with machines of a fixed number, `following` those where their number follows the pods."""

    sha: str
    currency: str = "USD"
    rows: tuple[InventoryRow, ...] = ()
    unreadable: int = 0
    fixed: frozenset[Place] = frozenset()
    following: frozenset[Place] = frozenset()

    @property
    def unknown(self) -> tuple[InventoryRow, ...]:
        """The objects whose cost cannot be told, and would be in the sums."""
        return tuple(row for row in self.rows if row.counted and row.monthly is None)

    def counted(self) -> Iterator[tuple[InventoryRow, Range]]:
        """The objects that sums are made of, each with its cost."""
        return ((row, row.monthly) for row in self.rows if row.counted and row.monthly is not None)

    @property
    def total(self) -> Range:
        """Σ of what is counted and known."""
        return sum((monthly for _, monthly in self.counted()), start=ZERO)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What an open change adds for one attribution and cluster; `unknown` objects are in no sum."""

    attribution: Attribution
    cluster: str = ""
    delta: Range = ZERO
    unknown: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenChange:
    """Another open change into the same branch, as it was judged last."""

    number: int
    head_sha: str
    currency: str = "USD"
    shares: tuple[Share, ...] = ()
