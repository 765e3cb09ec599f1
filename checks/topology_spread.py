"""topology_spread: replicas do not all go down with one zone or node."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from checks.model import Node, Resource
from checks.rule import Check, Rule
from checks.severity import SeverityByTier, TierWord, severity_in
from checks.workloads.objections import Objection, Place, objection
from checks.workloads.over import over
from checks.workloads.pods import Pods, inner, listed, mappings
from checks.workloads.selectors import selects
from checks.workloads.sides import Side

_ID = "topology_spread"
_WHY = """\
Replicas are there for the case that something breaks. On one node, or in one zone, they break
together. Asked for is anything that spreads them over one of the `topology_keys`: a constraint of
`topologySpreadConstraints`, or an anti-affinity between the pods, required or preferred. The
scheduler spreads a little by itself, which a cluster can be set up to do better than this
repository shows: then switch the check off.

A constraint whose selector does not mean the pods that carry it counts no pods and spreads
nothing, and nobody notices."""
_MISSING = Rule(
    id="spread-missing",
    title="Nothing spreads the replicas of a workload over zones or nodes",
    remedy="Add a 'topologySpreadConstraints' entry with 'maxSkew: 1', 'topologyKey:"
    " topology.kubernetes.io/zone', 'whenUnsatisfiable: ScheduleAnyway' and the labels of the"
    " pods.",
    setting="missing",
)
_SELECTOR = Rule(
    id="spread-selector",
    title="What is to spread pods does not mean them",
    remedy="Give the labels of the pod template as 'labelSelector'.",
    setting="selector",
)
_KINDS = frozenset({"Deployment", "StatefulSet"})
_ANTI = ("affinity", "podAntiAffinity")
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Which tiers and how many replicas it is about, over what pods are spread, and how hard
    findings are."""

    required_in: tuple[TierWord, ...] = ("production",)
    from_replicas: int = 2
    topology_keys: tuple[str, ...] = ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
    missing: SeverityByTier = "warn"
    selector: SeverityByTier = "warn"

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    def __post_init__(self) -> None:
        if self.from_replicas < 2:
            raise ValueError("from_replicas is 2 or more: one pod cannot be spread")


def inspect(resource: Resource, side: Side, config: Config) -> Iterator[Objection]:
    """A finding where nothing spreads a workload, or where what should does not mean its pods."""
    pods = side.pods.get(resource.id)
    if pods is None:
        return
    astray = [place for place, fits in _constraints(pods) if not fits]
    if astray:
        where = listed([place.value for place in astray])
        yield objection(
            _ID,
            resource,
            _SELECTOR,
            severity_in(config.selector, resource.tier),
            astray,
            f"the constraint over {where} selects other labels than its own pods have, so it"
            " spreads nothing",
            threshold="a selector that means the pods themselves",
        )
    count = side.least(resource) if resource.kind in _KINDS else None
    if count is None or count.low < config.from_replicas:
        return
    if resource.tier.value in config.required_in and not _spread(pods, config):
        # The first ones are today's names.
        over_what = " or ".join(config.topology_keys[:2])
        yield objection(
            _ID,
            resource,
            _MISSING,
            severity_in(config.missing, resource.tier),
            [Place(key="spread", label="the pods", pointer=pods.at("topologySpreadConstraints"))],
            f"nothing spreads the {count.low} or more pods over {over_what}",
            observed="no topologySpreadConstraints, no podAntiAffinity",
            threshold=f"spread over {over_what}",
        )


def _constraints(pods: Pods) -> Iterator[tuple[Place, bool]]:
    """Each constraint, and whether it means the pods that carry it."""
    for index, entry in mappings(pods.get("topologySpreadConstraints")):
        key = entry.get("topologyKey")
        place = Place(
            key=f"{index} {key}",
            label="the constraint",
            pointer=pods.at("topologySpreadConstraints", index, "labelSelector"),
            value=str(key)[:60],
        )
        yield place, selects(entry.get("labelSelector"), pods.labels)


def _spread(pods: Pods, config: Config) -> bool:
    keys: set[Node] = {
        key
        for _, entry in mappings(pods.get("topologySpreadConstraints"))
        if isinstance(key := entry.get("topologyKey"), str)
    }
    for _, term in mappings(pods.get(*_ANTI, _REQUIRED)):
        keys |= _key(term, pods)
    for _, term in mappings(pods.get(*_ANTI, _PREFERRED)):
        keys |= _key(inner(term, "podAffinityTerm"), pods)
    return bool(keys & set(config.topology_keys))


def _key(term: Node | Mapping[str, Node], pods: Pods) -> set[Node]:
    key = inner(term, "topologyKey")
    means = selects(inner(term, "labelSelector"), pods.labels)
    return {key} if isinstance(key, str) and means else set()


def _related(resource: Resource, side: Side) -> Iterator[Resource]:
    """An autoscaler says how many replicas there are."""
    if resource.kind in _KINDS:
        yield from side.scaled_by(resource)


CHECK = Check(
    id=_ID,
    domain="policy",
    title="Replicas are spread over zones or nodes",
    config=Config,
    judge=over(_ID, inspect, _related),
    why=_WHY,
    rules=(_MISSING, _SELECTOR),
)
