"""What is really paid: discounts and negotiated prices over a list price."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from bot.globs import matches
from bot.prices.config import Discount
from bot.prices.money import Rates
from bot.prices.row import Kind, Row
from checks.model import Grade, Place

# "Standard_D4s_v5" is of the family "Ds_v5", "Standard_NC24ads_A100_v4" of "NCads_A100_v4".
_AZURE = re.compile(r"(?:standard|basic)_([a-z]+)\d+(?:-\d+)?(.*)", re.IGNORECASE)


def family(name: str, kind: Kind) -> str:
    """The family of a machine ("m6i", "n2", "Ds_v5"), or the first part of a unit price's name."""
    if kind is Kind.UNIT:
        return name.partition(":")[0]
    if azure := _AZURE.fullmatch(name):
        return azure[1] + azure[2]
    # AWS's families may have a dash of their own ("u-6tb1.metal"), Google's end at the first.
    return name.partition("." if "." in name else "-")[0]


def paid(row: Row, place: Place, discounts: Sequence[Discount], money: Rates, config: str) -> Row:
    """The row with the first discount that matches it, and its source saying who granted it.

    Raises ValueError where a negotiated price is in a currency without a rate.
    """
    for discount in discounts:
        if _meant(discount, row, place):
            return _with(row, discount, money, config)
    return row


def _meant(discount: Discount, row: Row, place: Place) -> bool:
    pairs = (
        (row.provider, discount.provider),
        (place.region, discount.region),
        (family(row.name, row.kind), discount.family),
        (row.name, discount.sku),
    )
    return all(
        pattern == "*" or matches(text.casefold(), (pattern.casefold(),)) for text, pattern in pairs
    )


def _with(row: Row, discount: Discount, money: Rates, config: str) -> Row:
    by = f"{'commitment' if discount.commitment else 'negotiated'} by {config or 'the config'}"
    if discount.amount is not None and discount.as_of is not None:
        amount = money.usd(discount.amount, discount.currency)
        source = by + money.note(discount.currency)
        return replace(row, amount=amount, source=source, as_of=discount.as_of, grade=Grade.A)
    off = discount.percent or Decimal(0)
    factor = 1 - off / 100
    note = f"{by}: {off:f}% off "
    spot = row.spot
    spot_source = row.spot_source or row.source
    spot_as_of = row.spot_as_of or row.as_of
    if discount.spot and spot is not None:
        spot, spot_source = spot * factor, note + spot_source
    return replace(
        row,
        amount=row.amount * factor,
        source=note + row.source,
        spot=spot,
        spot_source=spot_source,
        spot_as_of=spot_as_of,
    )
