"""The pages in docs/checks say what the checks do today."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot import docs
from bot.render.failures import REMEDIES
from checks.model import State
from checks.registry import CHECKS
from checks.rule import Check

_ROOT = Path(__file__).parents[2]
_EACH = pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)


def test_no_page_is_stale(capsys: pytest.CaptureFixture[str]) -> None:
    assert docs.main(["--check"]) == 0, capsys.readouterr().err


@_EACH
def test_the_good_example_passes_and_the_bad_one_does_not(check: Check) -> None:
    assert docs.example(check, "good", _ROOT).outcome(check).state is State.PASS
    assert docs.example(check, "bad", _ROOT).outcome(check).findings


@_EACH
def test_every_finding_of_the_example_is_a_rule_of_the_page(check: Check) -> None:
    rules = {rule.id for rule in check.rules} or REMEDIES.keys()
    findings = docs.example(check, "bad", _ROOT).outcome(check).findings
    assert {finding.rule for finding in findings} <= rules
    assert all(finding.remedy for finding in findings)


@_EACH
def test_a_check_says_what_it_is_for(check: Check) -> None:
    assert check.title
    assert check.why.endswith(".")
    assert all(rule.title and rule.remedy.endswith(".") for rule in check.rules)
