"""Load balancers, disks, and the machines that pods run on."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from checks.model import Grade, Ledger, Place, Prices, Range, Resource
from checks.pricing.assume import Assumptions
from checks.pricing.cost import HOURS, Cost
from tests.checks.manifests import known, priced, reason, resource
from tests.checks.pricing.places import AWS, CENTRAL, EAST, GCP, TYPE, at


def _object(version: str, kind: str, name: str = "x", **fields: Any) -> Resource:
    meta = {"name": name, **fields.pop("metadata", {})}
    return resource({"apiVersion": version, "kind": kind, "metadata": meta, **fields})


def _monthly(one: Resource, *others: Resource, prices: Prices = AWS) -> Decimal:
    return known(priced(one, *others, prices=prices)).amount.expected


def _service(annotations: Any = None, **spec: Any) -> Resource:
    return _object("v1", "Service", metadata={"annotations": annotations or {}}, spec=spec)


class TestService:
    @pytest.mark.parametrize(
        "one",
        [
            _service(type="LoadBalancer"),
            _service(type="LoadBalancer", loadBalancerClass="service.k8s.aws/nlb"),
            _service(
                {"service.beta.kubernetes.io/aws-load-balancer-type": "nlb"}, type="LoadBalancer"
            ),
        ],
    )
    def test_a_load_balancer_costs_by_the_hour(self, one: Resource) -> None:
        cost = known(priced(one, prices=AWS))
        assert cost.amount == Range.exact(Decimal("16.425"))
        assert cost.basis == "a load balancer + usage"
        assert cost.ledger is Ledger.CAPACITY

    @pytest.mark.parametrize(
        "one",
        [
            _service(),
            _service(type="ClusterIP"),
            _service(type="LoadBalancer", loadBalancerClass="tailscale"),
        ],
    )
    def test_others_cost_nothing(self, one: Resource) -> None:
        assert priced(one, prices=AWS) is None

    def test_without_a_price_it_is_unknown(self) -> None:
        assert "no price for a load balancer" in reason(priced(_service(type="LoadBalancer")))


def _ingress(name: str = "x", annotations: Any = None, **spec: Any) -> Resource:
    meta = {"annotations": annotations or {}}
    return _object("networking.k8s.io/v1", "Ingress", name, metadata=meta, spec=spec)


class TestIngress:
    @pytest.mark.parametrize(
        "one",
        [
            _ingress(ingressClassName="alb"),
            _ingress(annotations={"kubernetes.io/ingress.class": "alb"}),
        ],
    )
    def test_a_class_with_a_price(self, one: Resource) -> None:
        assert _monthly(one) == Decimal("16.425")

    def test_a_class_of_the_snapshot(self) -> None:
        spec = {"controller": "ingress.k8s.aws/alb"}
        named = _object("networking.k8s.io/v1", "IngressClass", "public", spec=spec)
        assert _monthly(_ingress(ingressClassName="public"), named) == Decimal("16.425")

    def test_others_cost_nothing(self) -> None:
        assert priced(_ingress(ingressClassName="nginx"), prices=AWS) is None
        assert priced(_ingress(), prices=AWS) is None

    def test_on_gke_no_class_is_a_class(self) -> None:
        assert _monthly(at(CENTRAL, _ingress()), prices=GCP) == Decimal("18.25")

    def test_a_group_has_one_load_balancer(self) -> None:
        group = {"alb.ingress.kubernetes.io/group.name": "shop"}
        first = _ingress("a", group, ingressClassName="alb")
        second = _ingress("b", group, ingressClassName="alb")
        assert _monthly(first, second) == Decimal("16.425")
        cost = known(priced(second, first, prices=AWS))
        assert cost.amount == Range.exact(Decimal(0))
        assert "counted with Ingress a" in cost.basis


def _claim(size: str = "100Gi", **spec: Any) -> Resource:
    asks = {"resources": {"requests": {"storage": size}}, **spec}
    return _object("v1", "PersistentVolumeClaim", spec=asks)


def _class(name: str = "fast", annotations: Any = None, **fields: Any) -> Resource:
    meta = {"annotations": annotations or {}}
    return _object("storage.k8s.io/v1", "StorageClass", name, metadata=meta, **fields)


class TestStorage:
    @pytest.mark.parametrize(
        ("claim", "others", "monthly"),
        [
            (_claim(storageClassName="gp3"), [], "8"),
            (_claim(storageClassName="fast"), [_class(parameters={"type": "gp2"})], "10"),
            (_claim(storageClassName="fast"), [_class(provisioner="ebs.csi.aws.com")], "8"),
            (
                _claim(),
                [
                    _class(
                        annotations={"storageclass.kubernetes.io/is-default-class": "true"},
                        parameters={"type": "gp3"},
                    )
                ],
                "8",
            ),
            # A class that nobody knows has the price of any storage.
            (_claim(storageClassName="ceph"), [], "4"),
            (_claim(), [], "4"),
        ],
    )
    def test_size_times_the_price_of_the_class(
        self, claim: Resource, others: list[Resource], monthly: str
    ) -> None:
        assert _monthly(claim, *others) == Decimal(monthly)

    def test_the_clouds_own_classes(self) -> None:
        assert _monthly(_claim(storageClassName="premium-rwo"), prices=GCP) == 17

    def test_disks_that_come_in_sizes(self) -> None:
        price = AWS.units["storage:gp3"]
        p10 = {
            "storage:Premium_LRS:P10": type(price)(
                amount=Decimal("19.71"), unit="month", source="a list", as_of=price.as_of
            )
        }
        prices = Prices(units={**AWS.units, **p10})
        one = _claim("100Gi", storageClassName="managed-csi-premium")
        assert _monthly(one, prices=prices) == Decimal("19.71")


class TestKarpenter:
    def _pool(self, limits: Any = None, types: Any = None) -> Resource:
        wanted = [{"key": TYPE, "operator": "In", "values": types}] if types else []
        spec = {"limits": limits, "template": {"spec": {"requirements": wanted}}}
        return _object("karpenter.sh/v1", "NodePool", spec=spec)

    def test_from_nothing_to_its_limits(self) -> None:
        cost = known(priced(self._pool({"cpu": "10", "memory": "40Gi"}), prices=AWS))
        most = HOURS * (10 * Decimal("0.035667") + 40 * Decimal("0.003417"))
        assert cost.amount == Range(low=Decimal(0), expected=Decimal(0), high=most)
        assert (cost.nodes, cost.autoscaled, cost.ledger) == (True, True, Ledger.CAPACITY)

    def test_of_known_machines(self) -> None:
        pool = self._pool({"nvidia.com/gpu": 16}, ["p5.48xlarge"])
        assert known(priced(pool, prices=AWS)).amount.high == 2 * Decimal("55.04") * HOURS

    def test_config_may_say_how_many_nodes_there_are(self) -> None:
        pool = self._pool({"cpu": "20"}, ["m5.large"])
        cost = known(priced(pool, prices=AWS, assume=Assumptions(nodes_for={"x": 3})))
        assert cost.amount.expected == 3 * Decimal("0.096") * HOURS
        assert cost.amount.high == 10 * Decimal("0.096") * HOURS

    def test_without_limits_nothing_bounds_it(self) -> None:
        assert "nothing bounds it" in reason(priced(self._pool(), prices=AWS))
        assert "limit of cpu" in reason(priced(self._pool({"cpu": "x"}), prices=AWS))

    def test_a_node_class_has_no_price_of_its_own(self) -> None:
        assert priced(_object("karpenter.k8s.aws/v1", "EC2NodeClass", spec={}), prices=AWS) is None


class TestClusterApi:
    TEMPLATE = _object(
        "infrastructure.cluster.x-k8s.io/v1beta2",
        "AWSMachineTemplate",
        "small",
        spec={"template": {"spec": {"instanceType": "m5.large"}}},
    )

    def _machines(self, replicas: Any = 3, annotations: Any = None) -> Resource:
        reference = {"kind": "AWSMachineTemplate", "name": "small"}
        return _object(
            "cluster.x-k8s.io/v1beta1",
            "MachineDeployment",
            metadata={"annotations": annotations or {}},
            spec={
                "replicas": replicas,
                "template": {"spec": {"infrastructureRef": reference}},
            },
        )

    def test_so_many_machines_of_a_type(self) -> None:
        cost = known(priced(self._machines(), self.TEMPLATE, prices=AWS))
        assert cost.amount == Range.exact(3 * Decimal("0.096") * HOURS)
        assert cost.basis == "3 × m5.large"
        assert (cost.nodes, cost.autoscaled, cost.grade) == (True, False, Grade.A)

    def test_bounds_of_the_autoscaler(self) -> None:
        prefix = "cluster.x-k8s.io/cluster-api-autoscaler-node-group"
        one = self._machines(2, {f"{prefix}-min-size": "1", f"{prefix}-max-size": "5"})
        cost = known(priced(one, self.TEMPLATE, prices=AWS))
        assert cost.autoscaled
        each = Decimal("0.096") * HOURS
        assert cost.amount == Range(low=each, expected=each * 2, high=each * 5)

    def test_what_cannot_be_told(self) -> None:
        assert "not in the files" in reason(priced(self._machines(), prices=AWS))
        assert "replicas is -1" in reason(priced(self._machines(-1), self.TEMPLATE, prices=AWS))
        cheap = Prices(place=EAST)
        answer = priced(self._machines(), self.TEMPLATE, prices=cheap)
        assert "no price for m5.large at aws us-east-1" in reason(answer)


def test_terraform_has_rules_of_its_own() -> None:
    one = _object(
        "terraform/v1",
        "aws_instance",
        "aws_instance.web",
        spec={"instance_type": "m5.large"},
        provider="aws",
        unknown=[],
    )
    answer = priced(at(Place("aws", "us-east-1"), one), prices=AWS)
    assert isinstance(answer, Cost)
    assert answer.amount.expected >= Decimal("0.096") * HOURS
