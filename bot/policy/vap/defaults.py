"""An object as the API server hands it to admission: with what it adds to every manifest.

Kubernetes' own kinds are Go structs there: what is null is absent, parts that are no pointers are
always there (so `has(container.resources)` is true for every container), and static defaults are
filled in. Custom resources are left as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bot.policy.vap.kinds import BUILT_IN

_Map = dict[str, Any]
_PROBE = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}


def as_stored(body: Mapping[str, Any]) -> _Map:
    """The object with what the API server adds. The body is not changed."""
    if str(body.get("apiVersion") or "").rpartition("/")[0] not in BUILT_IN:
        return dict(body)
    stored: _Map = _without_nulls(body)
    fill = _KINDS.get(str(body.get("kind")))
    if fill is not None:
        fill(stored)
    return stored


def _without_nulls(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _without_nulls(value) for key, value in node.items() if value is not None}
    if isinstance(node, list):
        return [_without_nulls(value) for value in node]
    return node


def _part(node: _Map, key: str) -> _Map:
    """A part that is always there."""
    part = node.setdefault(key, {})
    return part if isinstance(part, dict) else {}


def _parts(node: _Map, key: str) -> list[_Map]:
    parts = node.get(key)
    return [one for one in parts if isinstance(one, dict)] if isinstance(parts, list) else []


def _default(node: _Map, **defaults: Any) -> None:
    for key, value in defaults.items():
        node.setdefault(key, value)


def _pod(pod: _Map) -> None:
    spec = _part(pod, "spec")
    _pod_spec(spec)
    _default(spec, enableServiceLinks=True)
    for container in (*_parts(spec, "containers"), *_parts(spec, "initContainers")):
        limits = _part(container, "resources").get("limits")
        if isinstance(limits, dict):
            requests = _part(container["resources"], "requests")
            _default(requests, **limits)


def _pod_spec(spec: _Map) -> None:
    _default(
        spec,
        restartPolicy="Always",
        terminationGracePeriodSeconds=30,
        dnsPolicy="ClusterFirst",
        schedulerName="default-scheduler",
        securityContext={},
    )
    for key in ("containers", "initContainers", "ephemeralContainers"):
        for container in _parts(spec, key):
            _container(container)
    for volume in _parts(spec, "volumes"):
        _volume(volume)


def _container(container: _Map) -> None:
    _part(container, "resources")
    image = str(container.get("image") or "")
    name = image.partition("@")[0].rpartition("/")[2]
    floating = "@" not in image and (":" not in name or name.endswith(":latest"))
    _default(
        container,
        imagePullPolicy="Always" if floating else "IfNotPresent",
        terminationMessagePath="/dev/termination-log",
        terminationMessagePolicy="File",
    )
    for port in _parts(container, "ports"):
        _default(port, protocol="TCP")
    for kind in ("livenessProbe", "readinessProbe", "startupProbe"):
        probe = container.get(kind)
        if isinstance(probe, dict):
            _default(probe, **_PROBE)
            if isinstance(probe.get("httpGet"), dict):
                _default(probe["httpGet"], path="/", scheme="HTTP")


def _volume(volume: _Map) -> None:
    for kind in ("secret", "configMap", "projected", "downwardAPI"):
        if isinstance(volume.get(kind), dict):
            _default(volume[kind], defaultMode=0o644)
    if isinstance(volume.get("hostPath"), dict):
        _default(volume["hostPath"], type="")


def _template(spec: _Map) -> None:
    template = _part(spec, "template")
    _part(template, "metadata")
    _pod_spec(_part(template, "spec"))


def _deployment(workload: _Map) -> None:
    spec = _part(workload, "spec")
    _template(spec)
    _default(spec, replicas=1, revisionHistoryLimit=10, progressDeadlineSeconds=600)
    strategy = _part(spec, "strategy")
    _default(strategy, type="RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        _default(_part(strategy, "rollingUpdate"), maxUnavailable="25%", maxSurge="25%")


def _replica_set(workload: _Map) -> None:
    spec = _part(workload, "spec")
    _template(spec)
    _default(spec, replicas=1)


def _stateful_set(workload: _Map) -> None:
    spec = _part(workload, "spec")
    _template(spec)
    _default(spec, replicas=1, revisionHistoryLimit=10, podManagementPolicy="OrderedReady")
    strategy = _part(spec, "updateStrategy")
    _default(strategy, type="RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        _default(_part(strategy, "rollingUpdate"), partition=0)


def _daemon_set(workload: _Map) -> None:
    spec = _part(workload, "spec")
    _template(spec)
    _default(spec, revisionHistoryLimit=10)
    strategy = _part(spec, "updateStrategy")
    _default(strategy, type="RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        _default(_part(strategy, "rollingUpdate"), maxUnavailable=1, maxSurge=0)


def _job(workload: _Map) -> None:
    _job_spec(_part(workload, "spec"))


def _job_spec(spec: _Map) -> None:
    _template(spec)
    _default(spec, backoffLimit=6, completionMode="NonIndexed", suspend=False)
    if "completions" not in spec and "parallelism" not in spec:
        _default(spec, completions=1)
    _default(spec, parallelism=1)


def _cron_job(workload: _Map) -> None:
    spec = _part(workload, "spec")
    template = _part(spec, "jobTemplate")
    _part(template, "metadata")
    _template(_part(template, "spec"))
    _default(
        spec,
        concurrencyPolicy="Allow",
        suspend=False,
        successfulJobsHistoryLimit=3,
        failedJobsHistoryLimit=1,
    )


def _service(service: _Map) -> None:
    spec = _part(service, "spec")
    _default(spec, type="ClusterIP", sessionAffinity="None")
    for port in _parts(spec, "ports"):
        _default(port, protocol="TCP", targetPort=port.get("port"))
    if spec["type"] != "ExternalName":
        _default(spec, internalTrafficPolicy="Cluster")
    if spec["type"] in ("NodePort", "LoadBalancer"):
        _default(spec, externalTrafficPolicy="Cluster")
    if spec["type"] == "LoadBalancer":
        _default(spec, allocateLoadBalancerNodePorts=True)


def _claim(claim: _Map) -> None:
    spec = _part(claim, "spec")
    _part(spec, "resources")
    _default(spec, volumeMode="Filesystem")


def _autoscaler(autoscaler: _Map) -> None:
    _default(_part(autoscaler, "spec"), minReplicas=1)


def _network_policy(policy: _Map) -> None:
    spec = _part(policy, "spec")
    _part(spec, "podSelector")
    _default(spec, policyTypes=["Ingress", *(["Egress"] if spec.get("egress") else [])])
    for rule in (*_parts(spec, "ingress"), *_parts(spec, "egress")):
        for port in _parts(rule, "ports"):
            _default(port, protocol="TCP")


_KINDS: dict[str, Callable[[_Map], None]] = {
    "Pod": _pod,
    "Deployment": _deployment,
    "ReplicaSet": _replica_set,
    "ReplicationController": _replica_set,
    "StatefulSet": _stateful_set,
    "DaemonSet": _daemon_set,
    "Job": _job,
    "CronJob": _cron_job,
    "Service": _service,
    "PersistentVolumeClaim": _claim,
    "HorizontalPodAutoscaler": _autoscaler,
    "NetworkPolicy": _network_policy,
}
