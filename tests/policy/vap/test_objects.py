"""Objects as the API server hands them to admission, and the field that an expression is about."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from bot.policy.vap.defaults import as_stored
from bot.policy.vap.fields import field_of
from checks.model import Pointer
from tests.checks.manifests import resource
from tests.policy.vap.policies import DEPLOYMENT

POD: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "a", "labels": None},
    "spec": {
        "containers": [
            {
                "name": "a",
                "image": "registry:5000/a",
                "ports": [{"containerPort": 80}],
                "livenessProbe": {"httpGet": {"port": 80}},
                "resources": {"limits": {"cpu": "1"}},
                "env": None,
            },
            {"name": "b", "image": "b:1.2"},
        ]
    },
}


def test_a_pod_gets_its_defaults_and_loses_its_nulls() -> None:
    before = copy.deepcopy(POD)
    stored = as_stored(POD)
    first, second = stored["spec"]["containers"]
    assert before == POD
    assert "labels" not in stored["metadata"]
    assert "env" not in first
    assert stored["spec"]["restartPolicy"] == "Always"
    assert stored["spec"]["securityContext"] == {}
    assert (first["imagePullPolicy"], second["imagePullPolicy"]) == ("Always", "IfNotPresent")
    assert first["ports"] == [{"containerPort": 80, "protocol": "TCP"}]
    assert first["livenessProbe"]["httpGet"] == {"port": 80, "path": "/", "scheme": "HTTP"}
    assert first["livenessProbe"]["periodSeconds"] == 10
    assert first["resources"]["requests"] == {"cpu": "1"}
    assert second["resources"] == {}


@pytest.mark.parametrize(
    ("kind", "spec", "path", "value"),
    [
        ("Deployment", {}, ("strategy", "type"), "RollingUpdate"),
        ("Deployment", {}, ("replicas",), 1),
        ("Deployment", {"strategy": {"type": "Recreate"}}, ("strategy",), {"type": "Recreate"}),
        ("Deployment", {}, ("template", "spec", "dnsPolicy"), "ClusterFirst"),
        ("StatefulSet", {}, ("podManagementPolicy",), "OrderedReady"),
        ("DaemonSet", {}, ("updateStrategy", "rollingUpdate", "maxUnavailable"), 1),
        ("ReplicaSet", {}, ("replicas",), 1),
        ("Job", {}, ("backoffLimit",), 6),
        ("Job", {"parallelism": 3}, ("completions",), None),
        ("CronJob", {}, ("jobTemplate", "spec", "template", "spec", "restartPolicy"), "Always"),
        ("Service", {}, ("type",), "ClusterIP"),
        ("Service", {"ports": [{"port": 80}]}, ("ports", 0, "targetPort"), 80),
        ("PersistentVolumeClaim", {}, ("volumeMode",), "Filesystem"),
        ("HorizontalPodAutoscaler", {}, ("minReplicas",), 1),
        ("NetworkPolicy", {"egress": [{}]}, ("policyTypes",), ["Ingress", "Egress"]),
    ],
)
def test_defaults_of_kinds(kind: str, spec: dict[str, Any], path: Pointer, value: object) -> None:
    body = {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "a"}, "spec": spec}
    assert resource(as_stored(body)).get("spec", *path) == value


def test_a_custom_resource_is_left_alone() -> None:
    body = {"apiVersion": "example.com/v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": None}
    assert as_stored(body) == body


@pytest.mark.parametrize(
    ("expression", "pointer"),
    [
        ("object.spec.replicas <= 5", ("spec", "replicas")),
        ("has(object.spec.replicas) && object.spec.replicas <= 5", ("spec", "replicas")),
        ("object.metadata.labels['app'] == 'x'", ("metadata", "labels", "app")),
        (
            "object.spec.template.spec.containers[0].image != ''",
            ("spec", "template", "spec", "containers", 0, "image"),
        ),
        (
            "object.spec.template.spec.containers.all(c, has(c.resources))",
            ("spec", "template", "spec", "containers"),
        ),
        ("object.spec.paused == true", ("spec",)),
        ("object.spec.replicas <= 5 && object.metadata.name != ''", ()),
        ("variables.x == 1", ()),
        ("[1].all(object, object.spec == 1)", ()),
        ("object.spec.replicas <=", ()),
        ("size(object.?spec.?replicas.orValue(1)) > 1", ("spec", "replicas")),
    ],
)
def test_the_field_that_an_expression_is_about(expression: str, pointer: Pointer) -> None:
    assert field_of(expression, resource(DEPLOYMENT)) == pointer
