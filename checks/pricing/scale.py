"""How many replicas a workload runs: what it says itself, and what scales it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from checks.model import Node, Pointer, Resource, Snapshot
from checks.pricing.cost import Flaw, Unknown, flawed
from checks.pricing.near import together

# (namespace, kind, name) of what is scaled.
Target: TypeAlias = tuple[str, str, str]

_LONGEST = 60
# Kubernetes counts replicas in 32 bits.
_MOST = 2**31 - 1
_DIGITS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bounds:
    """Where a kind of autoscaler keeps its bounds, and what holds where they are not given."""

    word: str
    low: str
    low_default: int
    high: str
    high_default: int | None
    kind_default: str = ""
    # What it scales down to while there is nothing to do.
    idle: str = ""


_AUTOSCALERS: Mapping[tuple[str, str], _Bounds] = {
    ("autoscaling", "HorizontalPodAutoscaler"): _Bounds(
        word="HPA", low="minReplicas", low_default=1, high="maxReplicas", high_default=None
    ),
    ("keda.sh", "ScaledObject"): _Bounds(
        word="ScaledObject",
        low="minReplicaCount",
        low_default=0,
        high="maxReplicaCount",
        high_default=100,
        kind_default="Deployment",
        idle="idleReplicaCount",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Replicas:
    """A number of pods with its bounds; `by` names what moves it between them, "" if nothing."""

    low: int
    expected: int | Decimal
    high: int
    by: str = ""

    @classmethod
    def exact(cls, count: int) -> Replicas:
        """That many, come what may."""
        return cls(low=count, expected=count, high=count)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalers:
    """Which autoscalers scale which object, both by the ids of a snapshot's resources."""

    of_workload: Mapping[str, tuple[Resource, ...]]
    # The autoscalers with a target that the snapshot does not have.
    astray: frozenset[str]

    @classmethod
    def of(cls, snapshot: Snapshot) -> Scalers:
        """The index of one snapshot.

        A repository declares the same name once for each environment, in roots or folders of their
        own: the target is what is rolled out with the autoscaler, and only where there is none any
        of that name.
        """
        targets = {r.id: target for r in snapshot.resources.values() if (target := target_of(r))}
        named: dict[Target, list[Resource]] = {target: [] for target in targets.values()}
        for resource in snapshot.resources.values() if targets else ():
            found = named.get((resource.namespace, resource.kind, resource.name))
            if found is not None:
                found.append(resource)
        of_workload: dict[str, tuple[Resource, ...]] = {}
        for key, target in targets.items():
            scaler = snapshot.resources[key]
            beside = [w for w in named[target] if together(w, scaler)]
            for workload in beside or named[target]:
                of_workload[workload.id] = (*of_workload.get(workload.id, ()), scaler)
        astray = frozenset(key for key, target in targets.items() if not named[target])
        return cls(of_workload=of_workload, astray=astray)


def is_autoscaler(resource: Resource) -> bool:
    """Whether it is a HorizontalPodAutoscaler of any version, or KEDA's ScaledObject."""
    return (resource.group, resource.kind) in _AUTOSCALERS


def target_of(scaler: Resource) -> Target | None:
    """What an autoscaler scales; None for any other kind, and where it does not say."""
    bounds = _AUTOSCALERS.get((scaler.group, scaler.kind))
    if bounds is None:
        return None
    kind = scaler.get("spec", "scaleTargetRef", "kind") or bounds.kind_default
    name = scaler.get("spec", "scaleTargetRef", "name")
    if not isinstance(kind, str) or not isinstance(name, str) or not kind or not name:
        return None
    return (scaler.namespace, kind, name)


def replicas(
    resource: Resource, scalers: Scalers, observed: Decimal | None = None
) -> Replicas | Unknown:
    """The steady number of replicas of a workload with `spec.replicas`. `observed` is how many an
    autoscaler kept on average, where somebody looked."""
    count = counted(resource, ("spec", "replicas"), default=1)
    if isinstance(count, Unknown):
        return count
    found = scalers.of_workload.get(resource.id, ())
    if not found:
        return Replicas.exact(count)
    if len(found) > 1:
        names = ", ".join(sorted(scaler.name for scaler in found))
        return Unknown(reason=f"more than one autoscaler scales it ({names})")
    stated = resource.get("spec", "replicas")
    return _scaled(found[0], None if stated is None else count, observed)


def counted(resource: Resource, pointer: Pointer, *, default: int) -> int | Unknown:
    """The number from 0 up at `pointer`, `default` where there is nothing."""
    value = resource.get(*pointer)
    count = whole(value, default=default)
    if count is None:
        return flawed(pointer, f"{pointer[-1]} is {shown(value)}, not a number from 0 up")
    return count


def _scaled(scaler: Resource, stated: int | None, observed: Decimal | None) -> Replicas | Unknown:
    bounds = _AUTOSCALERS[scaler.group, scaler.kind]
    by = f"{bounds.word} {scaler.name}"
    values = scaler.get("spec", bounds.low), scaler.get("spec", bounds.high)
    low = whole(values[0], default=bounds.low_default)
    high = whole(values[1], default=bounds.high_default)
    if low is None or high is None or low > high:
        said = f"{bounds.low} {shown(values[0])} and {bounds.high} {shown(values[1])}"
        problem = f"{by} has {said}, which is no range"
        name = bounds.low if values[1] is None or low is None else bounds.high
        flaw = Flaw(pointer=("spec", name), problem=problem, resource=scaler)
        return Unknown(reason=problem, flaws=(flaw,))
    paused = whole(_paused(scaler), default=None)
    if paused is not None:
        return Replicas(low=paused, expected=paused, high=paused, by=f"{by}, paused")
    if stated == 0 and low > 0:
        # Kubernetes: an HPA leaves a workload alone that was scaled to zero by hand.
        return Replicas(low=0, expected=0, high=0, by=f"{by}, paused by replicas: 0")
    idle = whole(scaler.get("spec", bounds.idle), default=None) if bounds.idle else None
    expected = between(low, high, stated, observed)
    return Replicas(
        low=low if idle is None else min(idle, low), expected=expected, high=high, by=by
    )


def between(
    low: int, high: int, stated: int | None, observed: Decimal | None = None
) -> int | Decimal:
    """How many are expected between bounds: what was observed, what is stated, the fewest."""
    if observed is not None:
        return min(max(observed, Decimal(low)), Decimal(high))
    return low if stated is None else min(max(stated, low), high)


def _paused(scaler: Resource) -> Node:
    """KEDA holds a workload at the number in this annotation."""
    text = scaler.annotations().get("autoscaling.keda.sh/paused-replicas", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < _DIGITS else None


def whole(value: Node, *, default: int | None) -> int | None:
    """A number that Kubernetes can count to, `default` for none, None for anything else."""
    if value is None:
        return default
    # A bool is an int to Python.
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= _MOST else None


def shown(value: Node) -> str:
    """A value of a manifest in a sentence."""
    if value is None:
        return "not given"
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    if isinstance(value, int) and abs(value) > _MOST:
        return "a number that is too large" if value > 0 else "a number below 0"
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
