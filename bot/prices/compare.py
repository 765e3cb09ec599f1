"""Two sheets side by side: what rose, what fell, what is new and what is gone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from bot.prices.row import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One price in two sheets; None on the side where it does not stand."""

    before: Row | None
    after: Row | None

    @property
    def row(self) -> Row:
        """Either side, the newer first."""
        row = self.after or self.before
        if row is None:
            raise ValueError("a difference has a side")
        return row

    @property
    def what(self) -> str:
        """ "rose", "fell", "new", "gone", or "differs" where the two cannot be compared."""
        if self.before is None:
            return "new"
        if self.after is None:
            return "gone"
        if (self.before.unit, self.before.currency) != (self.after.unit, self.after.currency):
            return "differs"
        return "rose" if self.after.amount > self.before.amount else "fell"

    @property
    def percent(self) -> Decimal | None:
        """By how much, None where that means nothing."""
        if self.what not in {"rose", "fell"} or self.before is None or self.after is None:
            return None
        if not self.before.amount:
            return None
        change = (self.after.amount / self.before.amount - 1) * 100
        return change.quantize(Decimal("0.1"))


def compare(before: Iterable[Row], after: Iterable[Row]) -> list[Difference]:
    """Where two sheets differ in a price, in the order of provider, region and name."""
    old, new = ({row.key: row for row in rows} for rows in (before, after))
    found = []
    for key in sorted(old.keys() | new.keys()):
        one, two = old.get(key), new.get(key)
        same = one is not None and two is not None and _price(one) == _price(two)
        if not same:
            found.append(Difference(before=one, after=two))
    return found


def _price(row: Row) -> tuple[object, ...]:
    return row.amount, row.unit, row.currency
