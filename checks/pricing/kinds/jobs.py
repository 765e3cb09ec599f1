"""Jobs, CronJobs, and KEDA's ScaledJobs."""

from __future__ import annotations

from dataclasses import replace

from checks.model import Resource
from checks.pricing.cost import HOURS, Unknown, flawed
from checks.pricing.kinds.pieces import Answer, priced, scaled
from checks.pricing.kinds.runs import (
    SUSPENDED,
    Runs,
    is_suspended,
    job_template,
    piece_of,
    run_cost,
)
from checks.pricing.market import Market
from checks.pricing.scale import Replicas, counted, shown
from checks.pricing.schedule import ScheduleError, runs_a_month

_KEDA_MOST = 100


def job(resource: Resource, market: Market) -> Answer:
    """One run."""
    if is_suspended(resource):
        return SUSPENDED
    template = job_template(resource, ("spec",))
    if isinstance(template, Unknown):
        return template
    return run_cost(resource, market, [piece_of(template)], Runs(deadline=template.deadline))


def cron_job(resource: Resource, market: Market) -> Answer:
    """The runs of a month; 0 where it is suspended."""
    if is_suspended(resource):
        return SUSPENDED
    schedule = resource.get("spec", "schedule")
    if not isinstance(schedule, str):
        return flawed(("spec", "schedule"), f"its schedule is {shown(schedule)}")
    try:
        count = runs_a_month(schedule)
    except ScheduleError as error:
        return flawed(("spec", "schedule"), f"its schedule cannot be read: {error}")
    template = job_template(resource, ("spec", "jobTemplate", "spec"))
    if isinstance(template, Unknown):
        return template
    runs = Runs(
        count=count,
        deadline=template.deadline,
        interval=HOURS / count if count else None,
        apart=resource.get("spec", "concurrencyPolicy") in ("Forbid", "Replace"),
    )
    return run_cost(resource, market, [piece_of(template)], runs)


def scaled_job(resource: Resource, market: Market) -> Answer:
    """So many Jobs at a time as KEDA starts for what waits."""
    template = job_template(resource, ("spec", "jobTargetRef"))
    if isinstance(template, Unknown):
        return template
    low = counted(resource, ("spec", "minReplicaCount"), default=0)
    high = counted(resource, ("spec", "maxReplicaCount"), default=_KEDA_MOST)
    if isinstance(low, Unknown):
        return low
    if isinstance(high, Unknown):
        return high
    if low > high:
        said = f"minReplicaCount {low} and maxReplicaCount {high}, which is no range"
        return flawed(("spec", "maxReplicaCount"), f"it has {said}")
    count = scaled(low, high, None, resource, market, "KEDA")
    if isinstance(count, Replicas) and template.at_once != 1:
        each = template.at_once
        count = replace(count, low=low * each, expected=count.expected * each, high=high * each)
    piece = piece_of(template)
    return priced(resource, market, [replace(piece, count=count)])
