"""The machines of a place, made when one is asked for: most of a region's never are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.prices import shipped
from bot.prices.row import Row
from checks.model import Grade, Machine


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """Shipped rows by name in lower case. With a `stand_in` they are those of another place, and it
    says why."""

    rows: Mapping[str, shipped.Raw]
    stand_in: str = ""

    def row(self, name: str) -> Row:
        """The row of a name that the layer has."""
        return stand_in(shipped.row(self.rows[name]), self.stand_in)


class Machines(Mapping[str, Machine]):
    """Machines by name, in whatever case: Azure's are written in several.

    `own` go before all layers, the layers one before the other; `paid` turns a row into the one
    that is really paid.
    """

    __slots__ = ("_layers", "_made", "_own", "_paid")

    def __init__(
        self, layers: Sequence[Layer], own: Mapping[str, Row], paid: Callable[[Row], Row]
    ) -> None:
        self._layers, self._own, self._paid = layers, own, paid
        self._made: dict[str, Machine] = {}

    def __getitem__(self, name: str) -> Machine:
        key = name.casefold()
        if key not in self._made:
            self._made[key] = self._paid(self._row(key)).machine
        return self._made[key]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._keys()))

    def __len__(self) -> int:
        return len(self._keys())

    @property
    def accelerated(self) -> Iterator[Machine]:
        """Those with accelerators, in the order of their names. The others are not made."""
        own = {name for name, row in self._own.items() if row.accelerator}
        shipped_ones = (shipped.with_accelerators(layer.rows) for layer in self._layers)
        return (self[name] for name in sorted(own.union(*shipped_ones)))

    def __repr__(self) -> str:
        return f"<{len(self)} machines>"

    def _keys(self) -> set[str]:
        return set(self._own).union(*(layer.rows for layer in self._layers))

    def _row(self, key: str) -> Row:
        if key in self._own:
            return self._own[key]
        for layer in self._layers:
            if key in layer.rows:
                return layer.row(key)
        raise KeyError(key)


def stand_in(row: Row, why: str) -> Row:
    """A row of another place for want of one of the place itself: graded down, and saying `why`.
    The row itself where there is no reason."""
    if not why:
        return row
    note = f", of {row.provider} {row.region}: {why}"
    spot = row.spot_source or row.source
    return replace(row, grade=Grade.D, source=row.source + note, spot_source=spot + note)
