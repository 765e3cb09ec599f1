"""Pods, and what keeps a number of them running."""

from __future__ import annotations

import re
from dataclasses import replace

from checks.kube import pod_pointer
from checks.model import Node, Pointer, Resource
from checks.money import plain
from checks.pricing.bill import Part
from checks.pricing.cost import Unknown
from checks.pricing.kinds.pieces import IN_TEMPLATE, Answer, Piece, priced
from checks.pricing.market import Market, label
from checks.pricing.parts import assembled, single
from checks.pricing.scale import Replicas, replicas, shown, whole
from checks.pricing.unit import Unit, pod_unit, with_volumes
from checks.pricing.volume import volume

_PERCENT = re.compile(r"(\d{1,4})%", re.ASCII)
_DEFAULT_SURGE = "25%"


def pod(resource: Resource, market: Market) -> Answer:
    """One pod."""
    unit = pod_unit(resource.get("spec"), resource, market)
    return unit.within(("spec",)) if isinstance(unit, Unknown) else single(unit)


def replicated(resource: Resource, market: Market) -> Answer:
    """Deployment, ReplicaSet, StatefulSet, ReplicationController."""
    unit = pod_unit(resource.get(*IN_TEMPLATE), resource, market)
    if isinstance(unit, Unknown):
        return unit.within(IN_TEMPLATE)
    if resource.kind == "StatefulSet":
        unit = _with_claims(unit, resource, market)
        if isinstance(unit, Unknown):
            return unit
    count = count_of(resource, market)
    if isinstance(count, Unknown):
        return count
    # Most workloads of a repository are like another one.
    found: Answer | None = market.memo.get((unit, count))
    if found is None:
        found = market.memo[unit, count] = assembled([Part(unit=unit, count=count)])
    return found


def count_of(resource: Resource, market: Market) -> Replicas | Unknown:
    """How many replicas run, of a workload with spec.replicas."""
    observed = market.assume.replicas_for
    return replicas(resource, market.scalers, observed.get(label(resource)) if observed else None)


def _with_claims(unit: Unit, resource: Resource, market: Market) -> Unit | Unknown:
    claims = resource.get("spec", "volumeClaimTemplates")
    disks = []
    for index, claim in enumerate(claims if isinstance(claims, list) else ()):
        spec = claim.get("spec") if isinstance(claim, dict) else None
        one = volume(spec, resource, market.objects)
        if isinstance(one, Unknown):
            return one.within(("spec", "volumeClaimTemplates", index, "spec"))
        disks.append(one)
    return with_volumes(unit, disks, market.sheets.at(resource.place)) if disks else unit


def daemon_set(resource: Resource, market: Market) -> Answer:
    """One pod on each of so many nodes as config says."""
    unit = pod_unit(resource.get(*IN_TEMPLATE), resource, market)
    if isinstance(unit, Unknown):
        return unit.within(IN_TEMPLATE)
    nodes = market.assume.nodes_for.get(label(resource), market.assume.nodes)
    if nodes is None:
        each = plain(unit.monthly.expected, market.sheets.at(resource.place).currency)
        return Unknown(
            reason=f"it costs {each} a month on each node, and assume.nodes does not say on how"
            " many nodes it runs"
        )
    return assembled(
        [Part(unit=unit, count=Replicas.exact(nodes), times=f"{nodes} nodes (assumed)")]
    )


def rollout(resource: Resource, market: Market) -> Answer:
    """An Argo Rollout's steady state; what a new version takes besides is its high bound."""
    spec, pointer = resource.get(*IN_TEMPLATE), IN_TEMPLATE
    reference = resource.get("spec", "workloadRef")
    if isinstance(reference, dict):
        kind, name = reference.get("kind"), reference.get("name")
        target = market.objects.named(resource, kind, name) if isinstance(kind, str) else None
        where = pod_pointer(target) if target else None
        if target is None or where is None:
            reason = f"its workloadRef {shown(kind)} {shown(name)} is not in the files"
            return Unknown(reason=f"{reason} that were read")
        spec, pointer = target.get(*where), ("spec", "workloadRef")
    count = count_of(resource, market)
    if not isinstance(count, Unknown):
        count = _surging(resource, count)
    return priced(resource, market, [Piece(spec=spec, pointer=pointer, count=count)])


def _surging(resource: Resource, count: Replicas) -> Replicas:
    extra = _surge(resource, count.high)
    if not extra:
        return count
    by = f"{count.by} and surge" if count.by else "surge"
    return replace(count, high=count.high + extra, by=by)


def _surge(resource: Resource, most: int) -> int:
    """How many pods more a rollout runs at the most while it changes the version."""
    strategy: Pointer = ("spec", "strategy")
    if resource.get(*strategy, "blueGreen") is not None:
        preview = whole(resource.get(*strategy, "blueGreen", "previewReplicaCount"), default=most)
        return most if preview is None else min(preview, most)
    if resource.get(*strategy, "canary", "trafficRouting") is not None:
        # The stable version stays in full until the canary has taken over.
        return most
    return _part_of(resource.get(*strategy, "canary", "maxSurge"), most)


def _part_of(value: Node, most: int) -> int:
    """A number or a percentage, as Kubernetes rounds it up."""
    value = _DEFAULT_SURGE if value is None else value
    share = _PERCENT.fullmatch(value) if isinstance(value, str) else None
    if share:
        return -(-most * int(share[1]) // 100)
    return whole(value, default=None) or 0
