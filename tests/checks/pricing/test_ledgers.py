"""Machines and the pods on them are never added."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from checks.cost_delta import Config, judge
from checks.model import CostDelta, CostLine, Place, Resource
from tests.checks.manifests import resource, subject, workload
from tests.checks.pricing.places import AWS, EAST, TYPE, at
from tests.checks.pricing.test_around import TestClusterApi

_PREFIX = "cluster.x-k8s.io/cluster-api-autoscaler-node-group"
_FOLLOWING = {f"{_PREFIX}-min-size": "1", f"{_PREFIX}-max-size": "5"}
_TEMPLATE = TestClusterApi.TEMPLATE


def _machines(replicas: int = 3, annotations: Any = None, name: str = "x") -> Resource:
    return resource(
        {
            "apiVersion": "cluster.x-k8s.io/v1beta1",
            "kind": "MachineDeployment",
            "metadata": {"name": name, "annotations": annotations or {}},
            "spec": {
                "replicas": replicas,
                "template": {
                    "spec": {"infrastructureRef": {"kind": "AWSMachineTemplate", "name": "small"}}
                },
            },
        }
    )


def _pool(name: str = "x") -> Resource:
    wanted = [{"key": TYPE, "operator": "In", "values": ["m5.large"]}]
    spec = {"limits": {"cpu": 100}, "template": {"spec": {"requirements": wanted}}}
    meta = {"name": name}
    return resource(
        {"apiVersion": "karpenter.sh/v1", "kind": "NodePool", "metadata": meta, "spec": spec}
    )


def _cost(before: Iterable[Resource], after: Iterable[Resource]) -> CostDelta:
    found = judge(subject(before, after, prices=AWS), Config()).cost
    assert found is not None
    return found


def _counted(cost: CostDelta) -> set[str]:
    return {line.resource.kind for line in cost.counted}


def test_where_machines_are_fixed_they_are_counted() -> None:
    cost = _cost([], [workload(), _machines(), _TEMPLATE])
    assert _counted(cost) == {"MachineDeployment"}
    assert {line.resource.kind for line in cost.lines} == {"MachineDeployment", "Deployment"}
    assert cost.delta.expected == 3 * Decimal("0.096") * 730


@pytest.mark.parametrize("nodes", [_machines(3, _FOLLOWING), _pool()])
def test_where_machines_follow_the_pods_the_pods_are(nodes: Resource) -> None:
    assert _counted(_cost([], [workload(), nodes, _TEMPLATE])) == {"Deployment"}


def test_machines_that_follow_pods_nobody_sees_are_counted() -> None:
    cost = _cost([_machines(2, _FOLLOWING), _TEMPLATE], [_machines(4, _FOLLOWING), _TEMPLATE])
    assert _counted(cost) == {"MachineDeployment"}
    assert cost.delta.expected == 2 * Decimal("0.096") * 730


def test_pods_of_another_cluster_are_counted() -> None:
    here = at(EAST._replace(cluster="one"), _machines())
    template = at(here.place, _TEMPLATE)
    there = at(EAST._replace(cluster="two"), workload())
    assert _counted(_cost([], [there, here, template])) == {"Deployment", "MachineDeployment"}


@pytest.mark.parametrize("place", [Place(), EAST, EAST._replace(region="")])
def test_a_place_that_nobody_described_may_be_the_same(place: Place) -> None:
    nodes = at(EAST, _machines())
    cost = _cost([], [at(place, workload()), nodes, at(EAST, _TEMPLATE)])
    assert _counted(cost) == {"MachineDeployment"}


def test_pods_go_with_the_pool_that_they_ask_for() -> None:
    other = workload(name="api", pod={"nodeSelector": {"karpenter.sh/nodepool": "x"}})
    cost = _cost([], [other, _machines(), _pool(), _TEMPLATE])
    assert _counted(cost) == {"Deployment", "MachineDeployment"}


def test_disks_and_load_balancers_are_in_neither() -> None:
    claim = resource(
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": "data"},
            "spec": {"resources": {"requests": {"storage": "1Gi"}}},
        }
    )
    cost = _cost([], [claim, workload(), _machines(), _TEMPLATE])
    assert _counted(cost) == {"MachineDeployment", "PersistentVolumeClaim"}


def test_a_line_that_is_not_counted_gates_nothing() -> None:
    cost = _cost([], [workload(), _machines(0), _TEMPLATE])
    (pods,) = (line for line in cost.lines if line.resource.kind == "Deployment")
    assert isinstance(pods, CostLine)
    assert not pods.counted
    assert pods.delta.expected > 0
    assert cost.delta.expected == 0
    assert replace(cost, lines=(pods,)).delta.expected == 0
