"""What one object costs a month: a rule for each kind that has a price."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

from checks.kube import pod_pointer
from checks.model import Grade, Range, Resource
from checks.money import plain
from checks.pricing.cost import Cost, Unknown, plausible, worst
from checks.pricing.job import cron_job_cost, job_cost
from checks.pricing.rates import Rates
from checks.pricing.scale import Scalers, is_autoscaler, replicas, target_of
from checks.pricing.unit import Unit, pod_unit, volume_unit, with_volumes

Answer: TypeAlias = Cost | Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """What the files do not say, as config states it; None where config does not either.

    `nodes` is how many nodes a DaemonSet runs on, `job_minutes` how long one run of a Job or
    CronJob takes. The `…_for` mappings speak of single objects, named "namespace/name".
    """

    nodes: int | None = None
    nodes_for: Mapping[str, int] = field(default_factory=dict)
    job_minutes: Decimal | None = None
    job_minutes_for: Mapping[str, Decimal] = field(default_factory=dict)

    def __post_init__(self) -> None:
        nodes = (self.nodes, *self.nodes_for.values())
        minutes = (self.job_minutes, *self.job_minutes_for.values())
        if any(value is not None and value < 0 for value in (*nodes, *minutes)):
            raise ValueError("a number of nodes or minutes cannot be below 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """What pricing the objects of one snapshot rests on."""

    rates: Rates
    scalers: Scalers
    assume: Assumptions


def price(resource: Resource, market: Market) -> Answer | None:
    """What `resource` costs a month; None for a kind that has no price of its own."""
    if is_autoscaler(resource):
        return _autoscaler(resource, market)
    rule = _RULES.get((resource.group, resource.kind))
    return plausible(rule(resource, market)) if rule else None


def _autoscaler(scaler: Resource, market: Market) -> Answer | None:
    """An autoscaler costs nothing itself: what it changes is the cost of its target."""
    target = target_of(scaler)
    if target is None:
        return Unknown(reason="its scaleTargetRef does not name what it scales")
    if scaler.id not in market.scalers.astray:
        return None
    return Unknown(reason=f"its target {target[1]} {target[2]} is not in the files that were read")


def _pod(pod: Resource, market: Market) -> Answer:
    unit = _pod_of(pod, market)
    return unit if isinstance(unit, Unknown) else _times(unit, 1, unit.basis)


def _replicated(workload: Resource, market: Market) -> Answer:
    claims = workload.get("spec", "volumeClaimTemplates")
    unit = _pod_of(workload, market)
    if workload.kind == "StatefulSet" and isinstance(claims, list):
        unit = with_volumes(unit, claims, market.rates)
    count = replicas(workload, market.scalers)
    if isinstance(unit, Unknown):
        return unit
    if isinstance(count, Unknown):
        return count
    times = f"{count.expected}"
    if count.by:
        times += f" ({count.low} to {count.high} by {count.by})"
    varies = Grade.B if count.low != count.high else Grade.A
    return Cost(
        amount=Range(
            low=unit.monthly * count.low,
            expected=unit.monthly * count.expected,
            high=unit.monthly * count.high,
        ),
        grade=worst(unit.grade, varies),
        basis=f"{times} × ({unit.basis})",
    )


def _daemon_set(daemon_set: Resource, market: Market) -> Answer:
    unit = _pod_of(daemon_set, market)
    if isinstance(unit, Unknown):
        return unit
    nodes = market.assume.nodes_for.get(_name(daemon_set), market.assume.nodes)
    if nodes is None:
        each = plain(unit.monthly, market.rates.currency)
        return Unknown(
            reason=f"it costs {each} a month on each node, and assume.nodes does not say on how"
            " many nodes it runs"
        )
    return _times(unit, nodes, f"{nodes} nodes (assumed) × ({unit.basis})")


def _job(job: Resource, market: Market) -> Answer:
    return job_cost(job, _pod_of(job, market), _minutes(job, market), market.rates.currency)


def _cron_job(job: Resource, market: Market) -> Answer:
    return cron_job_cost(job, _pod_of(job, market), _minutes(job, market), market.rates.currency)


def _claim(claim: Resource, market: Market) -> Answer:
    unit = volume_unit(claim.get("spec"), market.rates)
    return unit if isinstance(unit, Unknown) else _times(unit, 1, unit.basis)


def _pod_of(workload: Resource, market: Market) -> Unit | Unknown:
    pointer = pod_pointer(workload)
    return pod_unit(workload.get(*pointer) if pointer else None, market.rates)


def _minutes(job: Resource, market: Market) -> Decimal | None:
    return market.assume.job_minutes_for.get(_name(job), market.assume.job_minutes)


def _times(unit: Unit, count: int, basis: str) -> Cost:
    return Cost(amount=Range.exact(unit.monthly * count), grade=unit.grade, basis=basis)


def _name(resource: Resource) -> str:
    return f"{resource.namespace}/{resource.name}" if resource.namespace else resource.name


_RULES: Mapping[tuple[str, str], Callable[[Resource, Market], Answer]] = {
    ("", "Pod"): _pod,
    ("", "ReplicationController"): _replicated,
    ("apps", "Deployment"): _replicated,
    ("apps", "StatefulSet"): _replicated,
    ("apps", "ReplicaSet"): _replicated,
    ("apps", "DaemonSet"): _daemon_set,
    ("extensions", "Deployment"): _replicated,
    ("extensions", "ReplicaSet"): _replicated,
    ("extensions", "DaemonSet"): _daemon_set,
    ("batch", "Job"): _job,
    ("batch", "CronJob"): _cron_job,
    ("", "PersistentVolumeClaim"): _claim,
}
