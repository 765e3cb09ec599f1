"""What everything in a snapshot costs, and in which of the two ledgers it is counted."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from bot.carbon_table import carbon_table
from checks.costs.inventory import inventory
from checks.model import Grade, Machine, Place, Resource, UnitPrice
from checks.pricing.assume import Assumptions
from tests.checks.manifests import FACTS, POD, PRICES, resource, snapshot, subject, workload

_CLUSTER = Place("default", "", "eu")
_HOURLY = UnitPrice(
    amount=Decimal("0.1"), unit="hour", source="a list", as_of=date(2026, 10, 1), grade=Grade.A
)
_NODE = Decimal(73)
_MACHINE = Machine(name="m5.large", vcpu=Decimal(2), memory_gib=Decimal(8), hourly=_HOURLY)
_PRICED = replace(FACTS, prices=replace(PRICES, machines={"m5.large": _MACHINE}))


def _labelled(one: Resource, value: str) -> Resource:
    meta: Any = {"name": one.name, "namespace": "shop", "labels": {"cost-center": value}}
    return replace(one, namespace="shop", body={**one.body, "metadata": meta})


def test_rows_and_their_total() -> None:
    web = _labelled(workload(spec={"replicas": 3}), "pay")
    agent = workload("DaemonSet", name="agent")
    settings = resource({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}})
    whole = inventory(snapshot(web, agent, settings), FACTS)
    assert [row.resource.kind for row in whole.rows] == ["DaemonSet", "Deployment"]
    (unknown,) = whole.unknown
    assert "nodes" in unknown.reason
    assert whole.total.expected == POD * 3
    assert whole.rows[1].attribution.cost_center == "pay"
    told = inventory(snapshot(web, agent, settings), FACTS, Assumptions(nodes=2))
    assert told.total.expected == POD * 5
    assert not told.unknown


def test_a_namespace_says_whose_everything_in_it_is() -> None:
    web = replace(workload(), namespace="shop")
    labels = {"finops.apexlogic.com/team": "red"}
    meta = {"name": "shop", "labels": labels}
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": meta}
    (row,) = inventory(snapshot(web, resource(space)), FACTS).rows
    assert row.attribution.team == "red"


def test_it_is_the_same_in_any_order_and_twice_is_double() -> None:
    one, other = workload(name="a"), workload(name="b")
    assert inventory(snapshot(one, other), FACTS) == inventory(snapshot(other, one), FACTS)
    assert inventory(snapshot(one, other), FACTS).total.expected == POD * 2


def test_what_cannot_be_read_is_counted() -> None:
    asked = subject([], [workload()])
    assert inventory(asked.head, asked.facts).unreadable == 0


def _pool(*, fixed: bool, name: str = "pool") -> Resource:
    """Machines of a Cluster API cluster, whose number is fixed or follows the pods."""
    least = "cluster.x-k8s.io/cluster-api-autoscaler-node-group-min-size"
    most = "cluster.x-k8s.io/cluster-api-autoscaler-node-group-max-size"
    body = {
        "apiVersion": "cluster.x-k8s.io/v1beta1",
        "kind": "MachineDeployment",
        "metadata": {"name": name, "annotations": {} if fixed else {least: "1", most: "5"}},
        "spec": {
            "replicas": 2,
            "template": {
                "spec": {"infrastructureRef": {"kind": "AWSMachineTemplate", "name": "m"}}
            },
        },
    }
    return replace(resource(body), place=_CLUSTER)


def _machine() -> Resource:
    template = {"spec": {"instanceType": "m5.large"}}
    body = {
        "apiVersion": "infrastructure.cluster.x-k8s.io/v1beta2",
        "kind": "AWSMachineTemplate",
        "metadata": {"name": "m"},
        "spec": {"template": template},
    }
    return replace(resource(body), place=_CLUSTER)


def test_pods_on_nodes_that_are_counted_are_not() -> None:
    web = replace(workload(), place=_CLUSTER)
    agent = replace(workload("DaemonSet", name="agent"), place=_CLUSTER)
    elsewhere = replace(workload(name="other"), place=Place("default", "", "us"))
    whole = inventory(snapshot(web, agent, elsewhere, _pool(fixed=True), _machine()), _PRICED)
    counted = {row.resource.name: row.counted for row in whole.rows}
    assert counted == {"web": False, "agent": False, "other": True, "pool": True}
    assert whole.total.expected == _NODE * 2 + POD
    # What is not counted anyway may be unknown.
    assert not whole.unknown
    assert whole.fixed == {_CLUSTER}


def test_where_the_nodes_follow_the_pods_the_pods_are_counted() -> None:
    web = replace(workload(), place=_CLUSTER)
    whole = inventory(snapshot(web, _pool(fixed=False), _machine()), _PRICED)
    assert {row.resource.name: row.counted for row in whole.rows} == {"web": True, "pool": False}
    assert whole.following == {_CLUSTER}


def test_a_part_of_a_branch_is_counted_as_the_branch_is() -> None:
    web = replace(workload(), place=_CLUSTER)
    new = replace(workload(name="new"), place=_CLUSTER)
    whole = inventory(snapshot(web, _pool(fixed=True), _machine()), _PRICED)
    part = inventory(snapshot(web, new), _PRICED, within=whole)
    assert {row.resource.name: row.counted for row in part.rows} == {"web": False, "new": False}
    assert all(row.counted for row in inventory(snapshot(web, new), _PRICED).rows)


def test_carbon_where_the_place_is_known() -> None:
    facts = replace(FACTS, carbon=carbon_table())
    web = workload()
    (row,) = inventory(snapshot(replace(web, place=Place("aws", "us-east-1"))), facts).rows
    # 0.5 vCPU and 1 GiB.
    expected = Decimal(730) * Decimal("1.15") * Decimal("0.001452") * Decimal("396.25")
    assert row.carbon is not None
    assert abs(row.carbon - expected) < Decimal("0.001")
    (nowhere,) = inventory(snapshot(web), facts).rows
    assert nowhere.carbon is None
