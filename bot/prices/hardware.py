"""What an hour of a machine of one's own costs.

    hourly = (price / (years · 8,760) + watts / 1,000 · PUE · price of a kWh
              + upkeep a month / 730) / utilisation

`utilisation` is the share of its hours in which it does paid work: what stands idle is paid for by
what does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

_HOURS_OF_YEAR = 8760
_HOURS_OF_MONTH = 730
_CENTS_OF_CENTS = Decimal("0.000001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware:
    """A bought machine: its price, the years in which it is written off, the watts it draws."""

    price: Decimal
    years: Decimal
    watts: Decimal = Decimal(0)
    price_per_kwh: Decimal = Decimal(0)
    pue: Decimal = Decimal(1)
    utilisation: Decimal = Decimal(1)
    upkeep_per_month: Decimal = Decimal(0)

    @property
    def hourly(self) -> Decimal:
        """What a used hour costs, to a millionth."""
        bought = self.price / (self.years * _HOURS_OF_YEAR)
        power = self.watts / 1000 * self.pue * self.price_per_kwh
        upkeep = self.upkeep_per_month / _HOURS_OF_MONTH
        return ((bought + power + upkeep) / self.utilisation).quantize(_CENTS_OF_CENTS)

    @property
    def said(self) -> str:
        """The figures it was worked out of."""
        return f"{self.price:,f} over {self.years:f} years at {self.utilisation:%} utilisation"
