"""How containers ask for GPUs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from checks.gpu_limits import CHECK, Config
from checks.model import Resource, Tier
from tests.checks.golden import assert_golden
from tests.checks.manifests import container, resource, subject, workload

_CONFIG = Config(
    memory={"staging": Decimal(16)},
    gpus_of_pod={"experiment": 0, "staging": 4},
    tiers_without_gpus=("batch",),
)


def _rules(one: Resource, config: Config = _CONFIG) -> list[str]:
    found = CHECK.judge(subject([], [one]), config).findings
    return [f.rule.removeprefix("gpu-") for f in found]


def _with(limits: Any = None, requests: Any = None, tier: Tier = Tier.STAGING) -> Resource:
    resources = {"limits": limits, "requests": requests}
    return workload(pod={"containers": [container(resources=resources)]}, tier=tier)


@pytest.mark.parametrize(
    ("value", "over"),
    [
        (16, False),
        (17, True),
        ("16", False),
        ("24", True),
        ("16Gi", False),
        ("17Gi", True),
        ("24Gb", False),
        (None, False),
    ],
)
def test_memory(value: Any, over: bool) -> None:
    assert _rules(_with({"nvidia.com/gpu-memory": value})) == (["memory-limit"] if over else [])


def test_memory_in_mib() -> None:
    config = Config(memory={"staging": Decimal(16)}, plain_unit="MiB")
    assert _rules(_with({"nvidia.com/gpu-memory": 16384}), config) == []
    assert _rules(_with({"nvidia.com/gpu-memory": 16385}), config) == ["memory-limit"]


def test_both_request_and_limit_are_mended() -> None:
    amount = {"nvidia.com/gpu-memory": "24Gi"}
    (finding,) = CHECK.judge(subject([], [_with(amount, amount)]), _CONFIG).findings
    assert [(p.pointer[-2], p.value) for p in finding.patches] == [
        ("limits", "16Gi"),
        ("requests", "16Gi"),
    ]


def test_gpus_of_a_pod_are_added_up() -> None:
    three = {"limits": {"nvidia.com/gpu": 3}}
    pod = {"containers": [container("a", three), container("b", three)]}
    assert _rules(workload(pod=pod)) == ["count"]
    pod = {"initContainers": [container("a", three)], "containers": [container("b", three)]}
    assert _rules(workload(pod=pod)) == []


def test_a_tier_without_gpus() -> None:
    assert _rules(_with({"nvidia.com/gpu": 1}, tier=Tier.EXPERIMENT)) == ["tier"]
    assert _rules(_with({"nvidia.com/gpu": 0}, tier=Tier.EXPERIMENT)) == []
    body = _with({"nvidia.com/gpu": 1}).body
    labels = {"finops.apexlogic.com/tier": "batch"}
    assert _rules(resource({**body, "metadata": {"name": "a", "labels": labels}})) == ["tier"]


@pytest.mark.parametrize(
    ("limits", "requests", "rules"),
    [
        ({"nvidia.com/gpu": 1}, None, []),
        ({"nvidia.com/gpu": 1}, {"nvidia.com/gpu": "1"}, []),
        ({"nvidia.com/gpu": 2}, {"nvidia.com/gpu": 1}, ["request"]),
        (None, {"nvidia.com/gpu": 1}, ["request"]),
        ({"nvidia.com/gpu": "${GPUS}"}, {"nvidia.com/gpu": 1}, []),
        ({"example.com/fpga": "500m"}, None, ["fraction"]),
        ({"example.com/fpga": "1000m"}, None, []),
        ({"cpu": "0.5", "memory": "1Gi"}, {"cpu": "0.1"}, []),
        ({"kubernetes.io/batch-cpu": "0.5"}, None, []),
        ("all", [1], []),
    ],
)
def test_what_kubernetes_refuses(limits: Any, requests: Any, rules: list[str]) -> None:
    assert _rules(_with(limits, requests)) == rules


def test_a_limit_below_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="below 0"):
        Config(gpus_of_pod={"staging": -1})


def test_the_example() -> None:
    assert_golden(CHECK)
