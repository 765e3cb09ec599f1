"""Ray: a head and groups of workers that scale between bounds."""

from __future__ import annotations

from decimal import Decimal

from checks.model import Pointer, Resource
from checks.pricing.cost import Unknown, flawed
from checks.pricing.kinds.pieces import Answer, Piece, priced, scaled
from checks.pricing.kinds.runs import SUSPENDED, Runs, is_suspended, run_cost
from checks.pricing.kinds.serving import times
from checks.pricing.market import Market
from checks.pricing.scale import Replicas, counted, whole


def cluster(resource: Resource, market: Market) -> Answer:
    """A RayCluster, or the one that a RayService keeps."""
    if is_suspended(resource):
        return SUSPENDED
    at: Pointer = ("spec", "rayClusterConfig") if resource.kind == "RayService" else ("spec",)
    pieces = _pieces(resource, at, market)
    return pieces if isinstance(pieces, Unknown) else priced(resource, market, pieces)


def job(resource: Resource, market: Market) -> Answer | None:
    """A RayJob: a cluster for one run, or one that stays; nothing where it uses another's."""
    if is_suspended(resource):
        return SUSPENDED
    if resource.get("spec", "clusterSelector"):
        return None
    pieces = _pieces(resource, ("spec", "rayClusterSpec"), market)
    if isinstance(pieces, Unknown):
        return pieces
    if resource.get("spec", "shutdownAfterJobFinishes") is not True:
        return priced(resource, market, pieces)
    seconds = whole(resource.get("spec", "activeDeadlineSeconds"), default=None)
    deadline = None if seconds is None else Decimal(seconds) / 3600
    return run_cost(resource, market, pieces, Runs(deadline=deadline))


def _pieces(resource: Resource, at: Pointer, market: Market) -> list[Piece] | Unknown:
    head: Pointer = (*at, "headGroupSpec", "template", "spec")
    pieces = [
        Piece(
            spec=resource.get(*head), pointer=head, count=Replicas.exact(1), name="head", times="1"
        )
    ]
    groups = resource.get(*at, "workerGroupSpecs")
    scales = resource.get(*at, "enableInTreeAutoscaling") is True
    for index in range(len(groups) if isinstance(groups, list) else 0):
        group: Pointer = (*at, "workerGroupSpecs", index)
        name = resource.get(*group, "groupName")
        count = _workers(resource, group, market, scales=scales)
        hosts = counted(resource, (*group, "numOfHosts"), default=1)
        spec: Pointer = (*group, "template", "spec")
        pieces.append(
            Piece(
                spec=resource.get(*spec),
                pointer=spec,
                count=hosts if isinstance(hosts, Unknown) else times(count, max(hosts, 1)),
                name=name if isinstance(name, str) and name else f"workers #{index + 1}",
            )
        )
    return pieces


def _workers(
    resource: Resource, group: Pointer, market: Market, *, scales: bool
) -> Replicas | Unknown:
    if resource.get(*group, "suspend") is True:
        return Replicas.exact(0)
    stated = counted(resource, (*group, "replicas"), default=0)
    low = counted(resource, (*group, "minReplicas"), default=0)
    unbounded = resource.get(*group, "maxReplicas") is None
    high = counted(resource, (*group, "maxReplicas"), default=0)
    if isinstance(stated, Unknown):
        return stated
    if isinstance(low, Unknown):
        return low
    if isinstance(high, Unknown):
        return high
    if not unbounded and low > high:
        said = f"minReplicas {low} and maxReplicas {high}, which is no range"
        return flawed((*group, "maxReplicas"), f"it has {said}")
    if not scales:
        most = max(stated, low) if unbounded else high
        return Replicas.exact(min(max(stated, low), most))
    return scaled(low, None if unbounded else high, stated, resource, market, "Ray")
