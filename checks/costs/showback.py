"""What everybody's share of a branch costs: an inventory in groups, whose sums are its total."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

from checks.costs.budget import UNALLOCATED
from checks.model import ZERO, Dimension, Inventory, InventoryRow, Range
from checks.money import CENT

_GRAM = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What has the same names, one for each dimension ("unallocated" for none).

    `monthly` is in whole cents, `carbon` whole grams of CO2e a month (modelled) of what has any;
    `objects` are those in the sum, `unknown` those without a price, `carbon_unknown` those in the
    sum of whose carbon nothing is known.
    """

    names: tuple[str, ...]
    monthly: Range
    carbon: Decimal
    objects: int
    unknown: int
    carbon_unknown: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Showback:
    """The groups, dearest first, and their `total`, whose names are all "". `elsewhere` objects are
    in no group: they run on nodes that are in one."""

    by: tuple[Dimension, ...]
    currency: str
    groups: tuple[Group, ...]
    total: Group
    elsewhere: int
    unreadable: int


@dataclass(slots=True)
class _Sum:
    monthly: Range = ZERO
    carbon: Decimal = Decimal(0)
    objects: int = 0
    unknown: int = 0
    carbon_unknown: int = 0

    def add(self, row: InventoryRow) -> None:
        if row.monthly is None:
            self.unknown += 1
            return
        self.monthly += row.monthly
        self.objects += 1
        self.carbon += row.carbon or 0
        self.carbon_unknown += row.carbon is None


def showback(inventory: Inventory, by: Sequence[Dimension]) -> Showback:
    """The inventory in groups by these dimensions. What the groups add up to is the total to the
    cent, whatever the dimensions are."""
    sums: dict[tuple[str, ...], _Sum] = {}
    total = _Sum()
    for row in inventory.rows:
        if row.counted:
            sums.setdefault(_names(row, by), _Sum()).add(row)
            total.add(row)
    parts = list(sums.values())
    ranges = _ranges([part.monthly for part in parts], total.monthly)
    carbon = apportioned([part.carbon for part in parts], total.carbon, _GRAM)
    groups = [
        _group(names, part, amount, grams)
        for (names, part), amount, grams in zip(sums.items(), ranges, carbon, strict=True)
    ]
    return Showback(
        by=tuple(by),
        currency=inventory.currency,
        groups=tuple(sorted(groups, key=lambda one: (-one.monthly.expected, one.names))),
        total=_group(
            tuple("" for _ in by), total, sum(ranges, start=ZERO), sum(carbon, start=Decimal(0))
        ),
        elsewhere=sum(1 for row in inventory.rows if not row.counted),
        unreadable=inventory.unreadable,
    )


def apportioned(parts: Sequence[Decimal], total: Decimal, unit: Decimal) -> list[Decimal]:
    """`parts` in whole units that add up to `total` in whole units: each is rounded down, and what
    is left goes to those that lost most by it."""
    floors = [part.quantize(unit, ROUND_FLOOR) for part in parts]
    left = total.quantize(unit, ROUND_HALF_EVEN) - sum(floors, start=Decimal(0))
    order = sorted(range(len(parts)), key=lambda i: (floors[i] - parts[i], i))
    for i in order[: int(left / unit)]:
        floors[i] += unit
    return floors


def _ranges(parts: Sequence[Range], total: Range) -> list[Range]:
    """The parts in whole cents. What lies below and above the expected amounts is rounded by
    itself, so that no bound passes the amount that it bounds."""
    middle = apportioned([part.expected for part in parts], total.expected, CENT)
    below = apportioned(
        [part.expected - part.low for part in parts], total.expected - total.low, CENT
    )
    above = apportioned(
        [part.high - part.expected for part in parts], total.high - total.expected, CENT
    )
    return [
        Range(low=amount - less, expected=amount, high=amount + more)
        for amount, less, more in zip(middle, below, above, strict=True)
    ]


def _group(names: tuple[str, ...], part: _Sum, monthly: Range, carbon: Decimal) -> Group:
    return Group(
        names=names,
        monthly=monthly,
        carbon=carbon,
        objects=part.objects,
        unknown=part.unknown,
        carbon_unknown=part.carbon_unknown,
    )


def _names(row: InventoryRow, by: Sequence[Dimension]) -> tuple[str, ...]:
    whose = row.attribution
    names = {
        "cost_center": whose.cost_center,
        "team": whose.team,
        "model": whose.model,
        "environment": whose.environment,
        "cluster": row.place.cluster,
    }
    return tuple(names[dimension] or UNALLOCATED for dimension in by)
