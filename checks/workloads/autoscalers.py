"""What autoscalers are told: their bounds, what they go by, how they behave."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from checks.model import Node, Pointer, Resource
from checks.pricing.scale import whole
from checks.workloads.pods import inner, mappings

_RESOURCES = ("cpu", "memory")
# What Kubernetes takes as the longest, in seconds.
_LONGEST = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """How a kind of autoscaler calls its bounds, and where it keeps its behavior."""

    low: str
    low_default: int
    high: str
    high_default: int | None
    behavior: Pointer


# By API group.
KINDS: Mapping[str, Names] = {
    "autoscaling": Names(
        low="minReplicas",
        low_default=1,
        high="maxReplicas",
        high_default=None,
        behavior=("spec", "behavior"),
    ),
    "keda.sh": Names(
        low="minReplicaCount",
        low_default=0,
        high="maxReplicaCount",
        high_default=100,
        behavior=("spec", "advanced", "horizontalPodAutoscalerConfig", "behavior"),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A resource whose utilisation counts, of one container or ("") of all."""

    resource: str
    container: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Odd:
    """Something in the behavior that nobody wants, and where."""

    what: str
    pointer: Pointer


def metrics(scaler: Resource) -> tuple[Metric, ...]:
    """The utilisations that an autoscaler goes by, each once."""
    found = _keda(scaler) if scaler.group == "keda.sh" else _hpa(scaler)
    return tuple(dict.fromkeys(one for one in found if one.resource in _RESOURCES))


def _hpa(scaler: Resource) -> Iterator[Metric]:
    entries = scaler.get("spec", "metrics")
    if not entries:
        # Kubernetes: 80 % of CPU where nothing is said.
        yield Metric(resource="cpu")
    for _, entry in mappings(entries):
        for kind in ("resource", "containerResource"):
            source = entry.get(kind)
            target = inner(source, "target", "averageUtilization")
            if target is None:
                target = inner(source, "targetAverageUtilization")
            name, container = inner(source, "name"), inner(source, "container")
            if target is not None and isinstance(name, str):
                yield Metric(
                    resource=name, container=container if isinstance(container, str) else ""
                )


def _keda(scaler: Resource) -> Iterator[Metric]:
    for _, trigger in mappings(scaler.get("spec", "triggers")):
        kind = trigger.get("type")
        by = trigger.get("metricType") or inner(trigger, "metadata", "type")
        container = inner(trigger, "metadata", "containerName")
        if isinstance(kind, str) and by == "Utilization":
            yield Metric(resource=kind, container=container if isinstance(container, str) else "")


def behaviours(scaler: Resource, slowest: int) -> Iterator[Odd]:
    """What in the behavior is refused, or keeps it from scaling up within `slowest` seconds."""
    at = KINDS[scaler.group].behavior
    for way in ("scaleUp", "scaleDown"):
        pointer = (*at, way, "stabilizationWindowSeconds")
        value = scaler.get(*pointer)
        window = whole(value, default=0)
        if window is None or window > _LONGEST:
            what = f"{way} waits for more than {_LONGEST} s, which Kubernetes refuses"
            if isinstance(value, int) and value > _LONGEST:
                yield Odd(what=what, pointer=pointer)
        elif way == "scaleUp" and window > slowest:
            yield Odd(what=f"scaleUp waits for {window} s before it acts", pointer=pointer)
    select: Node = scaler.get(*at, "scaleUp", "selectPolicy")
    if select == "Disabled":
        pointer = (*at, "scaleUp", "selectPolicy")
        yield Odd(what="scaleUp is disabled, so load is never answered", pointer=pointer)
