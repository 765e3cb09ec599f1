"""stub"""
from __future__ import annotations
from checks.network_policy import CHECK
from tests.checks.golden import assert_golden


def test_the_example() -> None:
    assert_golden(CHECK)
