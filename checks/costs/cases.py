"""What a change does to each budget: the whole branch before, what it takes away, what it adds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from checks.costs.budget import Budget, Sum, summed
from checks.costs.inventory import inventory
from checks.model import Inventory, InventoryRow, Range, Resource, Subject
from checks.pricing.assume import Assumptions, KindRule

_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """An object of the budget, with its expected cost a month before and after, 0 where it is not
    there or not the budget's."""

    row: InventoryRow
    before: Decimal
    after: Decimal

    @property
    def delta(self) -> Decimal:
        """What it adds."""
        return self.after - self.before


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One budget. `before` is what the base branch declares, `after` the same with the change;
    `moved` the objects whose cost changes, those that add most first, `untold` the objects of the
    change whose cost it leaves unknown. `unreadable` files may declare more."""

    budget: Budget
    currency: str
    before: Sum
    after: Sum
    delta: Range
    moved: tuple[Moved, ...]
    untold: tuple[InventoryRow, ...]
    unreadable: int = 0

    @property
    def adds(self) -> bool:
        """Whether the change makes it more."""
        return self.delta.expected > 0


def cases(
    subject: Subject,
    whole: Inventory,
    budgets: tuple[Budget, ...],
    assume: Assumptions,
    kinds: tuple[KindRule, ...],
) -> Iterator[Case]:
    """The budgets that the change touches, in their order."""
    old, new = (
        inventory(side, subject.facts, assume, kinds=kinds, within=whole)
        for side in (subject.base, subject.head)
    )
    for budget in budgets:
        moved = tuple(_moved(budget, old, new))
        untold = tuple(_untold(budget, subject, old, new))
        if moved or untold:
            yield _case(budget, whole, (old, new), moved, untold)


def _case(
    budget: Budget,
    whole: Inventory,
    sides: tuple[Inventory, Inventory],
    moved: tuple[Moved, ...],
    untold: tuple[InventoryRow, ...],
) -> Case:
    before, old, new = (summed(budget, one) for one in (whole, *sides))
    return Case(
        budget=budget,
        currency=whole.currency,
        before=before,
        after=Sum(
            amount=_replaced(before.amount, old.amount, new.amount),
            unknown=max(before.unknown - old.unknown, 0) + new.unknown,
        ),
        delta=new.amount.minus(old.amount),
        moved=moved,
        untold=untold,
        unreadable=whole.unreadable,
    )


def _replaced(whole: Range, old: Range, new: Range) -> Range:
    """`whole` with `old` taken out and `new` put in, bound by bound. The base branch may be ahead
    of the merge base, so that `old` is not quite a part of it: then the bounds are put in order."""
    low, middle, high = (
        total - out + into
        for total, out, into in (
            (whole.low, old.low, new.low),
            (whole.expected, old.expected, new.expected),
            (whole.high, old.high, new.high),
        )
    )
    return Range(low=min(low, middle), expected=middle, high=max(middle, high))


def _moved(budget: Budget, old: Inventory, new: Inventory) -> list[Moved]:
    was, now = (_own(budget, side) for side in (old, new))
    found = [
        Moved(
            row=(now.get(key) or was[key])[0],
            before=was[key][1] if key in was else _NOTHING,
            after=now[key][1] if key in now else _NOTHING,
        )
        for key in sorted(was.keys() | now.keys())
    ]
    return sorted((one for one in found if one.delta), key=lambda one: -one.delta)


def _own(budget: Budget, side: Inventory) -> dict[str, tuple[InventoryRow, Decimal]]:
    return {
        row.resource_id: (row, monthly.expected)
        for row, monthly in side.counted()
        if budget.covers(row.attribution, row.place.cluster)
    }


def _untold(
    budget: Budget, subject: Subject, old: Inventory, new: Inventory
) -> Iterator[InventoryRow]:
    unknown = {row.resource_id: row for row in old.unknown}
    for row in new.unknown:
        before = unknown.get(row.resource_id)
        same = before is not None and (before.reason, before.attribution) == (
            row.reason,
            row.attribution,
        )
        if budget.covers(row.attribution, row.place.cluster) and not (
            same and _unchanged(subject, row.resource_id)
        ):
            yield row


def _unchanged(subject: Subject, key: str) -> bool:
    before: Resource | None = subject.base.resources.get(key)
    after: Resource | None = subject.head.resources.get(key)
    return before is not None and after is not None and before.body == after.body
