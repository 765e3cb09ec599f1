"""`plumbline policy matrix`: every rule, and promotion that is not stricter."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.config import Policy, defaults, parse
from bot.policy.command import matrix
from bot.policy.model import Effect, PolicyRule
from checks.model import Location, Tier
from checks.registry import CHECKS
from tests.policy.command.calling import call, written


def law(text: str) -> Policy:
    return parse(".plumbline.yml", f"version: 1\n{text}".encode())


def rule(name: str, effect: Effect = Effect.DENY) -> PolicyRule:
    return PolicyRule(id=name, location=Location(path="a.rego", line=1), effect=effect)


def cells(text: str, name: str, *rules: PolicyRule) -> tuple[list[str], list[str]]:
    """What a rule does in each tier, and the tiers that are softer."""
    (row,) = [one for one in matrix.rows(law(text), rules) if one.rule == name]
    return list(row.cells.values()), [tier.value for tier in row.softer]


def test_every_rule_of_every_check_is_there_and_shipped_promotion_is_stricter() -> None:
    rows = matrix.rows(defaults(), ())
    named = {(one.source, one.rule) for one in rows}
    for check in CHECKS:
        assert {(check.id, one.id) for one in check.rules} <= named
        assert check.id in {source for source, _ in named}
    assert [one.rule for one in rows if one.softer] == []
    for one in rows:
        assert list(one.cells) == list(Tier)


def test_each_setting_is_found() -> None:
    by_config = {one.rule for one in matrix.rows(defaults(), ()) if _is_by_config(one)}
    # Each budget of the config says how hard it is itself.
    assert by_config <= {"budget-growth"}


def _is_by_config(row: matrix.Row) -> bool:
    return matrix.BY_CONFIG in row.cells.values()


@pytest.mark.parametrize(
    ("text", "name", "said", "softer"),
    [
        ("checks: {image_tag: {severity: fail}}", "image-tag-latest", ["fail"] * 3, []),
        (
            "checks: {image_tag: {severity: {experiment: fail, staging: info}}}",
            "image-tag-latest",
            ["fail", "info", "warn"],
            ["staging"],
        ),
        ("checks: {image_tag: false}", "image-tag-latest", ["off"] * 3, []),
        (
            "checks: {align_approval: {tiers: [staging]}}",
            "ALN22",
            ["off", "approval", "off"],
            ["production"],
        ),
        (
            "checks: {cost_delta: {tiers: {production: {fail: {amount: 5000}}}}}",
            "cost-increase",
            [*(["warn > 100, fail > 1000"] * 2), "warn > 100, fail > 5000"],
            ["production"],
        ),
        (
            "checks: {cost_delta: {tiers: {production: {fail: {amount: 500, percent: 5}}}}}",
            "cost-increase",
            [*(["warn > 100, fail > 1000"] * 2), "warn > 100, fail > 500 or > 5%"],
            [],
        ),
    ],
)
def test_rules_of_checks(text: str, name: str, said: list[str], softer: list[str]) -> None:
    assert cells(text, name) == (said, softer)


@pytest.mark.parametrize(
    ("text", "rules", "said", "softer"),
    [
        ("", [rule("rego/a.deny")], ["fail"] * 3, []),
        ("", [rule("rego/a.deny", Effect.WARN)], ["warn"] * 3, []),
        ("", [rule("rego/a.deny", Effect.AUDIT)], ["info"] * 3, []),
        ("", [rule("rego/a.deny", Effect.AUDIT), rule("rego/a.deny")], ["fail"] * 3, []),
        (
            "policy: {rules: {'rego/a.*': {experiment: info, production: fail}}}",
            [rule("rego/a.deny")],
            ["info", "warn", "fail"],
            [],
        ),
        (
            "policy: {severity: {experiment: fail, production: info}}",
            [rule("rego/a.deny")],
            ["fail", "warn", "info"],
            ["staging", "production"],
        ),
        ("policy: {rules: {'**': 'off'}}", [rule("rego/a.deny")], ["off"] * 3, []),
    ],
)
def test_rules_of_policies(
    text: str, rules: list[PolicyRule], said: list[str], softer: list[str]
) -> None:
    assert cells(text, "rego/a.deny", *rules) == (said, softer)


def test_the_formats() -> None:
    bad = law("checks: {image_tag: {severity: {experiment: fail, staging: info}}}")
    rows = matrix.rows(bad, [rule("rego/a|b.deny")])
    said = matrix.text(rows).splitlines()
    assert said[0].split() == ["check", "rule", "experiment", "staging", "production"]
    assert "- image-tag-latest: staging is info" in said
    assert r"| `policy` | `rego/a\|b.deny` | fail | fail | fail |" in matrix.markdown(rows)
    told = json.loads(matrix.as_json(rows))
    assert told["monotone"] is False
    assert {one["rule"] for one in told["rules"] if one["softer"]} >= {"image-tag-latest"}
    assert json.loads(matrix.as_json(matrix.rows(defaults(), ())))["monotone"] is True


def test_a_config_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    written(tmp_path, {"other.yml": "version: 1\nchecks: {image_tag: false}\n", "bad.yml": "a"})
    monkeypatch.chdir(tmp_path)
    assert call("matrix", "--config", "other.yml") == 0
    line = next(one for one in capsys.readouterr().out.splitlines() if "image-tag-latest" in one)
    assert line.split()[2:] == ["off", "off", "off"]
    assert call("matrix", "--config", "bad.yml") == 2
    assert call("matrix", "--config", "no.yml") == 2
