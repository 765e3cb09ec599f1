"""The accelerators: config/prices/accelerators.csv."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from functools import cache

from bot.prices import shipped
from checks.model import Accelerator

_FILE = "accelerators.csv"
# Nobody sells an hour of these in public: they need the user's own price.
_UNPRICED = "no"


@cache
def accelerators() -> Mapping[str, Accelerator]:
    """All known accelerators by name. A label may mean several of them."""
    return {row["name"]: _accelerator(row) for row in _rows()}


@cache
def without_price() -> frozenset[str]:
    """The names of those that have no public price."""
    return frozenset(row["name"] for row in _rows() if row["public_price"] == _UNPRICED)


def _accelerator(row: Mapping[str, str]) -> Accelerator:
    slices = (part.partition("=") for part in row["slices"].split("|") if part)
    return Accelerator(
        name=row["name"],
        vendor=row["vendor"],
        resource=row["resource"],
        memory_gib=_number(row["memory_gib"]),
        tdp_watts=_number(row["tdp_watts"]),
        labels=frozenset(label for label in row["labels"].split("|") if label),
        slices={profile: _share(share) for profile, _, share in slices},
    )


def _share(text: str) -> Decimal:
    share = Fraction(text)
    return Decimal(share.numerator) / Decimal(share.denominator)


def _number(text: str) -> Decimal | None:
    return Decimal(text) if text else None


@cache
def _rows() -> tuple[dict[str, str], ...]:
    with (shipped.folder() / _FILE).open(newline="", encoding="utf-8") as lines:
        return tuple(csv.DictReader(lines))
