"""Facts for the judges: prices now; usage, evidence and live answers have their place here too."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import cache

import yaml
from pydantic import BaseModel, ConfigDict, Field

from bot.data import data_root
from checks.model import Facts, Grade, Prices, UnitPrice

_SHEET = "opencost-default.yaml"


class PriceRow(BaseModel):
    """One row of a price sheet; every figure says where it is from and of what day."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    scope: str
    provider: str
    region: str
    resource: str
    unit: str
    amount: Decimal = Field(ge=0)
    currency: str = Field(pattern="^[A-Z]{3}$")
    source: str = Field(min_length=1)
    as_of: date
    grade: Grade


class _Sheet(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: int = Field(ge=1, le=1)
    rows: list[PriceRow]


def load_facts(provider: str, region: str, now: datetime) -> Facts:
    """What judging needs to know besides the two snapshots."""
    return Facts(now=now, prices=prices(provider, region))


@cache
def prices(provider: str, region: str) -> Prices:
    """The most specific price of each resource: of the region, of the provider, of anybody."""
    chosen: dict[str, tuple[int, PriceRow]] = {}
    for row in _rows():
        rank = _rank(row, provider, region)
        if rank and rank > chosen.get(row.resource, (0, row))[0]:
            chosen[row.resource] = (rank, row)
    currencies = {row.currency for _, row in chosen.values()} or {"USD"}
    if len(currencies) > 1:
        raise ValueError(f"prices in several currencies, {sorted(currencies)}, cannot be added")
    return Prices(
        currency=currencies.pop(),
        units={
            name: UnitPrice(
                amount=row.amount,
                unit=row.unit,
                source=row.source,
                as_of=row.as_of,
                grade=row.grade,
            )
            for name, (_, row) in sorted(chosen.items())
        },
    )


def _rank(row: PriceRow, provider: str, region: str) -> int:
    """How well a row fits; 0 where it does not."""
    if row.provider == provider and row.region == region and region:
        return 3
    if row.provider == provider and row.region == "any":
        return 2
    return int(row.provider == "default" and row.region == "any")


@cache
def _rows() -> tuple[PriceRow, ...]:
    text = (data_root() / "config" / "prices" / _SHEET).read_bytes()
    return tuple(_Sheet.model_validate(yaml.load(text, yaml.CSafeLoader)).rows)
