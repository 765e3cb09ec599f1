"""Single rules, where the published examples do not reach: ranges, spot, bad values, grades."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from bot.prices.book import prices_at
from checks.model import Grade, Place
from checks.pricing.cost import Cost, Unknown
from checks.pricing.shapley import drivers
from tests.checks.terraform.declared import US_EAST, cost, made, priced, unknown

M5 = Decimal("0.096") * 730
ROOT = [{"volume_size": 10, "volume_type": "gp3"}]


def test_spot_is_a_range_and_an_old_price_of_it_a_bound_only() -> None:
    scaling = [{"min_size": 1, "desired_size": 1, "max_size": 1}]
    nodes = made("aws_eks_node_group", instance_types=["m5.large"], capacity_type="SPOT",
                 scaling_config=scaling)  # fmt: skip
    old = cost(nodes)
    assert old.amount.low < old.amount.expected == old.amount.high == M5 + 2
    assert old.nodes
    assert not old.autoscaled
    prices = prices_at(US_EAST)
    machine = prices.machines["m5.large"]
    assert machine.spot is not None
    fresh = replace(machine, spot=replace(machine.spot, as_of=date(2026, 8, 1)))
    today = replace(prices, machines={"m5.large": fresh})
    new = cost(nodes, prices=today)
    assert new.amount.low == new.amount.expected < new.amount.high
    none = replace(prices, machines={"m5.large": replace(machine, spot=None)})
    without = cost(nodes, prices=none)
    assert without.amount.low == M5 / 10 + 2
    assert without.grade is Grade.C


def test_a_mixed_group_is_on_demand_and_spot() -> None:
    template = made("aws_launch_template", name="t", instance_type="m5.large", name_prefix="t")
    policy = [{
        "instances_distribution": [{
            "on_demand_base_capacity": 1, "on_demand_percentage_above_base_capacity": 50,
        }],
        "launch_template": [{"launch_template_specification": [{}]}],
    }]  # fmt: skip
    refers = {"mixed_instances_policy": ["aws_launch_template.t.id"]}
    group = made("aws_autoscaling_group", min_size=0, desired_capacity=4, max_size=4,
                 mixed_instances_policy=policy, refers=refers,
                 tag=[{"key": "kubernetes.io/cluster/main", "value": "owned"}])  # fmt: skip
    found = cost(group, siblings={template.name: template})
    # One, and half of the other three, rounded up: three on demand, one spot.
    assert "on-demand: 3" in found.basis
    assert "spot: 1 " in found.basis
    assert found.amount.low == 0
    assert found.nodes
    assert found.autoscaled
    assert found.hardware is not None
    assert found.hardware.vcpu == 8


def test_what_changed_is_explained_by_count_type_and_price() -> None:
    def nodes(kind: str, count: int) -> Cost:
        scaling = [{"min_size": count, "desired_size": count, "max_size": count}]
        return cost(made("aws_eks_node_group", instance_types=[kind], scaling_config=scaling))

    by_type = drivers(nodes("m5.large", 3), nodes("m5.xlarge", 3))
    assert [(one.name, one.before, one.after) for one in by_type] == [
        ("instance type", "m5.large", "m5.xlarge")
    ]
    both = drivers(nodes("m5.large", 3), nodes("m5.xlarge", 6))
    assert {one.name for one in both} == {"instance type", "count"}
    disk = made("aws_ebs_volume", type="gp3", size=100)
    here = cost(disk)
    ireland = prices_at(Place(provider="aws", region="eu-west-1"))
    instance = made("aws_instance", instance_type="m5.large", root_block_device=ROOT)
    moved = drivers(cost(instance), cost(instance, prices=ireland))
    assert [one.name for one in moved] == ["price"]
    more = cost(made("aws_ebs_volume", type="gp3", size=100, iops=4000))
    assert [one.name for one in drivers(here, more)] == ["disk"]


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"type": "gp3", "size": -5}, "its size is below 0"),
        ({"type": "gp3", "size": "many"}, "its size is not a number"),
        ({"type": "gp3", "size": True}, "its size is not a number"),
        ({"type": "gp3", "size": 10**30}, "its size is too large a number to be meant"),
        ({"type": "gp3"}, "it has no size"),
        ({"type": "gp9", "size": [1]}, "its size is not a number"),
        ({"type": "io1", "size": 5}, "it has no iops"),
    ],
)
def test_bad_values_are_named(spec: dict[str, Any], said: str) -> None:
    assert unknown(made("aws_ebs_volume", **spec)) == said


def test_a_bad_value_has_its_place() -> None:
    answer = priced(made("aws_instance", instance_type="m5.large",
                         root_block_device=[{"volume_size": -1}]))  # fmt: skip
    assert isinstance(answer, Unknown)
    (flaw,) = answer.flaws
    assert flaw.pointer == ("spec", "root_block_device", 0, "volume_size")
    assert flaw.problem == "is below 0"
    assert flaw.resource is None


def test_the_value_of_a_template_is_blamed_on_the_template() -> None:
    template = made("aws_launch_template", name="t", instance_type="m5.large",
                    block_device_mappings=[{"device_name": "/dev/xvda",
                                            "ebs": [{"volume_size": "x"}]}])  # fmt: skip
    group = made("aws_autoscaling_group", min_size=1, max_size=1, launch_template=[{}],
                 refers={"launch_template": ["aws_launch_template.t.id"]})  # fmt: skip
    answer = priced(group, siblings={template.name: template})
    assert isinstance(answer, Unknown)
    assert [flaw.resource for flaw in answer.flaws] == [template]


def test_a_group_whose_bounds_contradict_each_other_has_no_price() -> None:
    scaling = [{"min_size": 5, "desired_size": 3, "max_size": 2}]
    nodes = made("aws_eks_node_group", instance_types=["m5.large"], scaling_config=scaling)
    assert unknown(nodes) == "its least number (5) is above its greatest (2)"


@pytest.mark.parametrize(
    ("kind", "spec", "said"),
    [
        ("aws_instance", {"instance_type": "m5.large", "tenancy": "dedicated"}, "dedicated"),
        ("aws_instance", {"instance_type": "m99.large"}, "no price for the instance type m99"),
        ("aws_s3_bucket", {"bucket": "b"}, "give monthly figures in the usage file"),
        ("aws_rds_cluster", {"engine": "aurora-mysql"}, "give monthly figures"),
        ("aws_kinesis_stream", {}, "there is no rule that prices aws_kinesis_stream"),
        ("aws_eks_node_group", {"ami_type": "WINDOWS_CORE_2022_x86_64"}, "Windows"),
        ("google_container_node_pool", {"location": "us-central1"}, "neither node_count nor"),
        ("google_compute_disk", {"image": "debian"}, "size is that of what it is made from"),
        ("google_sql_database_instance", {"database_version": "POSTGRES_15"}, "no settings"),
        ("azurerm_kubernetes_cluster_node_pool", {"os_type": "Windows"}, "Windows"),
        (
            "azurerm_mssql_database",
            {"sku_name": "GP_Gen5_4", "zone_redundant": True},
            "zone-redundant",
        ),
    ],
)
def test_what_is_unknown_says_why(kind: str, spec: dict[str, Any], said: str) -> None:
    assert said in unknown(made(kind, **spec))


def test_usage_without_figures_leaves_the_fixed_part() -> None:
    gateway = cost(made("aws_nat_gateway"))
    assert gateway.basis == "NAT gateway + usage"
    used = cost(made("aws_nat_gateway"), usage={"monthly_data_processed_gb": "100"})
    assert used.amount.expected - gateway.amount.expected == Decimal("4.500")
    assert unknown(made("aws_nat_gateway"), usage={"monthly_data_processed_gb": "much"}) == (
        "the usage file's monthly_data_processed_gb is not a number"
    )


def test_a_bucket_is_priced_class_by_class() -> None:
    usage = {"standard": {"storage_gb": 10_000, "monthly_tier_1_requests": 10_000},
             "glacier_deep_archive": {"storage_gb": 60_000}}  # fmt: skip
    found = cost(made("aws_s3_bucket"), usage=usage)
    assert found.amount.expected == Decimal("230") + Decimal("0.05") + Decimal("59.40")
    # A figure that no sheet has a price for must not look like nothing.
    odd = {"standard": {"storage_gb": 1, "monthly_select_data_scanned_gb": 5}}
    assert "s3:standard:monthly_select_data_scanned_gb" in unknown(made("aws_s3_bucket"), usage=odd)


@pytest.mark.parametrize(
    ("spec", "chips", "name"),
    [
        ({"accelerator_type": "v5litepod-8"}, 8, "v5e"),
        ({"accelerator_type": "v5p-8"}, 4, "v5p"),
        ({"accelerator_type": "v6e-4"}, 4, "v6e"),
        ({"accelerator_config": [{"type": "V6E", "topology": "2x4"}]}, 8, "v6e"),
    ],
)
def test_tpus_cost_by_the_chip(spec: dict[str, Any], chips: int, name: str) -> None:
    found = cost(made("google_tpu_v2_vm", **spec))
    price = prices_at(Place(provider="gcp", region="us-central1")).units[f"tpu:{name}"]
    assert found.amount.expected == chips * price.amount * 730


def test_an_old_price_is_less_sure() -> None:
    disk = made("aws_ebs_volume", type="gp3", size=10)
    prices = prices_at(US_EAST)
    unit = replace(prices.units["storage:gp3"], as_of=date(2026, 8, 1), grade=Grade.A)
    fresh = replace(prices, units={"storage:gp3": unit})
    assert cost(disk, prices=fresh).grade is Grade.A
    aged = replace(prices, units={"storage:gp3": replace(unit, as_of=date(2025, 8, 1))})
    assert cost(disk, prices=aged).grade is Grade.B


def test_gpus_of_a_machine_are_its_hardware() -> None:
    found = cost(made("aws_instance", instance_type="p5.48xlarge", root_block_device=ROOT))
    assert found.hardware is not None
    assert found.hardware.accelerators == {"H100": 8}
    # The published price of the instance: $55.04 an hour.
    assert found.amount.expected == Decimal("55.04") * 730 + 10 * Decimal("0.08")
    attached = cost(made("google_compute_instance", machine_type="n1-standard-4",
                         guest_accelerator=[{"type": "nvidia-tesla-t4", "count": 2}]))  # fmt: skip
    assert attached.hardware is not None
    assert attached.hardware.accelerators == {"T4": 2}
