"""The prices of one place, made ready: a month's price of a core, a GiB, a device, a disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from checks.model import Accelerator, Grade, Machine, Place, Prices, UnitPrice
from checks.pricing.cost import HOURS
from checks.pricing.quantity import GIB

_STALE = timedelta(days=180)
_AGED = {Grade.A: Grade.B, Grade.B: Grade.C, Grade.C: Grade.D, Grade.D: Grade.D}
_SPANS = {"hour": HOURS, "month": Decimal(1)}
_ONE = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """The price of `per` units (cores, bytes, devices) for a month of 730 hours."""

    monthly: Decimal
    per: Decimal
    grade: Grade
    price: UnitPrice
    stale: bool = False

    def of(self, amount: Decimal) -> Decimal:
        """What `amount` costs a month."""
        return amount * self.monthly / self.per


# Compared by identity: there is one sheet of a place.
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sheet:
    """What things cost at one place. `units` holds rates by the name of the unit price ("cpu",
    "storage:gp3"), `models` the names of accelerators by a node label's value (lower case)."""

    place: Place
    currency: str
    units: Mapping[str, Rate]
    machines: Mapping[str, Machine]
    accelerators: Mapping[str, Accelerator]
    models: Mapping[str, tuple[str, ...]]
    now: datetime
    ready: dict[str, tuple[Machine, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, prices: Prices, now: datetime) -> Sheet:
        """The sheet of `prices`; a price older than 180 days is one grade less sure."""
        rates = {name: _rate(price, now) for name, price in prices.units.items()}
        return cls(
            place=prices.place,
            currency=prices.currency,
            units={name: rate for name, rate in rates.items() if rate is not None},
            machines=prices.machines,
            accelerators=prices.accelerators,
            models=_models(prices.accelerators),
            now=now,
        )

    @property
    def where(self) -> str:
        """The place for people: "aws us-east-1", "default"."""
        return " ".join(part for part in (self.place.provider, self.place.region) if part)

    def hosts(self) -> Mapping[str, tuple[Machine, ...]]:
        """The machines with accelerators by the accelerator's name, cheapest first. They are looked
        for when the first pod asks for one."""
        if not self.ready:
            # Never empty from now on, also where the place has none.
            self.ready.update({"": (), **_hosts(self.machines)})
        return self.ready

    def rate(self, *names: str) -> Rate | None:
        """The first of the unit prices that this place has."""
        for name in names:
            if name in self.units:
                return self.units[name]
        return None

    def grade(self, price: UnitPrice) -> Grade:
        """How sure a price is today."""
        return _AGED[price.grade] if self.stale(price) else price.grade

    def stale(self, price: UnitPrice) -> bool:
        """Whether it is older than 180 days."""
        return self.now.date() - price.as_of > _STALE


def _rate(price: UnitPrice, now: datetime) -> Rate | None:
    thing, _, span = price.unit.rpartition("-")
    monthly = _SPANS.get(span)
    if monthly is None:
        return None
    stale = now.date() - price.as_of > _STALE
    return Rate(
        monthly=price.amount * monthly,
        # What clouds call a GB of disk is a GiB.
        per=GIB if thing in ("GiB", "GB") else _ONE,
        grade=_AGED[price.grade] if stale else price.grade,
        price=price,
        stale=stale,
    )


def _hosts(machines: Mapping[str, Machine]) -> dict[str, tuple[Machine, ...]]:
    found: dict[str, list[Machine]] = {}
    for machine in machines.values():
        if machine.accelerator and machine.accelerators > 0:
            found.setdefault(machine.accelerator, []).append(machine)
    return {
        name: tuple(sorted(them, key=lambda one: (one.hourly.amount, one.name)))
        for name, them in found.items()
    }


def _models(accelerators: Mapping[str, Accelerator]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name in sorted(accelerators):
        for label in sorted(accelerators[name].labels | {name.lower()}):
            found[label] = (*found.get(label, ()), name)
    return found
