"""hpa_sanity: an autoscaler can do what it is there for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from checks.kube import Container
from checks.model import Patch, Resource, Severity
from checks.pricing.near import together
from checks.pricing.scale import is_autoscaler, target_of, whole
from checks.rule import Check, Rule
from checks.severity import SeverityByTier, severity_in
from checks.workloads.autoscalers import KINDS, Metric, behaviours, metrics
from checks.workloads.objections import Objection, Place, objection, shown
from checks.workloads.over import over
from checks.workloads.pods import Pods, inner, listed
from checks.workloads.sides import Side

_ID = "hpa_sanity"
_WHY = """\
An autoscaler that cannot work looks like one that has nothing to do, until there is load. What it
scales, and what that asks for, is read from what is rolled out with it (the same rendered root, or
the same folder); of a target that may be declared elsewhere nothing is said. KEDA's ScaledObject
counts as an autoscaler as well."""
_RANGE = Rule(
    id="hpa-range",
    title="An autoscaler has a minimum over its maximum",
    remedy="Set the maximum to at least the minimum: Kubernetes refuses anything else.",
    setting="range",
)
_FIXED = Rule(
    id="hpa-fixed",
    title="An autoscaler has no room: its minimum is its maximum",
    remedy="Raise the maximum, or remove the autoscaler and write 'replicas'.",
    setting="fixed",
)
_ASTRAY = Rule(
    id="hpa-target-missing",
    title="An autoscaler scales something that is not there",
    remedy="Name the kind and name of a workload in 'scaleTargetRef'.",
    setting="target",
)
_REQUEST = Rule(
    id="hpa-request-missing",
    title="An autoscaler goes by the utilisation of something that a container does not request",
    remedy="Add the request to every container of the workload: utilisation is a share of it.",
    setting="request",
)
_DRIFT = Rule(
    id="hpa-replicas-set",
    title="A workload that is scaled by an autoscaler states its number of replicas",
    remedy="Remove 'replicas': each rollout would set it back. Where `kubectl apply` wrote it,"
    " first take it out with `kubectl apply edit-last-applied`, or the count falls to 1 once.",
    setting="replicas",
)
_BEHAVIOUR = Rule(
    id="hpa-behavior",
    title="An autoscaler reacts too late, or not at all",
    remedy="Lower 'stabilizationWindowSeconds' of scaleUp, and do not disable it.",
    setting="behavior",
)
_TWICE = Rule(
    id="hpa-duplicate",
    title="Two autoscalers scale one workload",
    remedy="Keep one, with all the metrics: each undoes what the other one does.",
    setting="duplicate",
)
_KNOWN = frozenset({"Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """How hard each kind of finding is, and after how many seconds load must count."""

    range: SeverityByTier = "warn"
    fixed: SeverityByTier = "info"
    target: SeverityByTier = "warn"
    request: SeverityByTier = "warn"
    replicas: SeverityByTier = "info"
    behavior: SeverityByTier = "info"
    duplicate: SeverityByTier = "warn"
    slowest_up: int = 600

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}


def inspect(resource: Resource, side: Side, config: Config) -> Iterator[Objection]:
    """What is wrong with an autoscaler, or with a workload that has one."""
    if is_autoscaler(resource):
        yield from _bounds(resource, config)
        yield from _astray(resource, side, config)
        yield from _twice(resource, side, config)
        yield from _behaviour(resource, config)
        yield from _requests(resource, side, config)
    elif resource.kind in _KNOWN:
        yield from _drift(resource, side, config)


def _bounds(scaler: Resource, config: Config) -> Iterator[Objection]:
    names = KINDS[scaler.group]
    low = whole(scaler.get("spec", names.low), default=names.low_default)
    high = whole(scaler.get("spec", names.high), default=names.high_default)
    if low is None or high is None or low < high:
        return
    rule, setting = (_RANGE, config.range) if low > high else (_FIXED, config.fixed)
    if rule is _FIXED and low == 0:
        return
    pointer = ("spec", names.high)
    value = f"{names.low} {low}, {names.high} {high}"
    yield objection(
        _ID,
        scaler,
        rule,
        severity_in(setting, scaler.tier),
        [Place(key=value, label="the autoscaler", pointer=pointer, value=value)],
        f"{names.low} is {low} and {names.high} {high}"
        + (": Kubernetes refuses that" if low > high else ", so nothing is ever scaled"),
        threshold=f"{names.high} over {names.low}",
        patches=(Patch(pointer=pointer, value=low),) if low > high else (),
    )


def _astray(scaler: Resource, side: Side, config: Config) -> Iterator[Objection]:
    target = target_of(scaler)
    if target is None or target[1] not in _KNOWN or scaler.id not in side.scalers.astray:
        return
    # A folder of autoscalers alone has its workloads elsewhere.
    beside = [
        one
        for one in side.snapshot.resources.values()
        if one.kind in _KNOWN and one.namespace == scaler.namespace and together(one, scaler)
    ]
    was = side.previous
    gone = was is not None and scaler.id in was.snapshot.resources.keys() - was.scalers.astray
    if not beside and not gone:
        return
    pointer = ("spec", "scaleTargetRef", "name")
    value = f"{target[1]} {target[2]}"
    others = listed([f"{one.kind} {one.name}" for one in beside])
    said = f"; beside it there is {others}" if others else "; this change takes it away"
    yield objection(
        _ID,
        scaler,
        _ASTRAY,
        severity_in(config.target, scaler.tier),
        [Place(key=value, label="the target", pointer=pointer, value=value)],
        f"it scales {value}, which is not there{said}",
        threshold="a workload that is rolled out with the autoscaler",
    )


def _twice(scaler: Resource, side: Side, config: Config) -> Iterator[Objection]:
    target = target_of(scaler)
    others = [
        one
        for one in (side.scaling.get(target, ()) if target else ())
        if one.name != scaler.name and together(one, scaler)
    ]
    if target is not None and others:
        value, names = f"{target[1]} {target[2]}", sorted({one.name for one in others})
        severity = severity_in(config.duplicate, scaler.tier)
        if all(_apart(one, scaler) for one in others):
            severity = min(severity, Severity.WARN)
        yield objection(
            _ID,
            scaler,
            _TWICE,
            severity,
            [
                Place(key=name, label=name, pointer=("spec", "scaleTargetRef"), value=value)
                for name in names
            ],
            f"{value} is scaled by {listed(names)} as well",
            threshold="one autoscaler for a workload",
        )


def _apart(one: Resource, other: Resource) -> bool:
    """Whether they may be two to choose from: files of one folder that nothing renders."""
    return one.rendered_from == "plain" and one.source.path != other.source.path


def _behaviour(scaler: Resource, config: Config) -> Iterator[Objection]:
    places = [
        Place(key=one.what, label="behavior", pointer=one.pointer, value=one.what)
        for one in behaviours(scaler, config.slowest_up)
    ]
    if places:
        yield objection(
            _ID,
            scaler,
            _BEHAVIOUR,
            severity_in(config.behavior, scaler.tier),
            places,
            listed([place.value for place in places]),
            threshold=f"scaled up within {config.slowest_up} s",
        )


def _requests(scaler: Resource, side: Side, config: Config) -> Iterator[Objection]:
    for workload in _targets(scaler, side):
        pods = side.pods.get(workload.id)
        # A LimitRange gives containers what they do not say.
        if pods is None or _has_defaults(workload, side):
            continue
        for metric in metrics(scaler):
            places = [
                Place(
                    key=f"{one.key} {metric.resource}",
                    label=one.label,
                    pointer=(*one.pointer, "resources", "requests", metric.resource),
                )
                for one in _asked(pods, metric)
                if not _requested(pods, one, metric.resource)
            ]
            if places:
                who = listed([place.label for place in places])
                yield objection(
                    _ID,
                    workload,
                    _REQUEST,
                    severity_in(config.request, workload.tier),
                    places,
                    f"{scaler.kind} {scaler.name} goes by the utilisation of {metric.resource},"
                    f" which {who} does not request: it cannot scale",
                    threshold=f"a request of {metric.resource}",
                    topic=f"{metric.resource} {scaler.name}",
                )


def _targets(scaler: Resource, side: Side) -> Iterator[Resource]:
    target = target_of(scaler)
    for one in side.named.get(target, ()) if target else ():
        if together(one, scaler):
            yield one


def _asked(pods: Pods, metric: Metric) -> tuple[Container, ...]:
    if not metric.container:
        return pods.running
    return tuple(one for one in pods.running if one.body.get("name") == metric.container)


def _requested(pods: Pods, container: Container, resource: str) -> bool:
    return any(
        inner(body, "resources", kind, resource) is not None
        for body in (container.body, pods.body)
        for kind in ("requests", "limits")
    )


def _has_defaults(workload: Resource, side: Side) -> bool:
    return any(one.namespace == workload.namespace for one in side.objects.kind("LimitRange", ""))


def _drift(workload: Resource, side: Side, config: Config) -> Iterator[Objection]:
    count = workload.get("spec", "replicas")
    scalers = side.scaled_by(workload)
    # Nothing is scaled that was set to 0 by hand.
    if count is None or count == 0 or not scalers:
        return
    pointer = ("spec", "replicas")
    names = listed([f"{one.kind} {one.name}" for one in scalers])
    yield objection(
        _ID,
        workload,
        _DRIFT,
        severity_in(config.replicas, workload.tier),
        [Place(key="replicas", label="replicas", pointer=pointer, value=shown(count))],
        f"replicas is {shown(count)} and {names} scales it: each rollout sets it back",
        threshold="no replicas beside an autoscaler",
        patches=(Patch(pointer=pointer, value=None),),
    )


def _related(resource: Resource, side: Side) -> Iterator[Resource]:
    """An autoscaler and its target are judged by each other."""
    if is_autoscaler(resource):
        yield from _targets(resource, side)
    elif resource.kind in _KNOWN:
        yield from side.scaled_by(resource)


CHECK = Check(
    id=_ID,
    domain="policy",
    title="Autoscalers can do what they are there for",
    config=Config,
    judge=over(_ID, inspect, _related),
    why=_WHY,
    rules=(_RANGE, _TWICE, _ASTRAY, _REQUEST, _DRIFT, _BEHAVIOUR, _FIXED),
)
