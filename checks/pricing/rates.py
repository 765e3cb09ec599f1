"""Unit prices, made ready for pods: a month's price of a core, a GiB, a device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from checks.model import Grade, Prices, UnitPrice
from checks.pricing.cost import HOURS
from checks.pricing.quantity import GIB

_STALE = timedelta(days=180)
_AGED = {Grade.A: Grade.B, Grade.B: Grade.C, Grade.C: Grade.D, Grade.D: Grade.D}
_UNIT_PRICE_OF = {
    "cpu": "cpu",
    "memory": "ram",
    "storage": "storage",
    "nvidia.com/gpu": "gpu",
    "amd.com/gpu": "gpu",
}
_IN_GIB = frozenset({"ram", "storage"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """The price of `per` units (cores, bytes, devices) for a month of 730 hours."""

    monthly: Decimal
    per: Decimal
    grade: Grade

    def of(self, amount: Decimal) -> Decimal:
        """What `amount` costs a month."""
        return amount * self.monthly / self.per


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Rates by the name of the unit price: "cpu", "ram", "gpu", "storage"."""

    by_unit: Mapping[str, Rate]
    currency: str

    @classmethod
    def of(cls, prices: Prices, now: datetime) -> Rates:
        """The rates of `prices`; a price older than 180 days is one grade less sure."""
        by_unit = {name: _rate(name, price, now) for name, price in prices.units.items()}
        return cls(
            by_unit={name: rate for name, rate in by_unit.items() if rate is not None},
            currency=prices.currency,
        )

    def get(self, resource: str) -> Rate | None:
        """The rate of a resource as Kubernetes names it ("memory"), None where it has none."""
        unit = "ram" if resource.startswith("hugepages-") else _UNIT_PRICE_OF.get(resource)
        return self.by_unit.get(unit) if unit else None


def _rate(name: str, price: UnitPrice, now: datetime) -> Rate | None:
    _, _, span = price.unit.rpartition("-")
    hours = {"hour": HOURS, "month": Decimal(1)}.get(span)
    if hours is None:
        return None
    stale = now.date() - price.as_of > _STALE
    return Rate(
        monthly=price.amount * hours,
        per=GIB if name in _IN_GIB else Decimal(1),
        grade=_AGED[price.grade] if stale else price.grade,
    )
