"""How many replicas there are, with and without an autoscaler."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from checks.model import Location, Resource
from checks.pricing.cost import Unknown
from checks.pricing.scale import Replicas, Scalers, replicas
from tests.checks.manifests import hpa, known, priced, reason, resource, snapshot, workload


def _count(spec: dict[str, Any], *scalers: Any) -> tuple[int, int | Decimal, int] | str:
    one = workload(spec=spec)
    count = replicas(one, Scalers.of(snapshot(one, *scalers)))
    return count.reason if isinstance(count, Unknown) else (count.low, count.expected, count.high)


@pytest.mark.parametrize(
    ("stated", "expected"),
    [({}, (1, 1, 1)), ({"replicas": 5}, (5, 5, 5)), ({"replicas": 0}, (0,) * 3)],
)
def test_without_an_autoscaler(stated: dict[str, Any], expected: tuple[int, ...]) -> None:
    assert _count(stated) == expected


@pytest.mark.parametrize(
    ("stated", "low", "high", "expected"),
    [
        ({"replicas": 4}, 2, 9, (2, 4, 9)),
        ({"replicas": 1}, 2, 9, (2, 2, 9)),
        ({"replicas": 40}, 2, 9, (2, 9, 9)),
        ({}, 2, 9, (2, 2, 9)),
        ({}, None, 9, (1, 1, 9)),
        ({"replicas": 3}, 0, 9, (0, 3, 9)),
        ({"replicas": 0}, 0, 9, (0, 0, 9)),
        # Kubernetes: replicas 0 pauses an autoscaler whose minimum is not 0.
        ({"replicas": 0}, 2, 9, (0, 0, 0)),
        ({}, 3, 3, (3, 3, 3)),
    ],
)
def test_an_autoscaler_bounds_it(
    stated: dict[str, Any], low: Any, high: Any, expected: tuple[int, int | Decimal, int]
) -> None:
    assert _count(stated, hpa(low, high)) == expected


@pytest.mark.parametrize(
    ("low", "high"), [(5, 2), (-1, 2), (1, None), ("1", 2), (1, True), (1, 1.5), (None, 0)]
)
def test_bounds_that_are_no_range(low: Any, high: Any) -> None:
    said = _count({}, hpa(low, high))
    assert "HPA web has minReplicas" in str(said)
    assert "no range" in str(said)


@pytest.mark.parametrize("bad", [-1, "3", "${REPLICAS}", 1.5, True, [], 2**31])
def test_replicas_that_are_no_number(bad: Any) -> None:
    assert "replicas is" in str(_count({"replicas": bad}))


@pytest.mark.parametrize("version", ["autoscaling/v1", "autoscaling/v2", "autoscaling/v2beta2"])
def test_every_version_counts(version: str) -> None:
    assert _count({}, hpa(2, 3, version=version)) == (2, 2, 3)


def test_two_autoscalers_of_one_workload() -> None:
    assert "more than one autoscaler" in str(_count({}, hpa(1, 2), hpa(1, 3, name="other")))


@pytest.mark.parametrize("target", [("Deployment", "api"), ("StatefulSet", "web")])
def test_an_autoscaler_of_something_else(target: tuple[str, str]) -> None:
    assert _count({"replicas": 4}, hpa(1, 2, target=target)) == (4, 4, 4)


def test_kind_and_namespace_must_agree() -> None:
    elsewhere = hpa(7, 8)
    body = {**elsewhere.body, "metadata": {"name": "web", "namespace": "prod"}}
    assert _count({}, resource(body)) == (1, 1, 1)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({}, (0, 3, 100)),
        ({"minReplicaCount": 5, "maxReplicaCount": 6}, (5, 5, 6)),
    ],
)
def test_keda(spec: dict[str, Any], expected: tuple[int, int | Decimal, int]) -> None:
    scaler = resource(
        {
            "apiVersion": "keda.sh/v1alpha1",
            "kind": "ScaledObject",
            "metadata": {"name": "queue"},
            "spec": {"scaleTargetRef": {"name": "web"}, **spec},
        }
    )
    assert _count({"replicas": 3}, scaler) == expected


def test_what_scales_is_named() -> None:
    one = workload(spec={"replicas": 3})
    assert replicas(one, Scalers.of(snapshot(one, hpa(2, 6)))) == Replicas(
        low=2, expected=3, high=6, by="HPA web"
    )
    assert known(priced(one, hpa(2, 6))).basis.startswith("3 (2 to 6 by HPA web) × ")


def test_an_autoscaler_without_its_target_is_unknown() -> None:
    assert reason(priced(hpa(1, 2))) == (
        "its target Deployment web is not in the files that were read"
    )
    assert priced(hpa(1, 2), workload()) is None


def test_an_autoscaler_that_names_no_target() -> None:
    nameless = resource({**hpa(1, 2).body, "spec": {"maxReplicas": 3}})
    assert "does not name what it scales" in reason(priced(nameless))


def _in(folder: str, one: Resource) -> Resource:
    return replace(one, id=f"{folder}/{one.id}", source=Location(path=f"{folder}/{one.name}.yaml"))


def test_of_the_same_name_the_one_in_the_same_folder_is_scaled() -> None:
    production, staging = (_in(folder, workload()) for folder in ("prod", "staging"))
    scalers = Scalers.of(snapshot(production, staging, _in("prod", hpa(5, 9))))
    assert replicas(production, scalers) == Replicas(low=5, expected=5, high=9, by="HPA web")
    assert replicas(staging, scalers) == Replicas(low=1, expected=1, high=1)


def test_an_autoscaler_in_a_folder_of_its_own_scales_what_has_the_name() -> None:
    production = _in("prod/app", workload())
    scalers = Scalers.of(snapshot(production, _in("prod/scaling", hpa(5, 9))))
    assert replicas(production, scalers) == Replicas(low=5, expected=5, high=9, by="HPA web")
