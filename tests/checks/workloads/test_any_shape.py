"""Whatever stands in the fields that these rules read, they answer."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.config import defaults
from checks.model import Resource, Tier
from checks.registry import CHECKS
from checks.rule import Check
from tests.checks.manifests import resource, subject

_OURS = {
    "pod_security",
    "image_registry",
    "probes",
    "disruption_budget",
    "hpa_sanity",
    "topology_spread",
    "placement",
    "gpu_limits",
    "cost_labels",
}
_POD = [
    "affinity",
    "appArmorProfile",
    "containers",
    "ephemeralContainers",
    "hostNetwork",
    "hostPath",
    "hostUsers",
    "image",
    "initContainers",
    "livenessProbe",
    "name",
    "nodeAffinity",
    "nodeSelector",
    "nodeSelectorTerms",
    "os",
    "podAntiAffinity",
    "readinessGates",
    "readinessProbe",
    "requiredDuringSchedulingIgnoredDuringExecution",
    "resources",
    "seccompProfile",
    "securityContext",
    "sysctls",
    "tolerations",
    "topologySpreadConstraints",
    "volumes",
]
_INNER = [
    "add",
    "averageUtilization",
    "capabilities",
    "containerPort",
    "cpu",
    "drop",
    "effect",
    "failureThreshold",
    "hostPort",
    "httpGet",
    "key",
    "labelSelector",
    "limits",
    "matchExpressions",
    "matchLabels",
    "name",
    "nvidia.com/gpu",
    "nvidia.com/gpu-memory",
    "operator",
    "periodSeconds",
    "podAffinityTerm",
    "port",
    "ports",
    "privileged",
    "requests",
    "resource",
    "runAsUser",
    "selectPolicy",
    "scaleUp",
    "stabilizationWindowSeconds",
    "target",
    "targetPort",
    "timeoutSeconds",
    "topologyKey",
    "type",
    "value",
    "values",
    "app",
]
_SPEC = [
    "behavior",
    "maxReplicas",
    "maxUnavailable",
    "metrics",
    "minAvailable",
    "minReplicas",
    "ports",
    "replicas",
    "scaleTargetRef",
    "selector",
    "triggers",
]
_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**400), 10**400),
    st.integers(-2, 5),
    st.floats(),
    st.sampled_from(["", "50%", "Exists", "In", "1Gi", "${A}", "web", "ALL", "[", "x" * 99]),
)
_NODES: st.SearchStrategy[Any] = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(_INNER), inner, max_size=4)
    ),
    max_leaves=12,
)
_FIELDS = st.dictionaries(st.sampled_from(_POD + _INNER), _NODES, max_size=6)
_PODS = st.dictionaries(st.sampled_from(_POD), st.one_of(_NODES, st.lists(_FIELDS, max_size=2)))


@st.composite
def _objects(draw: st.DrawFn) -> list[Resource]:
    meta: Any = {"name": "web", "labels": draw(_NODES)}
    kind = draw(st.sampled_from(["Deployment", "StatefulSet", "DaemonSet"]))
    template = {"metadata": draw(_NODES), "spec": draw(_PODS)}
    spec = {"template": template, **draw(st.dictionaries(st.sampled_from(_SPEC), _NODES))}
    bodies = [{"apiVersion": "apps/v1", "kind": kind, "metadata": meta, "spec": spec}]
    for version, other in (
        ("v1", "Service"),
        ("v1", "Namespace"),
        ("policy/v1", "PodDisruptionBudget"),
        ("autoscaling/v2", "HorizontalPodAutoscaler"),
        ("keda.sh/v1alpha1", "ScaledObject"),
    ):
        spec = draw(st.dictionaries(st.sampled_from(_SPEC), st.one_of(_NODES, st.lists(_FIELDS))))
        if "Autoscaler" in other or "Scaled" in other:
            spec["scaleTargetRef"] = {"kind": kind, "name": "web"}
        bodies.append({"apiVersion": version, "kind": other, "metadata": meta, "spec": spec})
    return [resource(body, tier=Tier.PRODUCTION) for body in bodies]


@pytest.mark.parametrize("check", [c for c in CHECKS if c.id in _OURS], ids=lambda check: check.id)
@settings(max_examples=800)
@given(before=_objects(), after=_objects())
def test_every_rule_answers(check: Check, before: list[Resource], after: list[Resource]) -> None:
    outcome = check.judge(subject(before, after), defaults().checks[check.id])
    assert outcome.check == check.id
    for finding in (*outcome.findings, *outcome.fixed):
        assert finding.remedy
        assert finding.message
        assert finding.rule in {rule.id for rule in check.rules}
