"""The prices of one place as the rules ask for them: by name, made monthly, graded by age."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from checks.model import Accelerator, Grade, Machine, Prices, UnitPrice
from checks.pricing.cost import HOURS, worst
from checks.pricing.terraform.attributes import CannotTellError

_STALE = timedelta(days=180)
_AGED = {Grade.A: Grade.B, Grade.B: Grade.C, Grade.C: Grade.D, Grade.D: Grade.D}
_PACK = re.compile(r"(\d{1,9})([kM]?)-")
# Spot capacity is sold at up to 90% off.
_CHEAPEST = Decimal("0.1")
_THOUSANDS = {"": 1, "k": 1000, "M": 1000_000}
_IMPORT = "import one (plumbline prices import) or add a row to a sheet of your own"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """So much of something that has a price. `key` is its name within a Tariff, `quantity` how many
    a month, `low` ≤ `each` ≤ `high` what one costs a month."""

    key: str
    quantity: Decimal
    low: Decimal
    each: Decimal
    high: Decimal
    price: UnitPrice
    grade: Grade


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tariff:
    """The prices of a place on a day. Two are the same where their prices are one object: there is
    one sheet of a place, and it is too large to be compared."""

    prices: Prices
    now: datetime

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tariff) and self.prices is other.prices

    def __hash__(self) -> int:
        return id(self.prices)

    def part(self, name: str, quantity: Decimal | int = 1, *, instead: str = "") -> Part:
        """`quantity` of the unit price `name`, or where it has none of `instead`: of a price by the
        hour or month, how many run all month; of a price by the GB or request, how many a month.
        CannotTellError without a price."""
        units = self.prices.units
        derived = bool(instead) and name not in units and instead in units
        if derived:
            name = instead
        found = units.get(name)
        if found is None:
            raise CannotTellError(f"there is no price for {name} {self.where}: {_IMPORT}")
        each = monthly(found)
        return Part(
            key=name,
            quantity=Decimal(quantity),
            low=each,
            each=each,
            high=each,
            price=found,
            grade=worst(self.grade(found), Grade.C if derived else Grade.A),
        )

    def machine(self, name: str) -> Machine:
        """The instance type of that name; CannotTellError without a price."""
        found = self.prices.machines.get(name)
        if found is None:
            raise CannotTellError(
                f"there is no price for the instance type {name:.80} {self.where}: {_IMPORT}"
            )
        return found

    def accelerator(self, label: str) -> Accelerator:
        """The accelerator that a cloud calls `label` ("nvidia-tesla-t4")."""
        for found in self.prices.accelerators.values():
            if label.lower() in found.labels:
                return found
        raise CannotTellError(f"{label} is no accelerator of the catalogue")

    def monthly(self, key: str) -> Decimal | None:
        """What one of a part with that key costs a month here, None where it has no price."""
        kind, _, name = key.partition("|")
        if not name:
            unit = self.prices.units.get(kind)
            return monthly(unit) if unit else None
        machine = self.prices.machines.get(name)
        price = (machine.spot if kind == "spot" else machine.hourly) if machine else None
        return monthly(price) if price else None

    def grade(self, price: UnitPrice) -> Grade:
        """How sure `price` is: older than 180 days is one grade less."""
        return _AGED[price.grade] if self.stale(price) else price.grade

    def stale(self, price: UnitPrice) -> bool:
        """Whether it is older than 180 days."""
        return self.now.date() - price.as_of > _STALE

    @property
    def where(self) -> str:
        """ "at aws us-east-1", for messages."""
        place = self.prices.place
        return f"at {place.provider} {place.region}".rstrip()


def machine_part(tariff: Tariff, types: Iterable[str], share: Decimal, *, spot: bool) -> Part:
    """One machine for `share` of the month: of the first of `types`, any of the others possible."""
    found = [tariff.machine(name) for name in types]
    first = found[0]
    if spot:
        part = between(
            f"spot|{first.name}",
            share,
            first.spot,
            first.hourly,
            tariff,
            key=f"machine|{first.name}",
        )
        lows = [monthly(one.spot) if one.spot else _CHEAPEST * monthly(one.hourly) for one in found]
    else:
        each = monthly(first.hourly)
        part = Part(
            key=f"machine|{first.name}",
            quantity=share,
            low=each,
            each=each,
            high=each,
            price=first.hourly,
            grade=tariff.grade(first.hourly),
        )
        lows = [monthly(one.hourly) for one in found]
    highs = [monthly(one.hourly) for one in found]
    return replace(part, low=min(part.low, *lows), high=max(part.high, *highs))


def between(
    name: str,
    quantity: Decimal,
    spot: UnitPrice | None,
    firm: UnitPrice,
    tariff: Tariff,
    *,
    key: str,
) -> Part:
    """So much of something that may be taken away, from its spot price (`name`) to the full one
    (`key`). An old spot price is a bound only; without one the greatest discount of the clouds is.
    """
    full = monthly(firm)
    low = min(full, monthly(spot)) if spot else _CHEAPEST * full
    fresh = spot is not None and not tariff.stale(spot) and monthly(spot) <= full
    used = spot if spot and fresh else firm
    return Part(
        key=name if fresh else key,
        quantity=quantity,
        low=low,
        each=low if fresh else full,
        high=full,
        price=used,
        grade=worst(tariff.grade(used), Grade.B if spot else Grade.C),
    )


def monthly(price: UnitPrice) -> Decimal:
    """What one unit costs: of time a month of it, of a pack ("1M-requests") one piece."""
    if price.unit.rpartition("-")[2] == "hour":
        return price.amount * HOURS
    pack = _PACK.match(price.unit)
    return price.amount / (int(pack[1]) * _THOUSANDS[pack[2]]) if pack else price.amount
