"""Promotion is never milder: the shipped severities of every check rise from tier to tier."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any, get_args

import pytest

from bot.config import defaults
from checks.registry import CHECKS
from checks.rule import Check
from checks.severity import SeverityWord, TierWord, severity_of


def _by_tier(config: Any) -> Iterator[tuple[str, list[str]]]:
    for field in fields(config):
        value = getattr(config, field.name)
        if isinstance(value, Mapping) and value and set(value) <= set(get_args(TierWord)):
            words = [value.get(tier, "warn") for tier in get_args(TierWord)]
            if all(word in get_args(SeverityWord) for word in words):
                yield field.name, words


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_a_stricter_tier_is_never_milder(check: Check) -> None:
    for name, words in _by_tier(defaults().checks[check.id]):
        severities = [severity_of(word) for word in words]  # type: ignore[arg-type]
        assert severities == sorted(severities), name
