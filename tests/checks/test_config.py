"""The shipped config of every check: complete, valid, and strict about what it does not know."""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import TypeAdapter, ValidationError

from checks import cost_delta, image_tag, resource_limits
from checks.registry import CHECKS
from checks.rule import Check

_CONFIG = Path(__file__).parents[2] / "config" / "checks"
_EACH = pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)


def _shipped(check: Check) -> dict[str, Any]:
    shipped: dict[str, Any] = yaml.safe_load((_CONFIG / f"{check.id}.yaml").read_text())
    return shipped


@_EACH
def test_the_shipped_config_is_valid_and_names_every_setting(check: Check) -> None:
    config = TypeAdapter(check.config).validate_python(_shipped(check))
    assert isinstance(config, check.config)
    assert set(_shipped(check)) == {field.name for field in fields(check.config)}


@_EACH
def test_an_unknown_key_is_refused(check: Check) -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(check.config).validate_python({**_shipped(check), "colour": "red"})
    (error,) = caught.value.errors()
    assert (error["loc"], error["type"]) == (("colour",), "unexpected_keyword_argument")


@pytest.mark.parametrize(
    ("config", "value", "path"),
    [
        (cost_delta.Config, {"warn": {"amont": 1}}, ("warn", "amont")),
        (cost_delta.Config, {"warn": {"amount": "much"}}, ("warn", "amount")),
        (cost_delta.Config, {"warn": {"amount": "NaN"}}, ("warn", "amount")),
        (cost_delta.Config, {"warn": {"amount": -1}}, ("warn",)),
        (cost_delta.Config, {"assume": {"node": 1}}, ("assume", "node")),
        (cost_delta.Config, {"assume": {"nodes": -1}}, ("assume",)),
        (
            cost_delta.Config,
            {"tiers": {"production": {"warn": {"x": 1}}}},
            ("tiers", "production", "warn", "x"),
        ),
        (cost_delta.Config, {"tiers": {"prod": {}}}, ("tiers", "prod", "[key]")),
        (resource_limits.Config, {"require": ["cpu"]}, ("require", 0)),
        (image_tag.Config, {"moving_tags": [1]}, ("moving_tags", 0)),
    ],
)
def test_the_error_names_the_place(config: Any, value: Any, path: tuple[str | int, ...]) -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(config).validate_python(value)
    assert caught.value.errors()[0]["loc"] == path


@pytest.mark.parametrize("severity", ["warn", {"production": "fail"}, {}])
@pytest.mark.parametrize("config", [image_tag.Config, resource_limits.Config])
def test_severity_is_a_word_or_one_for_each_tier(config: Any, severity: Any) -> None:
    assert TypeAdapter(config).validate_python({"severity": severity}).severity == severity


@pytest.mark.parametrize("severity", ["loud", {"prod": "fail"}, {"production": "loud"}, None, 3])
def test_any_other_severity_is_refused(severity: Any) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(image_tag.Config).validate_python({"severity": severity})


def test_amounts_of_money_stay_exact() -> None:
    config = TypeAdapter(cost_delta.Config).validate_python({"warn": {"amount": 0.1}})
    assert config.warn.amount == Decimal("0.1")
