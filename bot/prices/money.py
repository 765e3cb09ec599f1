"""Prices in other currencies: at a rate that the config gives with its day, or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Rate(BaseModel):
    """What one unit of a currency is in USD, and of what day that is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    usd: Annotated[Decimal, Field(gt=0, lt=10**6)]
    as_of: date


@dataclass(frozen=True, slots=True)
class Rates:
    """Configured exchange rates by currency."""

    by_currency: Mapping[str, Rate] = field(default_factory=dict)

    def usd(self, amount: Decimal, currency: str) -> Decimal:
        """An amount in USD. Raises ValueError, with the remedy, where there is no rate."""
        if currency == "USD":
            return amount
        if currency not in self.by_currency:
            raise ValueError(self.missing(currency))
        return amount * self.by_currency[currency].usd

    def note(self, currency: str) -> str:
        """What a converted price's source says of the rate, "" where none was needed."""
        rate = self.by_currency.get(currency)
        if currency == "USD" or rate is None:
            return ""
        return f", {currency} at {rate.usd} USD of {rate.as_of.isoformat()}"

    @staticmethod
    def missing(currency: str) -> str:
        """What to write where a rate is missing."""
        return (
            f"a price in {currency} needs an exchange rate: write "
            f'prices: {{rates: {{{currency}: {{usd: "…", as_of: …}}}}}} into the config'
        )
