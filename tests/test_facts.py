"""Prices: the most specific row, each with its source and date."""

from __future__ import annotations

from decimal import Decimal

from bot.facts import prices


def test_the_defaults_are_opencosts() -> None:
    units = prices("default", "").units
    assert {name: unit.amount for name, unit in units.items() if name in {"cpu", "ram", "gpu"}} == {
        "cpu": Decimal("0.031611"),
        "ram": Decimal("0.004237"),
        "gpu": Decimal("0.95"),
    }
    assert all(unit.source and unit.as_of.year >= 2024 for unit in units.values())


def test_a_provider_without_a_row_of_its_own_has_the_defaults() -> None:
    assert prices("onprem", "basement").units["cpu"] == prices("default", "").units["cpu"]
