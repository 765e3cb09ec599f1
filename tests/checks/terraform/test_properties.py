"""What holds of every price: counts, bounds, explanations, and what is not known."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from checks.model import ZERO, Ledger, Resource
from checks.pricing.cost import Cost, Unknown
from checks.pricing.shapley import drivers
from checks.pricing.terraform.free import is_free
from checks.pricing.terraform.rules import RULES
from tests.checks.terraform.declared import EXAMPLES, cost, example, made, priced

TYPES = st.sampled_from(["t3.medium", "m5.large", "m5.xlarge", "c5.large", "r5.large"])
BOUNDS = st.tuples(*[st.integers(0, 50)] * 3).map(sorted)
SIZES = st.integers(1, 16_000)


def _nodes(kind: str, bounds: list[int], size: int, capacity: str = "ON_DEMAND") -> Resource:
    low, expected, high = bounds
    return made(
        "aws_eks_node_group",
        instance_types=[kind],
        capacity_type=capacity,
        disk_size=size,
        scaling_config=[{"min_size": low, "desired_size": expected, "max_size": high}],
    )


@given(kind=TYPES, count=st.integers(1, 500), size=SIZES)
def test_twice_as_many_cost_twice_as_much(kind: str, count: int, size: int) -> None:
    one, two = (cost(_nodes(kind, [n, n, n], size)) for n in (count, 2 * count))
    assert two.amount.expected == 2 * one.amount.expected
    assert two.hardware is not None
    assert one.hardware is not None
    assert two.hardware.vcpu == 2 * one.hardware.vcpu


@given(kind=TYPES, bounds=BOUNDS, size=SIZES, capacity=st.sampled_from(["ON_DEMAND", "SPOT"]))
def test_the_bounds_are_in_order(kind: str, bounds: list[int], size: int, capacity: str) -> None:
    found = cost(_nodes(kind, bounds, size, capacity))
    assert 0 <= found.amount.low <= found.amount.expected <= found.amount.high
    assert found.autoscaled == (bounds[0] < bounds[2])


@given(kinds=st.tuples(TYPES, TYPES), counts=st.tuples(*[st.integers(0, 90)] * 2),
       sizes=st.tuples(SIZES, SIZES))  # fmt: skip
@settings(max_examples=60)
def test_what_drove_a_change_adds_up_to_it(
    kinds: tuple[str, str], counts: tuple[int, int], sizes: tuple[int, int]
) -> None:
    sides = [
        cost(_nodes(kind, [count, count, count], size))
        for kind, count, size in zip(kinds, counts, sizes, strict=True)
    ]
    found = drivers(*sides)
    cent = Decimal("0.01")
    whole = sides[1].amount.expected.quantize(cent) - sides[0].amount.expected.quantize(cent)
    assert abs(sum((one.share for one in found), Decimal(0)) - whole) <= cent
    assert {one.name for one in found} <= {"count", "instance type", "disk"}


def _everything() -> list[tuple[Resource, Cost]]:
    found = []
    for file in sorted(EXAMPLES.glob("*.tf")):
        resources = example(file.name)
        for resource in resources.values():
            answer = priced(resource, siblings=resources)
            if isinstance(answer, Cost):
                found.append((resource, answer))
    return found


def test_every_cost_says_what_it_was_made_of() -> None:
    for resource, found in _everything():
        assert found.ledger is Ledger.CAPACITY, resource.name
        assert found.basis, resource.name
        assert found.prices, resource.name
        assert all(price.source and price.amount >= 0 for price in found.prices)
        assert found.amount.minus(found.amount) == ZERO
        assert drivers(found, found) == ()
        assert found.bill is not None
        values = {name: one.value for name, one in found.bill.factors.items()}
        assert found.bill.formula(values) == found.amount.expected


def test_what_is_not_known_never_gives_a_number() -> None:
    """Each attribute that a price of the examples rests on, taken away as not known."""
    tried = 0
    for resource, found in _everything():
        for path in _needed(resource.kind):
            if path in resource.body["spec"]:  # type: ignore[operator]
                answer = priced(_without(resource, path))
                assert isinstance(answer, Unknown), (resource.name, path, answer)
                assert path in answer.reason, (resource.name, answer)
                tried += 1
        assert found.amount.high >= 0
    assert tried > 40


def _needed(kind: str) -> tuple[str, ...]:
    return {
        "aws_instance": ("instance_type",),
        "aws_autoscaling_group": ("min_size", "max_size"),
        "aws_eks_node_group": ("scaling_config",),
        "aws_ebs_volume": ("size",),
        "aws_db_instance": ("engine", "instance_class", "allocated_storage"),
        "aws_rds_cluster_instance": ("engine", "instance_class"),
        "aws_elasticache_cluster": ("node_type",),
        "aws_elasticache_replication_group": ("node_type",),
        "google_compute_instance": ("machine_type",),
        "google_container_cluster": ("initial_node_count",),
        "google_sql_database_instance": ("database_version", "settings"),
        "azurerm_linux_virtual_machine": ("size", "os_disk"),
        "azurerm_virtual_machine": ("vm_size",),
        "azurerm_kubernetes_cluster_node_pool": ("vm_size",),
        "azurerm_managed_disk": ("storage_account_type", "disk_size_gb"),
        "azurerm_postgresql_flexible_server": ("sku_name",),
        "azurerm_public_ip": ("allocation_method",),
    }.get(kind, ())


def _without(resource: Resource, name: str) -> Resource:
    spec: dict[str, Any] = dict(resource.body["spec"])  # type: ignore[arg-type]
    del spec[name]
    gone = made(resource.kind, unknown=(name,), **spec)
    assert gone.place.provider == resource.place.provider
    return gone


ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8),
    st.just("${var.x}"), st.just([]), st.just([None]), st.just({}), st.just([{}]),
    st.just([[]]), st.integers(10**30, 10**31), st.just("1e99999"),
)  # fmt: skip
_WORDS = """
    instance_type size type iops throughput engine instance_class allocated_storage min_size
    max_size desired_capacity scaling_config instance_types node_type num_cache_nodes settings
    machine_type boot_disk guest_accelerator node_count autoscaling location node_locations
    initial_node_count accelerator_type accelerator_config os_disk vm_size sku_tier
    default_node_pool disk_size_gb storage_account_type sku_name storage storage_mb version
    launch_template mixed_instances_policy root_block_device ebs_block_device tenancy
    desired_count cpu memory task_definition endpoint_config_name
"""
NAMES = st.sampled_from(_WORDS.split())


@given(
    kind=st.sampled_from(sorted(RULES)),
    spec=st.dictionaries(NAMES, ODD, max_size=6),
    usage=st.dictionaries(st.sampled_from(["storage_gb", "monthly_hrs", "nodes"]), ODD),
)
@settings(max_examples=400)
def test_no_attribute_can_break_it(kind: str, spec: dict[str, Any], usage: dict[str, Any]) -> None:
    answer = priced(made(kind, **spec), usage=usage)
    assert answer is None or isinstance(answer, Unknown | Cost)
    if isinstance(answer, Unknown):
        assert len(answer.reason) < 500


def test_a_rule_goes_before_a_free_family() -> None:
    assert not [kind for kind in RULES if is_free(kind) and kind != "aws_autoscaling_group"]
    assert is_free("aws_iam_role")
    assert is_free("aws_security_group")
    assert is_free("google_service_account")
    assert not is_free("aws_s3_bucket_inventory")
    assert not is_free("aws_kinesis_stream")
