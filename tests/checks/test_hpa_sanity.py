"""Autoscalers that cannot do what they are there for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from checks.hpa_sanity import CHECK, Config
from checks.model import Location, Outcome, Resource, Severity
from tests.checks.golden import assert_golden
from tests.checks.manifests import ASK, container, hpa, resource, subject, workload

_CPU = {"resource": {"name": "cpu", "target": {"averageUtilization": 70}}}


def _judge(*after: Resource, before: tuple[Resource, ...] = ()) -> Outcome:
    return CHECK.judge(subject(before, after), Config(duplicate="fail"))


def _rules(*after: Resource) -> list[str]:
    return [f.rule for f in _judge(*after).findings]


def _hpa(low: Any = 2, high: Any = 5, /, **spec: Any) -> Resource:
    one = hpa(low, high)
    return replace(one, body={**one.body, "spec": {**one.body["spec"], **spec}})  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("low", "high", "rules"),
    [
        (2, 5, []),
        (5, 2, ["hpa-range"]),
        (2, 2, ["hpa-fixed"]),
        (None, 1, ["hpa-fixed"]),
        (2, None, []),
        ("2", 1, []),
    ],
)
def test_bounds(low: Any, high: Any, rules: list[str]) -> None:
    assert _rules(workload(), hpa(low, high)) == rules


def test_kedas_bounds() -> None:
    spec = {"scaleTargetRef": {"name": "web"}, "minReplicaCount": 101}
    body = {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "metadata": {"name": "web"}}
    assert _rules(workload(), resource({**body, "spec": spec})) == ["hpa-range"]
    assert _rules(workload(), resource({**body, "spec": {**spec, "minReplicaCount": 0}})) == []


@pytest.mark.parametrize(
    ("objects", "rules"),
    [
        ([workload(name="web"), hpa(2, 5)], []),
        ([workload(name="wbe"), hpa(2, 5)], ["hpa-target-missing"]),
        ([workload("StatefulSet"), hpa(2, 5)], ["hpa-target-missing"]),
        # Its workloads are declared elsewhere.
        ([hpa(2, 5)], []),
        ([workload(name="other"), hpa(2, 5, target=("Rollout", "web"))], []),
    ],
)
def test_targets(objects: list[Resource], rules: list[str]) -> None:
    assert _rules(*objects) == rules


def test_a_target_that_the_change_takes_away() -> None:
    scaler = replace(hpa(2, 5), changed=False)
    outcome = _judge(scaler, before=(scaler, workload()))
    assert [f.rule for f in outcome.findings] == ["hpa-target-missing"]


@pytest.mark.parametrize(
    ("resources", "spec", "missing"),
    [
        (ASK, {"metrics": [_CPU]}, False),
        ({"limits": {"cpu": 1}}, {"metrics": [_CPU]}, False),
        ({"requests": {"memory": "1Gi"}}, {"metrics": [_CPU]}, True),
        (None, {}, True),
        (None, {"metrics": [{"resource": {"name": "cpu", "target": {"averageValue": 1}}}]}, False),
        (None, {"metrics": [{"external": {"metric": {"name": "queue"}}}]}, False),
        (None, {"metrics": [{"resource": {"name": "cpu", "targetAverageUtilization": 1}}]}, True),
        (
            None,
            {"metrics": [{"containerResource": {**_CPU["resource"], "container": "other"}}]},
            False,
        ),
    ],
)
def test_utilisation_needs_a_request(resources: Any, spec: Any, missing: bool) -> None:
    one = workload(pod={"containers": [container(resources=resources)]})
    assert _rules(one, _hpa(**spec)) == (["hpa-request-missing"] if missing else [])


def test_a_limit_range_may_give_the_request() -> None:
    limits = resource({"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "a"}})
    one = workload(pod={"containers": [container(resources=None)]})
    assert _rules(one, _hpa(), limits) == []


def test_replicas_beside_an_autoscaler() -> None:
    (finding,) = _judge(workload(spec={"replicas": 3}), hpa(2, 5)).findings
    assert finding.rule == "hpa-replicas-set"
    assert str(finding.resource) == "Deployment web"
    # It is switched off by hand.
    assert _rules(workload(spec={"replicas": 0}), hpa(2, 5)) == []
    assert _rules(workload(spec={"replicas": 3})) == []


@pytest.mark.parametrize(
    ("behavior", "odd"),
    [
        ({"scaleUp": {"stabilizationWindowSeconds": 600}}, False),
        ({"scaleUp": {"stabilizationWindowSeconds": 601}}, True),
        ({"scaleDown": {"stabilizationWindowSeconds": 3600}}, False),
        ({"scaleDown": {"stabilizationWindowSeconds": 3601}}, True),
        ({"scaleUp": {"selectPolicy": "Disabled"}}, True),
        ({"scaleDown": {"selectPolicy": "Disabled"}}, False),
        ("fast", False),
    ],
)
def test_behavior(behavior: Any, odd: bool) -> None:
    assert _rules(workload(), _hpa(behavior=behavior)) == (["hpa-behavior"] if odd else [])


def test_two_autoscalers_of_one_workload() -> None:
    other = hpa(2, 5, name="other")
    outcome = _judge(workload(), hpa(2, 5), other)
    assert [f.rule for f in outcome.findings] == ["hpa-duplicate", "hpa-duplicate"]
    # Files of one folder may be two to choose from.
    assert {f.severity for f in outcome.findings} == {Severity.WARN}
    same = [
        replace(one, source=Location(path="all.yaml")) for one in (workload(), hpa(2, 5), other)
    ]
    assert {f.severity for f in _judge(*same).findings} == {Severity.FAIL}


def test_the_example() -> None:
    assert_golden(CHECK)
