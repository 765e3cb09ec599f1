"""disruption_budget: what must stay up survives the drain of a node, and nodes can be drained."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from checks.model import Node, Patch, Pointer, Resource, Severity
from checks.rule import Check, Rule
from checks.severity import SeverityByTier, TierWord, severity_in
from checks.workloads.objections import Objection, Place, objection, shown
from checks.workloads.over import over
from checks.workloads.pods import listed
from checks.workloads.sides import Side

_ID = "disruption_budget"
_WHY = """\
Nodes are drained all the time: for an upgrade, by an autoscaler, when a spot machine goes. Without
a PodDisruptionBudget all replicas of a service may be evicted at once, however many there are.
Asked for is one over every Deployment and StatefulSet that runs two or more pods and that a Service
beside it sends requests to; a budget in the same namespace whose selector means its pods will do.

A budget that never lets a pod go is no better: a drain then waits for ever, and somebody deletes
the pod by force. Percentages are rounded up, as Kubernetes does it, and an autoscaler's bounds
count as the number of replicas."""
_MISSING = Rule(
    id="pdb-missing",
    title="A replicated service has no PodDisruptionBudget",
    remedy="Add a PodDisruptionBudget with 'maxUnavailable: 1' and the labels of the pods as its"
    " selector.",
    setting="missing",
)
_BLOCKS = Rule(
    id="pdb-blocks",
    title="A PodDisruptionBudget never lets a pod be evicted",
    remedy="Set 'maxUnavailable: 1' instead, or run one more replica than 'minAvailable' asks for.",
    setting="blocks",
)
_LOW = Rule(
    id="pdb-blocks-at-minimum",
    title="A PodDisruptionBudget lets no pod be evicted while an autoscaler is at its minimum",
    remedy="Set 'maxUnavailable: 1' instead, or raise the autoscaler's minimum by one.",
    setting="blocks",
)
_SERVICES = frozenset({"Deployment", "StatefulSet"})
_PERCENT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """In which tiers a budget is asked for, and how hard findings are."""

    required_in: tuple[TierWord, ...] = ("production",)
    missing: SeverityByTier = "warn"
    blocks: SeverityByTier = "warn"

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Limit:
    """What a budget states: a field, and its value as a number or a percentage."""

    name: str
    number: int
    percent: bool

    def spare(self, pods: int) -> int:
        """How many of so many pods may go."""
        count = -(-self.number * pods // _PERCENT) if self.percent else self.number
        return count if self.name == "maxUnavailable" else pods - count

    @property
    def never(self) -> bool:
        """Whether none may go, however many there are."""
        if self.name == "maxUnavailable":
            return self.number == 0
        return self.percent and self.number >= _PERCENT


def inspect(resource: Resource, side: Side, config: Config) -> Iterator[Objection]:
    """A finding for a service without a budget, or for a budget that blocks."""
    if (resource.group, resource.kind) == ("policy", "PodDisruptionBudget"):
        yield from _blocking(resource, side, config)
    elif resource.kind in _SERVICES and resource.tier.value in config.required_in:
        yield from _missing(resource, side, config)


def _missing(resource: Resource, side: Side, config: Config) -> Iterator[Objection]:
    pods, count = side.pods.get(resource.id), side.least(resource)
    if pods is None or count is None or count.low < 2 or side.budgets(pods):
        return
    services = side.services(pods)
    if not services:
        return
    names = listed([one.name for one in services])
    place = Place(key="pdb", label=resource.kind, pointer=("spec", "replicas"))
    yield objection(
        _ID,
        resource,
        _MISSING,
        severity_in(config.missing, resource.tier),
        [place],
        f"{count.low} or more pods answer the Service {names}, and no PodDisruptionBudget beside"
        " them says how many must stay up",
        observed="no PodDisruptionBudget means these pods",
        threshold="a PodDisruptionBudget over the pods",
    )


def _blocking(budget: Resource, side: Side, config: Config) -> Iterator[Objection]:
    limit = _limit(budget)
    if limit is None:
        return
    severity = severity_in(config.blocks, budget.tier)
    pointer: Pointer = ("spec", limit.name)
    value = f"{limit.name}: {shown(budget.get(*pointer))}"
    if limit.never:
        said, bounds = f"{value} never lets a pod be evicted", None
    else:
        bounds = _bounds(budget, side)
        if bounds is None or bounds[0] == 0 or limit.spare(bounds[0]) > 0:
            return
        said = f"{value} lets none of {bounds[0]} pods be evicted"
    if bounds is not None and limit.spare(bounds[1]) > 0:
        rule, severity = _LOW, min(severity, Severity.INFO)
    else:
        rule = _BLOCKS
    yield objection(
        _ID,
        budget,
        rule,
        severity,
        [Place(key=value, label="the budget", pointer=pointer, value=value)],
        said,
        threshold="at least one pod may be evicted",
        patches=_one(pointer),
    )


def _one(pointer: Pointer) -> tuple[Patch, ...]:
    right = Patch(pointer=("spec", "maxUnavailable"), value=1)
    return (right,) if pointer == right.pointer else (right, Patch(pointer=pointer, value=None))


def _limit(budget: Resource) -> _Limit | None:
    """What a budget states; None where it states nothing, or nothing that can be read."""
    for name in ("maxUnavailable", "minAvailable"):
        value = budget.get("spec", name)
        if value is not None:
            return _read(name, value)
    return None


def _read(name: str, value: Node) -> _Limit | None:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31:
        return _Limit(name=name, number=value, percent=False)
    if isinstance(value, str) and value.endswith("%") and len(value) <= len("100%"):
        digits = value.removesuffix("%")
        if digits.isascii() and digits.isdigit():
            return _Limit(name=name, number=int(digits), percent=True)
    return None


def _bounds(budget: Resource, side: Side) -> tuple[int, int] | None:
    """How many pods the budget is over, at least and at most; None where that cannot be told."""
    low = high = 0
    for resource in side.covered.get(budget.id, ()):
        count = side.least(resource)
        if count is None:
            return None
        low, high = low + count.low, high + count.high
    return (low, high) if high else None


def _related(resource: Resource, side: Side) -> Iterator[Resource]:
    """Budgets and workloads are judged by each other, and by what scales and calls them."""
    if (resource.group, resource.kind) == ("policy", "PodDisruptionBudget"):
        for workload in side.covered.get(resource.id, ()):
            yield from (workload, *side.scaled_by(workload))
        return
    pods = side.pods.get(resource.id) if resource.kind in _SERVICES else None
    if pods is not None:
        yield from (*side.budgets(pods), *side.services(pods), *side.scaled_by(resource))


CHECK = Check(
    id=_ID,
    domain="policy",
    title="Services survive the drain of a node, and nodes can be drained",
    config=Config,
    judge=over(_ID, inspect, _related),
    why=_WHY,
    rules=(_MISSING, _BLOCKS, _LOW),
)
