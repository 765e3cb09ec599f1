"""The prices of one place as the rules ask for them: by name, made monthly, graded by age."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from checks.model import Accelerator, Grade, Machine, Prices, UnitPrice
from checks.pricing.cost import HOURS
from checks.pricing.terraform.attributes import CannotTellError

_STALE = timedelta(days=180)
_AGED = {Grade.A: Grade.B, Grade.B: Grade.C, Grade.C: Grade.D, Grade.D: Grade.D}
_PACK = re.compile(r"(\d{1,9})([kM]?)-")
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """The prices of a place on a day."""

    prices: Prices
    now: datetime

    def part(self, name: str, quantity: Decimal | int = 1) -> Part:
        """`quantity` of the unit price `name`: of a price by the hour or month, how many run all
        month; of a price by the GB or request, how many a month. CannotTellError without one."""
        found = self.prices.units.get(name)
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
            grade=self.grade(found),
        )

    def machine(self, name: str) -> Machine:
        """The instance type of that name; Azure does not mind the case."""
        found = self.prices.machines.get(name)
        if found is None and self.prices.place.provider == "azure":
            wanted = name.lower()
            machines = self.prices.machines.items()
            found = next((one for key, one in machines if key.lower() == wanted), None)
        if found is None:
            raise CannotTellError(
                f"there is no price for the instance type {name} {self.where}: {_IMPORT}"
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
        stale = self.now.date() - price.as_of > _STALE
        return _AGED[price.grade] if stale else price.grade

    @property
    def where(self) -> str:
        """ "in aws us-east-1"; "" where no place is known."""
        place = self.prices.place
        return f"at {place.provider} {place.region}".rstrip()


def machine_part(tariff: Tariff, types: Iterable[str], share: Decimal, *, spot: bool) -> Part:
    """One machine for `share` of the month: of the first of `types`, any of the others possible."""
    found = [tariff.machine(name) for name in types]
    first = found[0]
    chosen = first.hourly
    if spot:
        if first.spot is None:
            raise CannotTellError(
                f"there is no spot price for the instance type {first.name} {tariff.where}"
                f" (on demand it is {first.hourly.amount} an hour): {_IMPORT}"
            )
        chosen = first.spot
    lows = [one.spot if spot and one.spot else one.hourly for one in found]
    return Part(
        key=f"{'spot' if spot else 'machine'}|{first.name}",
        quantity=share,
        low=min(monthly(chosen), *(monthly(price) for price in lows)),
        each=monthly(chosen),
        high=max(monthly(chosen), *(monthly(one.hourly) for one in found)),
        price=chosen,
        grade=tariff.grade(chosen),
    )


def monthly(price: UnitPrice) -> Decimal:
    """What one unit costs: of time a month of it, of a pack ("1M-requests") one piece."""
    if price.unit.rpartition("-")[2] == "hour":
        return price.amount * HOURS
    pack = _PACK.match(price.unit)
    return price.amount / (int(pack[1]) * _THOUSANDS[pack[2]]) if pack else price.amount
