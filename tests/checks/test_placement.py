"""Where pods can go."""

from __future__ import annotations

from typing import Any

import pytest

from checks.model import Resource, Tier
from checks.placement import CHECK, Config
from tests.checks.golden import assert_golden
from tests.checks.manifests import container, resource, subject
from tests.checks.related import deployment

_KARPENTER, _AZURE = "karpenter.sh/capacity-type", "kubernetes.azure.com/scalesetpriority"
_CONFIG = Config(
    spot={_KARPENTER: ("spot",), _AZURE: ("spot",)},
    on_demand={_KARPENTER: ("on-demand",)},
    tainted=(_AZURE,),
)
_SPOT = {_KARPENTER: "spot"}
_GPU = container(resources={"limits": {"nvidia.com/gpu": 1}})


def _rules(*after: Resource) -> list[str]:
    found = CHECK.judge(subject([], after), _CONFIG).findings
    return [f.rule.removeprefix("placement-") for f in found]


def _rule(key: str, operator: str, *values: str) -> dict[str, Any]:
    return {"key": key, "operator": operator, "values": list(values)}


def _needs(*terms: list[dict[str, Any]]) -> dict[str, Any]:
    found = {"nodeSelectorTerms": [{"matchExpressions": rules} for rules in terms]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": found}}


@pytest.mark.parametrize(
    ("pod", "rules"),
    [
        ({"nodeSelector": _SPOT}, ["spot-only"]),
        ({"nodeSelector": {_KARPENTER: "on-demand"}}, []),
        ({"affinity": _needs([_rule(_KARPENTER, "In", "spot")])}, ["spot-only"]),
        ({"affinity": _needs([_rule(_KARPENTER, "In", "spot", "on-demand")])}, []),
        ({"affinity": _needs([_rule(_KARPENTER, "In", "spot")], [_rule("a", "Exists")])}, []),
        ({"affinity": _needs([_rule(_KARPENTER, "NotIn", "on-demand")])}, []),
        ({"nodeSelector": {_AZURE: "spot"}}, ["spot-only", "untolerated"]),
        (
            {
                "nodeSelector": {_AZURE: "spot"},
                "tolerations": [{"key": _AZURE, "operator": "Exists"}],
            },
            ["spot-only"],
        ),
        (
            {
                "nodeSelector": {_AZURE: "spot"},
                "tolerations": [{"key": _AZURE, "value": "spot", "effect": "NoExecute"}],
            },
            ["spot-only", "untolerated"],
        ),
    ],
)
def test_spot(pod: Any, rules: list[str]) -> None:
    assert _rules(deployment(**pod)) == rules


def test_who_may_run_on_spot_alone() -> None:
    assert _rules(deployment(tier=Tier.STAGING, nodeSelector=_SPOT)) == []
    job = deployment(kind="Job", nodeSelector=_SPOT)
    assert _rules(job) == []


@pytest.mark.parametrize(
    ("terms", "clash"),
    [
        ([[_rule("arch", "In", "amd64")]], True),
        ([[_rule("arch", "In", "amd64", "arm64")]], False),
        ([[_rule("arch", "NotIn", "arm64")]], True),
        ([[_rule("arch", "NotIn", "amd64")]], False),
        ([[_rule("arch", "DoesNotExist")]], True),
        ([[_rule("arch", "Exists")]], False),
        ([[_rule("arch", "In", "amd64")], [_rule("zone", "In", "a")]], False),
        ([[_rule("arch", "In", "amd64")], [_rule("arch", "In", "s390x")]], True),
        ([], False),
    ],
)
def test_labels_that_no_node_has_together(terms: Any, clash: bool) -> None:
    pod = deployment(nodeSelector={"arch": "arm64"}, affinity=_needs(*terms))
    assert _rules(pod) == (["contradiction"] if clash else [])


@pytest.mark.parametrize(
    ("toleration", "rules"),
    [
        ({"key": "a", "operator": "Exists"}, []),
        ({"key": "a", "value": "b", "effect": "NoSchedule"}, []),
        ({"key": "a", "operator": "Exists", "value": "b"}, ["toleration-invalid"]),
        ({"operator": "Equal", "value": "b"}, ["toleration-invalid"]),
        ({"key": "a", "effect": "NoSchedule", "tolerationSeconds": 1}, ["toleration-invalid"]),
        ({"key": "a", "effect": "NoExecute", "tolerationSeconds": 1}, []),
        ({"key": "a", "effect": "Never"}, ["toleration-invalid"]),
        ({"operator": "Exists"}, ["tolerates-all"]),
    ],
)
def test_tolerations(toleration: Any, rules: list[str]) -> None:
    assert _rules(deployment(tolerations=[toleration])) == rules


def test_agents_of_nodes_tolerate_everything() -> None:
    assert _rules(deployment(kind="DaemonSet", tolerations=[{"operator": "Exists"}])) == []


def _labelled(policy: str, one: Resource) -> Resource:
    labels = {"finops.apexlogic.com/gpu-optimization-policy": policy}
    return resource({**one.body, "metadata": {"name": "web", "labels": labels}}, tier=Tier.STAGING)


@pytest.mark.parametrize(
    ("policy", "one", "wrong"),
    [
        ("on-demand", deployment(nodeSelector=_SPOT), True),
        ("spot", deployment(nodeSelector=_SPOT), False),
        ("spot", deployment(nodeSelector={_KARPENTER: "on-demand"}), True),
        (
            "none",
            deployment(containers=[_GPU]),
            True,
        ),
        ("none", deployment(), False),
        ("shared", deployment(nodeSelector=_SPOT), False),
    ],
)
def test_the_label_and_where_the_pods_go(policy: str, one: Resource, wrong: bool) -> None:
    assert _rules(_labelled(policy, one)) == (["policy"] if wrong else [])


def test_the_example() -> None:
    assert_golden(CHECK)
