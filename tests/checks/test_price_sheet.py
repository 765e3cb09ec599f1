"""The shipped price sheet: OpenCost's figures, each with its source and date."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from bot.facts import prices
from checks.model import Grade
from tests.checks.manifests import known, priced, workload


def test_the_figure_of_the_cost_model() -> None:
    answer = priced(workload(spec={"replicas": 3}), prices=prices("default", ""))
    assert known(answer).amount.expected == Decimal("43.893075")
    assert known(answer).grade is Grade.D


@pytest.mark.parametrize("provider", ["default", "aws", "gcp", "azure", "onprem"])
def test_every_resource_has_a_dated_price_with_a_source(provider: str) -> None:
    units = prices(provider, "").units
    for unit in (units[name] for name in ("cpu", "ram", "gpu", "storage")):
        assert unit.amount > 0
        assert unit.source.startswith("opencost@")
        assert unit.as_of == date(2024, 10, 24)
        assert unit.grade is Grade.D
