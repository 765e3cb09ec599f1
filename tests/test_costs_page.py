"""docs/costs.md: its examples are configs, and its figures are the model's."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import TypeAdapter, ValidationError

from bot.carbon_config import CarbonSection
from bot.carbon_table import carbon_table
from bot.config import parse
from checks.cost_budget import Config
from checks.costs.carbon import grams
from checks.model import DIMENSIONS, AttributionRules, Place
from checks.pricing.cost import Hardware

_PAGE = (Path(__file__).parent.parent / "docs" / "costs.md").read_text("utf-8")
_EXAMPLES = [yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", _PAGE, re.DOTALL)]
_BUDGETS = [example for example in _EXAMPLES if "checks" in example]
_PLACE = {"provider": "onprem", "source": "x", "as_of": "2026-01-01"}


def test_the_page_has_examples_of_everything() -> None:
    assert len(_BUDGETS) >= 5
    assert {"attribution", "carbon", "checks"} <= {key for one in _EXAMPLES for key in one}


@pytest.mark.parametrize("example", _BUDGETS)
def test_each_example_of_a_budget_is_a_config(example: dict[str, Any]) -> None:
    policy = parse(".plumbline.yml", yaml.safe_dump(example, sort_keys=False).encode())
    config = policy.checks["cost_budget"]
    assert isinstance(config, Config)
    assert [budget.name for budget in config.budgets]


def test_the_example_of_attribution_is_the_shipped_one() -> None:
    (section,) = [one["attribution"] for one in _EXAMPLES if "attribution" in one]
    assert TypeAdapter(AttributionRules).validate_python(section) == AttributionRules()


def test_the_example_of_carbon() -> None:
    (section,) = [one["carbon"] for one in _EXAMPLES if "carbon" in one]
    table = CarbonSection.model_validate(section).table()
    pods = Hardware(vcpu=Decimal(1), memory_gib=Decimal(0), accelerators={"TPU-v5e": Decimal(1)})
    # 730 h · 1.4 · (0.9 + 0.6 · 2.9 + 200 · (0.115 + 0.9025 · 0.6)) W · 320 g/kWh.
    watts = Decimal("0.9") + Decimal("0.6") * Decimal("2.9") + 200 * Decimal("0.6565")
    expected = 730 * Decimal("1.4") * watts / 1000 * 320
    found = grams(pods, Place("onprem", "dc-1"), table)
    assert found is not None
    assert abs(found - expected) < Decimal("0.001")
    assert table.tdp["TPU-v5e"].as_of == date(2026, 5, 1)
    # The shipped table is as it was.
    assert "TPU-v5e" not in carbon_table().tdp


def test_without_a_section_it_is_the_shipped_table() -> None:
    assert CarbonSection().table() == carbon_table()


@pytest.mark.parametrize(
    ("section", "why"),
    [
        ({"utilisation": 2}, "less than or equal to 1"),
        ({"places": [{"provider": "onprem", "grid": 3}]}, "source"),
        ({"places": [{**_PLACE, "pue": "0.9"}]}, "greater than or equal to 1"),
        ({"places": [{**_PLACE, "grid": -1}]}, "greater than or equal to 0"),
        ({"places": [{**_PLACE, "watts": {"least": 3, "most": 1}}]}, "least is more than most"),
        (
            {"places": [{**_PLACE, "region": "dc", "watts": {"least": 1, "most": 2}}]},
            "not for one region",
        ),
        ({"hours": 3}, "hours"),
    ],
)
def test_what_is_no_section(section: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        CarbonSection.model_validate(section)


def test_the_figure_of_the_page() -> None:
    pod = Hardware(vcpu=Decimal(1), memory_gib=Decimal(4))
    found = grams(pod, Place("aws", "us-east-1"), carbon_table())
    assert found is not None
    assert f"{found:,.1f} g of CO2e" in _PAGE


def test_the_page_names_every_dimension() -> None:
    assert all(f"`{dimension}`" in _PAGE for dimension in DIMENSIONS)


def test_its_links_lead_somewhere() -> None:
    docs = Path(__file__).parent.parent / "docs"
    missing = [link for link in re.findall(r"\]\(([^)]+)\)", _PAGE) if not (docs / link).exists()]
    assert missing == []
