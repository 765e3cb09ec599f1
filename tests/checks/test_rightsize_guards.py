"""When nothing is proposed, whatever was measured."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from checks.model import Confidence, Node, Resource
from checks.pricing.workload import Assumptions
from checks.rightsizing.config import Guards
from checks.rightsizing.rightsizers import RIGHTSIZERS
from tests.checks.manifests import container, hpa, resource, workload
from tests.checks.usages import (
    FREE,
    NOON,
    answer,
    asking,
    context,
    cpu,
    memory,
    refused,
    usage,
    wanted,
)

_BIG = asking({"cpu": "1", "memory": "1Gi"})
_SMALL = asking({"cpu": "150m", "memory": "128Mi"})
_BOTH = pytest.mark.parametrize("name", ["cpu", "memory"])


def _annotated(value: Node, *, pod: bool = False) -> Resource:
    annotations: Any = {"annotations": {"ai.apexlogic.com/rightsizing": value}}
    body: dict[str, Any] = dict(_BIG.body)
    if pod:
        template = {**body["spec"]["template"], "metadata": annotations}
        body["spec"] = {**body["spec"], "template": template}
    else:
        body["metadata"] = {**body["metadata"], **annotations}
    return replace(_BIG, body=body)


def test_every_rightsizer_is_named_by_its_file() -> None:
    assert [r.id for r in RIGHTSIZERS] == [f"rightsize_{r.resource}" for r in RIGHTSIZERS]


@_BOTH
@pytest.mark.parametrize("value", ["off", "Off", "false", False, "disabled"])
@pytest.mark.parametrize("pod", [True, False])
def test_an_owner_can_opt_out(name: str, value: Node, pod: bool) -> None:
    reason = refused(name, _annotated(value, pod=pod))
    assert reason.startswith("its annotation ai.apexlogic.com/rightsizing is ")


@_BOTH
def test_only_clear_words_let_through(name: str) -> None:
    assert 'neither "on" nor "off"' in refused(name, _annotated("of"))
    assert wanted(name, _annotated("on")).container == "app"


@_BOTH
def test_namespaces_that_are_never_touched(name: str) -> None:
    never = "workloads in kube-system are never touched"
    assert refused(name, replace(_BIG, namespace="kube-system")) == never
    assert refused(name, _BIG, usage(namespace="kube-system")) == never
    config = replace(FREE, guards=replace(FREE.guards, never_namespaces=("vault",)))
    assert "workloads in vault" in refused(name, _BIG, usage(namespace="vault"), config=config)


def _vpa(mode: Any) -> Resource:
    policy = {} if mode is None else {"updatePolicy": {"updateMode": mode}}
    return resource(
        {
            "apiVersion": "autoscaling.k8s.io/v1",
            "kind": "VerticalPodAutoscaler",
            "metadata": {"name": "tall"},
            "spec": {"targetRef": {"kind": "Deployment", "name": "web"}, **policy},
        }
    )


@_BOTH
@pytest.mark.parametrize("mode", [None, "Auto", "Recreate", "Initial", "InPlaceOrRecreate"])
def test_an_active_vpa(name: str, mode: Any) -> None:
    reason = refused(name, _BIG, None, _vpa(mode))
    assert reason == "the VerticalPodAutoscaler tall sets its requests"


@_BOTH
@pytest.mark.parametrize("mode", ["Off", False])
def test_a_vpa_that_only_watches(name: str, mode: Any) -> None:
    assert wanted(name, _BIG, None, _vpa(mode)).container == "app"


def _scaler(metrics: Any = None, version: str = "autoscaling/v2", kind: str = "") -> Resource:
    scaler = hpa(2, 5, version=version)
    key = "triggers" if kind == "ScaledObject" else "metrics"
    spec: Any = scaler.get("spec")
    body = {**scaler.body, "spec": {**spec, **({} if metrics is None else {key: metrics})}}
    if kind:
        return replace(scaler, body=body, kind=kind, api_version="keda.sh/v1alpha1")
    return replace(scaler, body=body)


def _metric(name: str, kind: str = "Resource") -> Any:
    inner = {"name": name, "target": {"type": "Utilization", "averageUtilization": 70}}
    return [{"type": kind, kind[0].lower() + kind[1:]: inner}]


@pytest.mark.parametrize(
    ("scaler", "names"),
    [
        (_scaler(), {"cpu"}),
        (_scaler(version="autoscaling/v1"), {"cpu"}),
        (_scaler(_metric("cpu")), {"cpu"}),
        (_scaler(_metric("memory")), {"memory"}),
        (_scaler(_metric("cpu", "ContainerResource")), {"cpu"}),
        (_scaler(_metric("cpu") + _metric("memory")), {"cpu", "memory"}),
        (_scaler([{"type": "Pods", "pods": {"metric": {"name": "rps"}}}]), set()),
        (_scaler([{"type": "cpu"}], kind="ScaledObject"), {"cpu"}),
        (_scaler([{"type": "cron"}], kind="ScaledObject"), set()),
    ],
)
def test_an_autoscaler_on_the_same_resource(scaler: Resource, names: set[str]) -> None:
    for name in ("cpu", "memory"):
        said = answer(name, _BIG, None, scaler)
        assert (f"scales by {name}" in str(getattr(said, "reason", ""))) == (name in names)


def test_an_autoscaler_that_only_the_cluster_knows() -> None:
    scaled = usage(scaled_by=("cpu", "requests_per_second"))
    assert (
        refused("cpu", _BIG, scaled) == "a HorizontalPodAutoscaler in the cluster scales it by cpu"
    )
    assert wanted("memory", _BIG, scaled).container == "app"


@_BOTH
def test_stale_measurements(name: str) -> None:
    old = usage(as_of=NOON - timedelta(minutes=16))
    assert refused(name, _BIG, old) == "the newest sample is 16 minutes old, over 15"
    assert wanted(name, _BIG, usage(as_of=NOON - timedelta(minutes=15))).container == "app"


@_BOTH
@pytest.mark.parametrize("resource_", [_BIG, _SMALL])
@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"points": 99}, "there are 99 points, under 100"),
        ({"coverage": 0.69}, "69% of the points since 2026-10-18 12:05 UTC are there, under 70%"),
        ({"first_seen": NOON - timedelta(hours=20)}, "it was measured for 20.1 hours"),
    ],
)
def test_too_little_was_measured(
    name: str, resource_: Resource, fields: dict[str, Any], reason: str
) -> None:
    assert reason in refused(name, resource_, usage(**fields))


@_BOTH
@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"first_seen": NOON - timedelta(days=6.5)}, "a decrease needs 7 days of history"),
        ({"has_weekend": False}, "there is no weekend"),
        ({"last_rollout": NOON - timedelta(days=2)}, "was rolled out 2 days ago, under 7 days"),
        (
            {"cpu": cpu(shift=0.16), "memory": memory(shift=0.16)},
            "the median of the last 7 days is +16%",
        ),
        (
            {"cpu": cpu(shift=-0.3), "memory": memory(shift=-0.3)},
            "the median of the last 7 days is -30%",
        ),
    ],
)
def test_a_decrease_needs_more(name: str, fields: dict[str, Any], reason: str) -> None:
    assert reason in refused(name, _BIG, usage(**fields))
    assert wanted(name, _SMALL, usage(**fields)).container == "app"


@_BOTH
def test_exactly_seven_days_are_enough(name: str) -> None:
    week = usage(first_seen=NOON - timedelta(days=7))
    assert wanted(name, _BIG, week).confidence is Confidence.MEDIUM


@_BOTH
def test_rollouts_can_be_left_out(name: str) -> None:
    config = replace(FREE, guards=replace(FREE.guards, settle_days=0))
    rolled = usage(last_rollout=NOON - timedelta(hours=1))
    assert wanted(name, _BIG, rolled, config=config).container == "app"


@_BOTH
def test_pods_that_are_not_sized_by_container(name: str) -> None:
    whole = {"resources": {"requests": {"cpu": "1"}}, "containers": [container()]}
    assert "the pod's own resources decide" in refused(name, workload(pod=whole))
    service = replace(_BIG, kind="Service", api_version="v1")
    assert "a Service has no pod template" in refused(name, service)
    first = {"containers": [container("main")], "initContainers": [container()]}
    assert refused(name, workload(pod=first)) == "an init container runs at the start only"


@_BOTH
def test_a_sidecar_is_sized(name: str) -> None:
    resources = {"requests": {"cpu": "1", "memory": "1Gi"}}
    sidecar = container(resources=resources, restartPolicy="Always")
    pod = {"containers": [container("main")], "initContainers": [sidecar]}
    assert "initContainers" in wanted(name, workload(pod=pod)).patches[0].pointer


def test_an_unknown_price_is_no_saving_and_no_reason_to_stop() -> None:
    config = replace(FREE, guards=Guards())
    daemon = replace(_BIG, kind="DaemonSet")
    said = wanted("cpu", daemon, usage(workload_kind="DaemonSet"), config=config)
    assert said.saving is None
    ten = context(daemon, assume=Assumptions(nodes=10))
    priced = RIGHTSIZERS[0].recommend(daemon, usage(), config, ten)
    assert getattr(priced, "saving", None) is not None


@pytest.mark.parametrize(
    ("fields", "confidence"),
    [
        ({}, Confidence.HIGH),
        ({"coverage": 0.9}, Confidence.MEDIUM),
        ({"coverage": 0.8}, Confidence.LOW),
        ({"cpu": cpu(shift=None)}, Confidence.MEDIUM),
    ],
)
def test_how_sure_it_is(fields: dict[str, Any], confidence: Confidence) -> None:
    assert wanted("cpu", _BIG, usage(**fields)).confidence is confidence


@pytest.mark.parametrize("name", ["ignore_share", "min_coverage", "throttled", "shift"])
@pytest.mark.parametrize("value", ["0", "1.1", "NaN", "-0.1"])
def test_a_share_is_a_share(name: str, value: str) -> None:
    given: dict[str, Any] = {name: Decimal(value)}
    with pytest.raises(ValueError, match=f"{name} is a share"):
        Guards(**given)
