"""The section `rightsizing` of a repository's config."""

from __future__ import annotations

import re
from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from bot.rightsizing.config import Rightsizing, rightsizing
from checks.rightsizing.config import Sizing


def test_what_is_shipped_is_what_the_code_says() -> None:
    assert rightsizing() == Rightsizing()
    assert rightsizing().sizing == Sizing()


def test_a_setting_replaces_its_default_only() -> None:
    config = rightsizing({"cpu": {"headroom": 1.3}, "guards": {"ignore_money": 0}})
    assert config.sizing.cpu.headroom == Decimal("1.3")
    assert config.sizing.cpu.floor == Decimal("0.010")
    assert config.guards.ignore_money == 0


@pytest.mark.parametrize(
    ("own", "where"),
    [
        ({"window": 3}, ("window",)),
        ({"url": "http://elsewhere"}, ("url",)),
        ({"window_days": 0}, ("window_days",)),
        ({"window_days": 400}, ("window_days",)),
        ({"cpu": {"headrom": 2}}, ("cpu", "headrom")),
        ({"cpu": {"headroom": 0.9}}, ("cpu",)),
        ({"cpu": {"step": 0}}, ("cpu",)),
        ({"memory": {"step": 1.5}}, ("memory",)),
        ({"memory": {"oom_factor": 0.5}}, ("memory",)),
        ({"guards": {"min_coverage": "Infinity"}}, ("guards", "min_coverage")),
        ({"guards": {"stale_minutes": 0}}, ("guards",)),
        ({"source": {"labels": {"a b": "c"}}}, ("source", "labels", "a b", "[key]")),
        ({"source": {"cluster_label": "x,y"}}, ("source", "cluster_label")),
    ],
)
def test_mistakes_are_told_with_their_place(own: dict[str, Any], where: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError) as caught:
        rightsizing(own)
    assert caught.value.errors()[0]["loc"] == where


def test_the_page_shows_the_defaults() -> None:
    page = (Path(__file__).parents[2] / "docs" / "rightsizing.md").read_text("utf-8")
    (block,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    shown = yaml.safe_load(block)["rightsizing"]
    assert rightsizing(shown) == rightsizing()
    assert set(shown) == set(Rightsizing.model_fields)
    for section in ("cpu", "memory", "guards"):
        assert set(shown[section]) == {f.name for f in fields(getattr(rightsizing(), section))}
