"""The coefficients of the carbon model, from `config/carbon.csv`."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache

from bot.data import data_root
from checks.model import CarbonTable, Coefficient

_FILE = "carbon.csv"
_TDP = "tdp:"


@cache
def carbon_table() -> CarbonTable:
    """What the model is computed from. Raises ValueError for a row that is none, with its line."""
    watts: dict[tuple[str, str], Coefficient] = {}
    pue: dict[tuple[str, str], Coefficient] = {}
    grid: dict[tuple[str, str], Coefficient] = {}
    tdp: dict[str, Coefficient] = {}
    with (data_root() / "config" / _FILE).open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), 2):
            figure, at = row["figure"], (row["provider"], row["region"])
            value = _value(row, number)
            if figure.startswith(_TDP):
                tdp[figure.removeprefix(_TDP)] = value
            elif figure in ("watts-min", "watts-max"):
                watts[row["provider"], figure] = value
            elif figure in ("pue", "grid"):
                (pue if figure == "pue" else grid)[at] = value
            else:
                raise ValueError(f"{_FILE}:{number}: there is no figure {figure!r}")
    providers = {provider for provider, _ in watts}
    both = {one: (watts[one, "watts-min"], watts[one, "watts-max"]) for one in sorted(providers)}
    return CarbonTable(watts=both, pue=pue, grid=grid, tdp=tdp)


def _value(row: Mapping[str, str], number: int) -> Coefficient:
    try:
        value, as_of = Decimal(row["value"]), date.fromisoformat(row["as_of"])
    except (InvalidOperation, ValueError) as error:
        raise ValueError(f"{_FILE}:{number}: {error}") from error
    if not value.is_finite() or value < 0 or not row["source"]:
        raise ValueError(f"{_FILE}:{number}: a figure from 0 up with its source is expected")
    return Coefficient(value, row["source"], as_of)
