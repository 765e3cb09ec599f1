"""The section `prices` of a config: places by path, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from bot.prices.config import PriceSettings
from bot.prices.paid import family
from bot.prices.row import STEMS, Kind
from checks.model import Place

EXAMPLE = """
provider: aws
region: us-east-1
clusters:
- name: prod-eu
  paths: ["clusters/eu/**", "**/overlays/eu/**"]
  region: eu-west-1
- name: training
  paths: ["clusters/**"]
  provider: gcp
  region: europe-west4
- {name: lab, paths: ["lab/**"], provider: onprem}
"""


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("apps/web.yaml", Place("aws", "us-east-1")),
        ("clusters/eu/web.yaml", Place("aws", "eu-west-1", "prod-eu")),
        ("team/overlays/eu/web.yaml", Place("aws", "eu-west-1", "prod-eu")),
        ("clusters/other/web.yaml", Place("gcp", "europe-west4", "training")),
        ("lab/web.yaml", Place("onprem", "", "lab")),
    ],
)
def test_the_first_cluster_that_matches_is_the_place(path: str, place: Place) -> None:
    settings = PriceSettings.model_validate(yaml.safe_load(EXAMPLE))
    assert settings.place_of(path) == place
    assert place in settings.places


@pytest.mark.parametrize(
    ("section", "where", "said"),
    [
        ({"provder": "aws"}, ("provder",), "not permitted"),
        ({"provider": "AWS"}, ("provider",), "pattern"),
        ({"region": "../x"}, ("region",), "pattern"),
        ({"clusters": [{"name": "a", "paths": []}]}, ("clusters", 0, "paths"), "at least 1"),
        ({"discounts": [{"percent": 0}]}, ("discounts", 0, "percent"), "greater than 0"),
        ({"discounts": [{"percent": 101}]}, ("discounts", 0, "percent"), "less than or equal"),
        ({"discounts": [{}]}, ("discounts", 0), "either a percent or an amount"),
        ({"discounts": [{"amount": 1}]}, ("discounts", 0), "expected as_of"),
        (
            {"discounts": [{"amount": 1, "as_of": "2026-01-01"}]},
            ("discounts", 0),
            "expected sku",
        ),
        ({"rates": {"EUR": {"usd": 0, "as_of": "2026-01-01"}}}, ("rates", "EUR", "usd"), "greater"),
        ({"rates": {"EUR": {"usd": 1}}}, ("rates", "EUR", "as_of"), "required"),
        ({"rates": {"euro": {"usd": 1, "as_of": "2026-01-01"}}}, ("rates",), "pattern"),
        (
            {"discounts": [{"sku": "x", "amount": 1, "currency": "EUR", "as_of": "2026-01-01"}]},
            (),
            "a price in EUR needs an exchange rate",
        ),
        (
            {"clusters": [{"name": "a", "paths": ["x"]}, {"name": "a", "paths": ["y"]}]},
            (),
            "expected each cluster once, not a twice",
        ),
        ({"rows": [{"kind": "unit", "name": "cpu"}]}, ("rows", 0, "amount"), "required"),
    ],
)
def test_what_is_no_section_is_refused(
    section: dict[str, Any], where: tuple[str | int, ...], said: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        PriceSettings.model_validate(section)
    first = refused.value.errors()[0]
    assert first["loc"][: len(where)] == where
    assert said in first["msg"]


@pytest.mark.parametrize(
    ("name", "of"),
    [
        ("m6i.2xlarge", "m6i"),
        ("u-6tb1.metal", "u-6tb1"),
        ("n2-standard-4", "n2"),
        ("a2-highgpu-1g", "a2"),
        ("e2-medium", "e2"),
        ("ct5lp-hightpu-8t", "ct5lp"),
        ("Standard_D4s_v5", "Ds_v5"),
        ("Standard_NC24ads_A100_v4", "NCads_A100_v4"),
        ("rds:mysql:db.t3.large", "rds"),
        ("load-balancer:alb", "load-balancer"),
        ("cpu", "cpu"),
    ],
)
def test_families(name: str, of: str) -> None:
    unit = name.partition(":")[0] in STEMS
    assert family(name, Kind.UNIT if unit else Kind.MACHINE) == of
