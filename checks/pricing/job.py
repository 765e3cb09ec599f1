"""What runs to an end costs: runs a month × how long one takes × pods at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from checks.model import Grade, Node, Range, Resource
from checks.money import plain
from checks.pricing.cost import HOURS, Cost, Unknown, nano, number, worst
from checks.pricing.scale import shown, whole
from checks.pricing.schedule import ScheduleError, runs_a_month
from checks.pricing.unit import Unit

_ONCE = Decimal(1)
_SUSPENDED = Cost(amount=Range.exact(Decimal(0)), grade=Grade.A, basis="suspended")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Runs:
    """`count` runs a month. `deadline` is the hours after which Kubernetes ends one, `interval`
    the hours from one to the next; None where there is none. `apart` says they never overlap."""

    count: Decimal
    at_once: int
    deadline: Decimal | None
    interval: Decimal | None = None
    apart: bool = False


def job_cost(
    job: Resource, unit: Unit | Unknown, minutes: Decimal | None, currency: str
) -> Cost | Unknown:
    """One run of a Job: it costs that once, which is what it adds to the month.

    `unit` is one of its pods, `minutes` how long a run takes, None where that is not known.
    """
    if job.get("spec", "suspend") is True:
        return _SUSPENDED
    template = _template(job.get("spec"))
    if isinstance(template, Unknown):
        return template
    at_once, deadline = template
    return _cost(unit, _Runs(count=_ONCE, at_once=at_once, deadline=deadline), minutes, currency)


def cron_job_cost(
    job: Resource, unit: Unit | Unknown, minutes: Decimal | None, currency: str
) -> Cost | Unknown:
    """A CronJob's runs in a month; 0 where it is suspended."""
    if job.get("spec", "suspend") is True:
        return _SUSPENDED
    schedule = job.get("spec", "schedule")
    if not isinstance(schedule, str):
        return Unknown(reason=f"its schedule is {shown(schedule)}")
    try:
        count = runs_a_month(schedule)
    except ScheduleError as error:
        return Unknown(reason=f"its schedule cannot be read: {error}")
    template = _template(job.get("spec", "jobTemplate", "spec"))
    if isinstance(template, Unknown):
        return template
    runs = _Runs(
        count=count,
        at_once=template[0],
        deadline=template[1],
        interval=HOURS / count if count else None,
        apart=job.get("spec", "concurrencyPolicy") in ("Forbid", "Replace"),
    )
    return _cost(unit, runs, minutes, currency)


def _template(spec: Node) -> tuple[int, Decimal | None] | Unknown:
    """How many pods a run has at a time, and its deadline in hours."""
    values: Mapping[str, Node] = spec if isinstance(spec, dict) else {}
    names = ("parallelism", "completions", "activeDeadlineSeconds")
    for name in names:
        if values.get(name) is not None and whole(values[name], default=None) is None:
            return Unknown(reason=f"{name} is {shown(values[name])}, not a number from 0 up")
    parallelism, completions, seconds = (whole(values.get(n), default=None) for n in names)
    at_once = 1 if parallelism is None else parallelism
    if completions is not None:
        at_once = min(at_once, completions)
    return at_once, None if seconds is None else Decimal(seconds) / 3600


def _cost(
    unit: Unit | Unknown, runs: _Runs, minutes: Decimal | None, currency: str
) -> Cost | Unknown:
    if isinstance(unit, Unknown):
        return unit
    hourly = unit.monthly / HOURS * runs.at_once
    limit = min((h for h in (runs.deadline, runs.interval) if h is not None), default=None)
    if minutes is None:
        return Unknown(reason=_no_duration(hourly, runs, limit, currency))
    if runs.apart and runs.interval is not None:
        expected = min(minutes / 60, runs.interval)
    else:
        expected = minutes / 60
    if runs.deadline is not None:
        expected = min(expected, runs.deadline)
    # Only a deadline is a bound: runs may overlap, and then an interval is none.
    high = expected if runs.deadline is None or limit is None else max(expected, limit)
    basis = f"{number(runs.count)} runs × {number(expected * 60)} minutes (assumed)"
    each = Range(low=expected, expected=expected, high=high)
    return Cost(
        amount=_scaled(each, hourly * runs.count),
        grade=worst(unit.grade, Grade.B),
        basis=f"{basis} × {runs.at_once} × ({unit.basis})",
    )


def _scaled(hours: Range, hourly: Decimal) -> Range:
    return Range(
        low=nano(hours.low * hourly),
        expected=nano(hours.expected * hourly),
        high=nano(hours.high * hourly),
    )


def _no_duration(hourly: Decimal, runs: _Runs, limit: Decimal | None, currency: str) -> str:
    reason = "how long a run takes is not known (assume.job_minutes)"
    if limit is None:
        return f"{reason}; it costs {plain(hourly, currency)} an hour while it runs"
    most = plain(hourly * runs.count * limit, currency)
    if limit == runs.deadline:
        return f"{reason}; activeDeadlineSeconds keeps it at or under {most} a month"
    return f"{reason}; at most {most} a month if runs do not overlap"
