"""Services without a budget, and budgets that let nobody go."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.config import defaults
from bot.counterfactual import tried
from checks.disruption_budget import CHECK, Config
from checks.model import Outcome, Resource, Severity, Tier
from tests.checks.golden import assert_golden
from tests.checks.manifests import hpa, subject
from tests.checks.related import budget, deployment, service


def _judge(*after: Resource, before: tuple[Resource, ...] = ()) -> Outcome:
    return CHECK.judge(subject(before, after), Config())


def _rules(*after: Resource) -> list[str]:
    return [f.rule for f in _judge(*after).findings]


@pytest.mark.parametrize(
    ("objects", "rules"),
    [
        ([deployment(2), service()], ["pdb-missing"]),
        ([deployment(2, kind="StatefulSet"), service()], ["pdb-missing"]),
        ([deployment(1), service()], []),
        ([deployment(), service()], []),
        ([deployment(2)], []),
        ([deployment(2, tier=Tier.STAGING), service()], []),
        ([deployment(2, kind="DaemonSet"), service()], []),
        ([deployment(2), service(), budget(maxUnavailable=1)], []),
        ([deployment(2), service(), budget(maxUnavailable=1, labels={})], []),
        (
            [deployment(2), service(), budget(labels={"app": "b"})],
            ["pdb-missing"],
        ),
        ([deployment(), service(), hpa(2, 5)], ["pdb-missing"]),
        ([deployment(3), service(), hpa(1, 5)], []),
    ],
)
def test_who_needs_one(objects: list[Resource], rules: list[str]) -> None:
    assert _rules(*objects) == rules


def test_taking_the_budget_away_is_a_new_finding() -> None:
    old = [replace(one, changed=False) for one in (deployment(2), service())]
    outcome = _judge(*old, before=(*old, budget(maxUnavailable=1)))
    assert [(f.rule, f.preexisting) for f in outcome.findings] == [("pdb-missing", False)]


def test_adding_one_is_credited() -> None:
    old = [replace(one, changed=False) for one in (deployment(2), service())]
    outcome = _judge(*old, budget(maxUnavailable=1), before=tuple(old))
    assert [f.rule for f in outcome.fixed] == ["pdb-missing"]


@pytest.mark.parametrize(
    ("replicas", "spec", "blocks"),
    [
        (3, {"maxUnavailable": 0}, True),
        (3, {"maxUnavailable": "0%"}, True),
        (3, {"maxUnavailable": "1%"}, False),
        (3, {"minAvailable": 2}, False),
        (3, {"minAvailable": 3}, True),
        (3, {"minAvailable": "66%"}, False),
        (3, {"minAvailable": "67%"}, True),
        (3, {"minAvailable": "100%"}, True),
        (1, {"minAvailable": 1}, True),
        (0, {"minAvailable": 1}, False),
        (3, {"minAvailable": "many"}, False),
        (3, {"minAvailable": True}, False),
        (3, {}, False),
    ],
)
def test_budgets_that_block(replicas: int, spec: Any, blocks: bool) -> None:
    assert _rules(deployment(replicas), budget(**spec)) == (["pdb-blocks"] if blocks else [])


def test_an_autoscaler_can_lift_it() -> None:
    objects = (deployment(), hpa(2, 6), budget(minAvailable=2))
    (finding,) = _judge(*objects).findings
    assert (finding.rule, finding.severity) == ("pdb-blocks-at-minimum", Severity.INFO)
    assert _rules(deployment(), hpa(2, 6), budget(minAvailable=6)) == ["pdb-blocks"]


def test_what_cannot_be_counted_is_not_judged() -> None:
    assert _rules(budget(minAvailable=3)) == []
    assert _rules(deployment(kind="DaemonSet"), budget(minAvailable=3)) == []
    assert _rules(deployment("3"), budget(minAvailable=3)) == []


def test_the_patch_passes() -> None:
    one = subject([], [deployment(3), budget(minAvailable=3)])
    policy = replace(defaults(), checks={**defaults().checks, CHECK.id: Config()})
    (outcome,) = tried([CHECK.judge(one, Config())], one, policy)
    assert outcome.findings[0].counterfactual == (
        "passes with spec.maxUnavailable = 1 and spec.minAvailable removed"
    )


def test_the_example() -> None:
    assert_golden(CHECK)
