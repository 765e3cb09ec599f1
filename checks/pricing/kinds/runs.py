"""What runs to an end costs: runs a month × how long one takes × pods at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from checks.model import Grade, Node, Pointer, Range, Resource
from checks.money import plain
from checks.pricing.bill import Part, Span
from checks.pricing.cost import HOURS, Cost, Unknown, flawed, number
from checks.pricing.kinds.pieces import Answer, Piece, parts_of
from checks.pricing.market import Market, label
from checks.pricing.parts import assembled
from checks.pricing.scale import Replicas, shown, whole

_ONCE = Decimal(1)
SUSPENDED = Cost(amount=Range.exact(Decimal(0)), grade=Grade.A, basis="suspended")
# Kueue suspends what waits in its queues, and starts it in its turn.
_QUEUE = "kueue.x-k8s.io/queue-name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """`count` runs a month. `deadline` is the hours after which Kubernetes ends one, `interval`
    the hours from one to the next; None where there is none. `apart` says they never overlap."""

    count: Decimal = _ONCE
    deadline: Decimal | None = None
    interval: Decimal | None = None
    apart: bool = False


def run_cost(resource: Resource, market: Market, pieces: Sequence[Piece], runs: Runs) -> Answer:
    """The cost of all runs of a month. A Job runs once: that is what it adds to the month."""
    parts = parts_of(resource, market, pieces)
    if isinstance(parts, Unknown):
        return parts
    assume = market.assume
    minutes = assume.job_minutes_for.get(label(resource), assume.job_minutes)
    limit = min((h for h in (runs.deadline, runs.interval) if h is not None), default=None)
    if minutes is None:
        currency = market.sheets.at(resource.place).currency
        return Unknown(reason=_no_duration(parts, runs, limit, currency))
    span = _span(minutes / 60, runs, limit)
    return assembled(
        [Part(unit=p.unit, count=p.count, name=p.name, times=p.times, span=span) for p in parts]
    )


def _span(hours: Decimal, runs: Runs, limit: Decimal | None) -> Span:
    expected = hours
    if runs.apart and runs.interval is not None:
        expected = min(hours, runs.interval)
    if runs.deadline is not None:
        expected = min(expected, runs.deadline)
    # Only a deadline is a bound: runs may overlap, and then an interval is none.
    high = expected if runs.deadline is None or limit is None else max(expected, limit)
    return Span(
        runs=runs.count,
        hours=Range(low=expected, expected=expected, high=high),
        shown=f"{number(runs.count)} runs × {number(expected * 60)} minutes (assumed)",
    )


def _no_duration(parts: Sequence[Part], runs: Runs, limit: Decimal | None, currency: str) -> str:
    hourly = sum((p.unit.monthly.expected * p.count.expected for p in parts), Decimal(0)) / HOURS
    reason = "how long a run takes is not known (assume.job_minutes)"
    if limit is None:
        return f"{reason}; it costs {plain(hourly, currency)} an hour while it runs"
    most = plain(hourly * runs.count * limit, currency)
    if limit == runs.deadline:
        return f"{reason}; activeDeadlineSeconds keeps it at or under {most} a month"
    return f"{reason}; at most {most} a month if runs do not overlap"


def is_suspended(resource: Resource, *pointer: str) -> bool:
    """Whether it does not run until somebody says so; what waits in a queue will."""
    waits = _QUEUE in resource.labels()
    return resource.get(*(pointer or ("spec", "suspend"))) is True and not waits


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """The template of a Job: how many pods run at a time, until when, and their spec."""

    at_once: int
    deadline: Decimal | None
    spec: Node
    pointer: Pointer


def job_template(resource: Resource, pointer: Pointer) -> Template | Unknown:
    """The spec of a Job that stands at `pointer`."""
    spec = resource.get(*pointer)
    values: Mapping[str, Node] = spec if isinstance(spec, dict) else {}
    names = ("parallelism", "completions", "activeDeadlineSeconds")
    for name in names:
        if values.get(name) is not None and whole(values[name], default=None) is None:
            problem = f"{name} is {shown(values[name])}, not a number from 0 up"
            return flawed((*pointer, name), problem)
    parallelism, completions, seconds = (whole(values.get(n), default=None) for n in names)
    at_once = 1 if parallelism is None else parallelism
    if completions is not None:
        at_once = min(at_once, completions)
    return Template(
        at_once=at_once,
        deadline=None if seconds is None else Decimal(seconds) / 3600,
        spec=resource.get(*pointer, "template", "spec"),
        pointer=(*pointer, "template", "spec"),
    )


def piece_of(template: Template, name: str = "", times: int = 1) -> Piece:
    """The pods of a Job as a piece; `times` as many Jobs."""
    return Piece(
        spec=template.spec,
        pointer=template.pointer,
        count=Replicas.exact(template.at_once * times),
        name=name,
    )
