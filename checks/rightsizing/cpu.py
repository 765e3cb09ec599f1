"""rightsize_cpu: request what the busiest hour of the day needs, and a bit more."""

from __future__ import annotations

from decimal import Decimal

from checks.model import ContainerUsage, CpuUsage, NoUsage, Recommendation, Refusal, Resource
from checks.pricing.cost import number
from checks.rightsizing.case import Case, open_case
from checks.rightsizing.config import Sizing
from checks.rightsizing.context import Context
from checks.rightsizing.guards import cpu_decrease, is_throttled
from checks.rightsizing.step import Aim, settle


def recommend(
    resource: Resource, usage: ContainerUsage, config: Sizing, context: Context
) -> Recommendation | Refusal | None:
    """What the container's CPU request should be; None where today's is about right.

    The highest hourly p95 with headroom. The limit is left alone, unless the container is throttled
    and the request rises as well, or its pod is Guaranteed.
    """
    case = open_case(resource, usage, "cpu", config, context)
    if isinstance(case, Refusal):
        return case
    cpu = usage.cpu
    if isinstance(cpu, NoUsage):
        return case.refuse(cpu.reason)
    against = cpu_decrease(cpu, config.guards, limited=bool(case.limit))
    answer = settle(case, cpu, _aim(case, cpu), against)
    if answer is None and is_throttled(cpu, config.guards):
        return case.refuse(
            f"its request fits, but it is throttled in {cpu.throttled_share:.1%} of its periods at"
            " busy hours: its CPU limit is too low"
        )
    return answer


def _aim(case: Case, cpu: CpuUsage) -> Aim:
    sizing = case.config.cpu
    peak = max(p95 for p95 in cpu.by_hour_p95 if p95 is not None)
    target = max(_decimal(peak) * sizing.headroom, sizing.floor)
    cores = number(_decimal(peak))
    busiest = f"the busiest hour is {cpu.peak_hour:02}:00 UTC with a p95 of {cores} cores"
    reasons = [f"{busiest}; with {sizing.headroom - 1:.0%} headroom"]
    limit = None
    if case.limit and is_throttled(cpu, case.config.guards):
        # What a throttled container would use is not known: only that the limit is too low.
        limit = case.limit * sizing.throttled_limit
        reasons.append(f"it is throttled in {cpu.throttled_share:.1%} of its periods at busy hours")
        if case.tied:
            target = max(target, limit)
    if case.tied and _decimal(cpu.max) > target:
        target = _decimal(cpu.max)
        reasons.append(
            f"as its limit moves too, no less than the {number(target)} cores it once used"
        )
    return Aim(
        target=target,
        floor=sizing.floor,
        reasons=tuple(reasons),
        step=sizing.step,
        limit=limit,
        needed=limit is not None,
    )


def _decimal(cores: float) -> Decimal:
    return Decimal(str(cores))
