"""Which accelerator a pod gets, and what its share of the machine costs an hour."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.facts import load_facts
from checks.model import Grade, Prices, Resource
from checks.pricing.cost import HOURS, Cost
from tests.checks.manifests import NOW, container, known, priced, reason, resources, workload
from tests.checks.pricing.places import AWS, CENTRAL, EAST, GCP, PRODUCT, TYPE, asking, at

_CENT = Decimal("0.01")


def _hourly(one: Resource, *others: Resource, prices: Prices = AWS) -> list[Decimal]:
    amount = known(priced(one, *others, prices=prices)).amount
    return [
        (part / HOURS).quantize(Decimal("0.0001"))
        for part in (amount.low, amount.expected, amount.high)
    ]


def _expected(one: Resource, *others: Resource, prices: Prices = AWS) -> Decimal:
    return _hourly(one, *others, prices=prices)[1]


def _on(**labels: str) -> dict[str, Any]:
    return {"nodeSelector": labels}


def test_the_figure_of_a_whole_p5() -> None:
    cost = known(priced(asking(8, nodeSelector={TYPE: "p5.48xlarge"}), prices=AWS))
    assert cost.amount.expected / HOURS == Decimal("55.04")
    assert cost.grade is Grade.A
    assert cost.basis == "1 × (2 CPU, 8 GiB memory, 8 nvidia.com/gpu on p5.48xlarge (H100))"
    assert [price.amount for price in cost.prices] == [Decimal("55.04")]


def test_the_figure_of_a_whole_p5_by_the_shipped_prices() -> None:
    shipped = load_facts("aws", "us-east-1", NOW).prices
    cost = known(priced(asking(8, nodeSelector={TYPE: "p5.48xlarge"}), prices=shipped))
    assert cost.amount.expected / HOURS == Decimal("55.04")


def test_at_the_least_what_it_leaves_over_is_sold() -> None:
    low, expected, high = _hourly(asking(8, nodeSelector={TYPE: "p5.48xlarge"}))
    left = 190 * Decimal("0.035667") + 2040 * Decimal("0.003417")
    assert expected - low == left.quantize(Decimal("0.0001"))
    assert high == expected


@pytest.mark.parametrize(
    ("count", "cpu", "memory", "share"),
    [
        (1, "2", "8Gi", Decimal(1) / 8),
        (1, "96", "8Gi", Decimal(1) / 2),
        (1, "2", "1536Gi", Decimal(3) / 4),
        (4, "2", "8Gi", Decimal(1) / 2),
    ],
)
def test_the_largest_share_of_anything_decides(
    count: int, cpu: str, memory: str, share: Decimal
) -> None:
    one = asking(count, cpu=cpu, memory=memory, nodeSelector={TYPE: "p5.48xlarge"})
    assert _expected(one) == (share * Decimal("55.04")).quantize(Decimal("0.0001"))


@pytest.mark.parametrize(
    ("pod", "accelerator", "expected"),
    [
        (_on(**{TYPE: "g5.4xlarge"}), "g5.4xlarge (A10G)", "1.6240"),
        (
            {
                "affinity": {
                    "nodeAffinity": {
                        "requiredDuringSchedulingIgnoredDuringExecution": {
                            "nodeSelectorTerms": [
                                {
                                    "matchExpressions": [
                                        {"key": TYPE, "operator": "In", "values": ["g5.xlarge"]}
                                    ]
                                }
                            ]
                        }
                    }
                }
            },
            "g5.xlarge (A10G)",
            "1.0060",
        ),
        (_on(**{"karpenter.k8s.aws/instance-gpu-name": "a10g"}), "A10G", "1.0060"),
        (
            _on(
                **{
                    "karpenter.k8s.aws/instance-family": "g5",
                    "karpenter.k8s.aws/instance-size": "4xlarge",
                }
            ),
            "g5.4xlarge (A10G)",
            "1.6240",
        ),
        (_on(**{"k8s.amazonaws.com/accelerator": "nvidia-tesla-t4"}), "T4", "0.5260"),
        (_on(**{PRODUCT: "NVIDIA-H100-80GB-HBM3"}), "p5.48xlarge (H100)", "6.8800"),
        # The first label that tells decides: an A10G is no A10, and no A100.
        (_on(**{TYPE: "g5.xlarge", PRODUCT: "NVIDIA-H100-80GB-HBM3"}), "g5.xlarge", "1.0060"),
        (_on(**{PRODUCT: "NVIDIA-A10G"}), "(A10G)", "1.0060"),
    ],
)
def test_which_one_it_is(pod: dict[str, Any], accelerator: str, expected: str) -> None:
    one = asking(1, **pod)
    assert accelerator in known(priced(one, prices=AWS)).basis
    assert _expected(one) == Decimal(expected)


def test_of_several_machines_the_cheapest_is_expected() -> None:
    cost = known(priced(asking(1, nodeSelector={PRODUCT: "Tesla-T4"}), prices=AWS))
    assert cost.amount.expected / HOURS == Decimal("0.526")
    assert cost.amount.high / HOURS == Decimal("3.912") / 4
    assert cost.grade is Grade.B


def test_the_name_of_the_resource_alone_is_a_range_and_no_guess() -> None:
    cost = known(priced(asking(1), prices=AWS))
    assert cost.grade is Grade.D
    assert "of a model that nothing tells (T4 on g4dn.xlarge to H100 on p5.48xlarge)" in cost.basis
    # The default price of a GPU with the cores and memory of the place.
    default = Decimal("0.95") + 2 * Decimal("0.035667") + 8 * Decimal("0.003417")
    assert abs(cost.amount.expected / HOURS - default) < _CENT
    assert cost.amount.high / HOURS == Decimal("6.88")
    assert cost.hardware is not None
    assert cost.hardware.accelerators == {"": 1}


def test_without_a_default_the_middle_one_is_expected() -> None:
    units = {name: unit for name, unit in AWS.units.items() if name != "gpu"}
    assert _expected(asking(1), prices=replace(AWS, units=units)) == Decimal("1.0060")


class TestSlices:
    def test_a_mig_profile_is_so_many_sevenths(self) -> None:
        one = asking(2, "nvidia.com/mig-1g.10gb", nodeSelector={TYPE: "p5.48xlarge"})
        seventh = Decimal("55.04") / 8 / 7
        assert _expected(one) == (2 * seventh).quantize(Decimal("0.0001"))

    def test_the_profile_tells_the_model(self) -> None:
        cost = known(priced(asking(1, "nvidia.com/mig-1g.5gb"), prices=AWS))
        assert "p4d.24xlarge (A100-40GB)" in cost.basis

    def test_a_product_that_names_its_profile(self) -> None:
        product = "NVIDIA-H100-80GB-HBM3-MIG-1g.10gb"
        one = asking(1, "nvidia.com/mig-1g.10gb", nodeSelector={PRODUCT: product})
        assert "(H100)" in known(priced(one, prices=AWS)).basis

    def test_one_that_several_take_turns_on(self) -> None:
        labels = {PRODUCT: "NVIDIA-A10G-SHARED", TYPE: "g5.12xlarge"}
        quarter = {**labels, "nvidia.com/gpu.replicas": "4"}
        whole = _hourly(asking(1, nodeSelector=labels))
        # Nobody says how many: at the most it has the GPU for itself, at the least its cores.
        assert whole[1] == Decimal("1.4180")
        assert whole[0] < Decimal("0.30")
        assert _expected(asking(1, nodeSelector=quarter)) == Decimal("0.3545")

    @pytest.mark.parametrize("name", ["neuron", "neurondevice"])
    def test_neuron(self, name: str) -> None:
        one = asking(3, f"aws.amazon.com/{name}")
        assert _expected(one) == (Decimal("6.49063") / 2).quantize(Decimal("0.0001"))


class TestSpot:
    SPOT = {TYPE: "g5.xlarge", "karpenter.sh/capacity-type": "spot"}  # noqa: RUF012

    def test_only_where_a_selector_says_so(self) -> None:
        low, expected, high = _hourly(asking(1, cpu="4", memory="16Gi", nodeSelector=self.SPOT))
        assert (low, high) == (Decimal("0.5006"), Decimal("1.0060"))
        # The spot price is years old: a bound, not what to expect.
        assert expected == high

    def test_a_fresh_spot_price_is_expected(self) -> None:
        machine = AWS.machines["g5.xlarge"]
        assert machine.spot is not None
        fresh = replace(machine, spot=replace(machine.spot, as_of=machine.hourly.as_of))
        prices = replace(AWS, machines={"g5.xlarge": fresh})
        one = asking(1, cpu="4", memory="16Gi", nodeSelector=self.SPOT)
        assert _expected(one, prices=prices) == Decimal("0.5006")

    def test_a_toleration_may_be_spot(self) -> None:
        tolerations = [{"key": "kubernetes.azure.com/scalesetpriority", "value": "spot"}]
        one = workload(pod={"tolerations": tolerations})
        low, expected, high = _hourly(one)
        assert low < expected == high

    @pytest.mark.parametrize("tolerations", [[{"operator": "Exists"}], [{"key": "gpu"}], "x"])
    def test_other_tolerations_are_not(self, tolerations: Any) -> None:
        low, _, high = _hourly(workload(pod={"tolerations": tolerations}))
        assert low == high


class TestTpu:
    SLICE = {  # noqa: RUF012
        "cloud.google.com/gke-tpu-accelerator": "tpu-v5-lite-podslice",
        "cloud.google.com/gke-tpu-topology": "4x4",
    }

    def test_chips_of_a_host(self) -> None:
        labels = {"cloud.google.com/gke-tpu-accelerator": "tpu-v5-lite-podslice"}
        one = asking(4, "google.com/tpu", nodeSelector=labels)
        assert _expected(one, prices=GCP) == Decimal("4.8")

    @pytest.mark.parametrize(("pods", "slices"), [(1, 1), (4, 1), (5, 2), (8, 2)])
    def test_a_slice_of_several_hosts_is_bought_as_a_whole(self, pods: int, slices: int) -> None:
        one = asking(4, "google.com/tpu", replicas=pods, nodeSelector=self.SLICE)
        assert _expected(one, prices=GCP) == slices * 16 * Decimal("1.2")

    def test_it_needs_no_request_for_cpu(self) -> None:
        asks = {"limits": {"google.com/tpu": 4}}
        pod = {"containers": [container(resources=asks)], "nodeSelector": self.SLICE}
        assert _expected(workload(pod=pod), prices=GCP) == Decimal("19.2")


def test_a_gpu_with_a_price_of_its_own() -> None:
    labels = {"cloud.google.com/gke-accelerator": "nvidia-tesla-t4"}
    one = asking(2, nodeSelector=labels)
    around = 2 * Decimal("0.035667") + 8 * Decimal("0.003417")
    assert _expected(one, prices=GCP) == (Decimal("0.70") + around).quantize(Decimal("0.0001"))


def test_the_price_of_the_cluster_goes_before_machines_of_a_model() -> None:
    own = replace(AWS.units["gpu"], amount=Decimal(3), grade=Grade.A, as_of=AWS.units["cpu"].as_of)
    prices = replace(AWS, units={**AWS.units, "gpu": own})
    around = 2 * Decimal("0.035667") + 8 * Decimal("0.003417")
    assert _expected(asking(1, nodeSelector={PRODUCT: "Tesla-T4"}), prices=prices) == (
        3 + around
    ).quantize(Decimal("0.0001"))
    # A known instance type goes before both.
    assert _expected(asking(1, nodeSelector={TYPE: "g5.xlarge"}), prices=prices) == Decimal("1.006")


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (asking(16, nodeSelector={TYPE: "p5.48xlarge"}), "more than p5.48xlarge has"),
        (asking(1, nodeSelector={TYPE: "g99.huge"}), "no price at aws us-east-1 for g99.huge"),
        (asking(1, "habana.ai/gaudi"), "no price for habana.ai/gaudi"),
        (asking(9, nodeSelector={PRODUCT: "Tesla-T4"}), "no machine with a price"),
        (
            asking(1, nodeSelector={PRODUCT: "NVIDIA-A10"}),
            "there is no price for A10 at aws us-east-1",
        ),
        (
            asking(
                1,
                nodeSelector={TYPE: "g5.xlarge"},
                affinity={
                    "nodeAffinity": {
                        "requiredDuringSchedulingIgnoredDuringExecution": {
                            "nodeSelectorTerms": [
                                {
                                    "matchExpressions": [
                                        {"key": TYPE, "operator": "In", "values": ["g4dn.xlarge"]}
                                    ]
                                }
                            ]
                        }
                    }
                },
            ),
            "no node can have what it demands of node.kubernetes.io/instance-type",
        ),
    ],
)
def test_what_has_no_price_says_why(one: Resource, words: str) -> None:
    assert words in reason(priced(one, prices=AWS))


def test_without_requests_for_cpu_the_whole_machine_is_the_most() -> None:
    pod = {
        "containers": [container(resources={"limits": {"nvidia.com/gpu": 1}})],
        "nodeSelector": {TYPE: "p5.48xlarge"},
    }
    low, expected, high = _hourly(workload(pod=pod))
    assert (expected, high) == (Decimal("6.8800"), Decimal("55.0400"))
    assert low < expected


def test_two_kinds_of_accelerators_at_once() -> None:
    asks = {"cpu": 1, "memory": 1, "nvidia.com/gpu": 1, "google.com/tpu": 1}
    pod = {"containers": [container(resources={"requests": asks})]}
    assert "at once" in reason(priced(workload(pod=pod), prices=AWS))


@pytest.mark.parametrize("name", ["vpc.amazonaws.com/efa", "devices.kubevirt.io/kvm", "rdma/hca"])
def test_what_comes_with_the_node_costs_nothing_more(name: str) -> None:
    asks = {"cpu": "500m", "memory": "1Gi", name: 1}
    pod = {"containers": [container(resources={"requests": asks})]}
    assert _expected(workload(pod=pod)) == _expected(workload())


def test_a_pod_on_a_machine_without_accelerators_is_its_part_of_it() -> None:
    # Four of these fill the machine, as its cores and memory are weighed.
    one = workload(
        pod={
            "containers": [container(resources={"requests": {"cpu": "500m", "memory": "2Gi"}})],
            "nodeSelector": {TYPE: "m5.large"},
        }
    )
    assert _expected(one) == Decimal("0.0240")
    assert known(priced(one, prices=AWS)).grade is Grade.A


class TestPools:
    POOL = """
    apiVersion: karpenter.sh/v1
    kind: NodePool
    metadata: {name: gpu}
    spec:
      template:
        metadata: {labels: {team: ml}}
        spec:
          requirements:
            - {key: node.kubernetes.io/instance-type, operator: In, values: [g5.4xlarge]}
            - {key: karpenter.sh/capacity-type, operator: In, values: [on-demand]}
    """

    @pytest.mark.parametrize("labels", [{"karpenter.sh/nodepool": "gpu"}, {"team": "ml"}, {}])
    def test_the_pool_says_which_machine(self, labels: dict[str, str]) -> None:
        one = asking(1, nodeSelector=labels)
        assert _expected(one, *resources(self.POOL)) == Decimal("1.6240")

    def test_a_pool_of_another_cluster_does_not(self) -> None:
        (pool,) = resources(self.POOL)
        there = at(EAST._replace(cluster="other"), pool)
        assert "nothing tells" in known(priced(asking(1), there, prices=AWS)).basis

    def test_a_node_group_of_terraform(self) -> None:
        text = """
        apiVersion: terraform/v1
        kind: aws_eks_node_group
        metadata: {name: aws_eks_node_group.ml}
        spec: {node_group_name: ml, instance_types: [p5.48xlarge], capacity_type: ON_DEMAND}
        """
        one = asking(8, nodeSelector={"eks.amazonaws.com/nodegroup": "ml"})
        assert _expected(one, *resources(text)) == Decimal("55.0400")


class TestClaims:
    TEMPLATE = """
    apiVersion: resource.k8s.io/v1
    kind: ResourceClaimTemplate
    metadata: {name: two}
    spec:
      spec:
        devices:
          requests:
            - name: gpu
              exactly:
                deviceClassName: gpu.nvidia.com
                count: 2
                selectors:
                  - cel: {expression: 'device.attributes["x"].productName == "Tesla T4"'}
    """

    def test_devices_are_what_they_would_be_by_name(self) -> None:
        claims = [{"name": "gpu", "resourceClaimTemplateName": "two"}]
        cost = known(
            priced(workload(pod={"resourceClaims": claims}), *resources(self.TEMPLATE), prices=AWS)
        )
        assert "2 nvidia.com/gpu on g4dn.12xlarge (T4)" in cost.basis
        assert cost.amount.expected / HOURS == Decimal("3.912") / 2

    def test_a_template_that_is_not_there(self) -> None:
        claims = [{"name": "gpu", "resourceClaimTemplateName": "two"}]
        one = workload(pod={"resourceClaims": claims})
        assert "not in the files" in reason(priced(one, prices=AWS))

    def test_a_claim_that_all_pods_share(self) -> None:
        text = self.TEMPLATE.replace("ResourceClaimTemplate", "ResourceClaim").replace(
            "spec:\n      spec:", "spec:", 1
        )
        (claim,) = resources(text)
        claims = {"resourceClaims": [{"name": "gpu", "resourceClaimName": "two"}]}
        once = priced(workload(pod=claims), claim, prices=AWS)
        assert isinstance(once, Cost)
        twice = workload(spec={"replicas": 2}, pod=claims)
        assert "together" in reason(priced(twice, claim, prices=AWS))

    @pytest.mark.parametrize(
        ("old", "new", "words"),
        [
            ("deviceClassName: gpu.nvidia.com", "deviceClassName: x.io", "of the class x.io"),
            ("deviceClassName: gpu.nvidia.com", "firstAvailable: []", "leaves open"),
            ("count: 2", "allocationMode: All", "all devices of a node"),
            ("count: 2", "count: -2", "asks for -2 devices"),
            ("gpu.nvidia.com\n", "mig.nvidia.com\n", "without saying how large"),
        ],
    )
    def test_what_cannot_be_told(self, old: str, new: str, words: str) -> None:
        claims = [{"name": "gpu", "resourceClaimTemplateName": "two"}]
        (template,) = resources(self.TEMPLATE.replace(old, new, 1))
        one = workload(pod={"resourceClaims": claims})
        assert words in reason(priced(one, template, prices=AWS))


def test_at_a_place_without_any_machines_the_default_holds() -> None:
    one = at(CENTRAL, asking(2))
    bare = Prices(units=AWS.units)
    around = 2 * Decimal("0.035667") + 8 * Decimal("0.003417")
    assert _expected(one, prices=bare) == (Decimal("1.90") + around).quantize(Decimal("0.0001"))
