"""Carbon: the formula's figures, and what is not known."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from bot.carbon_table import carbon_table
from checks.costs.carbon import grams, kwh, shown, sources, unknown
from checks.model import NO_CARBON, Place
from checks.pricing.cost import Hardware

_VIRGINIA = Place("aws", "us-east-1")
_ONE = Hardware(vcpu=Decimal(1), memory_gib=Decimal(4))


def test_the_figure_of_the_specification() -> None:
    # us-east-1, 1 vCPU + 4 GiB, half busy, PUE 1.15: 3.096 kWh, 1,226.8 g a month.
    table = carbon_table()
    energy, amount = kwh(_ONE, _VIRGINIA, table), grams(_ONE, _VIRGINIA, table)
    assert energy is not None
    assert amount is not None
    assert round(energy, 3) == Decimal("3.096")
    assert round(amount, 1) == Decimal("1226.8")
    assert shown(amount) == "1.2 kg CO2e (modelled)"


def test_an_accelerator_takes_its_watts() -> None:
    # 730 · 1.15 · 8 · 700 · (0.115 + 0.9025 / 2) / 1000 kWh more.
    eight = replace(_ONE, accelerators={"H100": Decimal(8)})
    table = carbon_table()
    more = (kwh(eight, _VIRGINIA, table) or 0) - (kwh(_ONE, _VIRGINIA, table) or 0)
    assert more == Decimal(730) * Decimal("1.15") * 8 * 700 * Decimal("0.56625") / 1000


def test_the_providers_pue_where_the_region_has_none_of_its_own() -> None:
    place = Place("aws", "ap-northeast-2")
    energy = kwh(_ONE, place, carbon_table())
    assert energy == Decimal("730") * Decimal("1.135") * Decimal("0.003688")


@pytest.mark.parametrize(
    ("hardware", "place", "why"),
    [
        (_ONE, Place("onprem", "us-east-1"), "the provider onprem"),
        (_ONE, Place("aws", ""), "no region"),
        (_ONE, Place("aws", "mars-1"), "the region mars-1 of aws"),
        (replace(_ONE, accelerators={"TPU-v4": Decimal(1)}), _VIRGINIA, "watts of TPU-v4"),
        (replace(_ONE, accelerators={"": Decimal(1)}), _VIRGINIA, "unknown model"),
    ],
)
def test_unknown_is_never_zero(hardware: Hardware, place: Place, why: str) -> None:
    table = carbon_table()
    assert grams(hardware, place, table) is None
    assert why in unknown(hardware, place, table)
    assert sources(hardware, place, table) == ()
    assert shown(None) == "CO2e unknown"


def test_without_a_table_nothing_is_known() -> None:
    assert grams(_ONE, _VIRGINIA, NO_CARBON) is None


def test_nothing_of_an_accelerator_needs_no_watts() -> None:
    none = replace(_ONE, accelerators={"TPU-v4": Decimal(0)})
    assert grams(none, _VIRGINIA, carbon_table()) == grams(_ONE, _VIRGINIA, carbon_table())


def test_every_figure_says_where_it_is_from() -> None:
    found = sources(_ONE, _VIRGINIA, carbon_table())
    assert len(found) == 4
    table = carbon_table()
    rows = [*table.pue.values(), *table.grid.values(), *table.tdp.values(), *found]
    assert all(row.source and row.value >= 0 for row in rows)
    assert len(table.grid) > 100


@pytest.mark.parametrize(
    ("amount", "sign", "text"),
    [
        ("0", True, "0 g CO2e (modelled)"),
        ("999", False, "999 g CO2e (modelled)"),
        ("1226.82", True, "+1.2 kg CO2e (modelled)"),
        ("-1226.82", True, "-1.2 kg CO2e (modelled)"),
        ("1234567890", False, "1,234.6 t CO2e (modelled)"),
    ],
)
def test_for_people(amount: str, sign: bool, text: str) -> None:
    assert shown(Decimal(amount), sign=sign) == text


def test_busier_is_more() -> None:
    table = carbon_table()
    busy = replace(table, utilisation=Decimal(1))
    assert (grams(_ONE, _VIRGINIA, busy) or 0) > (grams(_ONE, _VIRGINIA, table) or 0)
    with pytest.raises(ValueError, match="from 0 to 1"):
        replace(table, utilisation=Decimal(2))
