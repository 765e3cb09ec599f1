"""Measurements as the rightsizers see them, without a Prometheus around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from checks.model import (
    ContainerUsage,
    CpuUsage,
    MemoryUsage,
    Patch,
    Recommendation,
    Refusal,
    Resource,
)
from checks.pricing.workload import Assumptions
from checks.rightsizing.config import Guards, Sizing
from checks.rightsizing.context import Context
from checks.rightsizing.rightsizers import RIGHTSIZERS
from tests.checks.manifests import FACTS, container, snapshot, workload

MIB = 2**20
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
# Money is looked at where a test is about money.
FREE = Sizing(guards=Guards(ignore_money=FACTS.prices.units["cpu"].amount * 0))


def cpu(peak: float = 0.2, **fields: Any) -> CpuUsage:
    """A container that uses half of `peak` but for the hour from 14:00."""
    hours = [peak / 2] * 24
    hours[14] = peak
    usage = CpuUsage(
        p50=peak / 2,
        p95=peak / 2,
        p99=peak,
        max=peak,
        by_hour_p95=tuple(hours),
        peak_hour=14,
        throttled_share=None,
        distribution=spread([peak / 2] * 23 + [peak]),
        shift=0.0,
    )
    return replace(usage, **fields)


def memory(most_mib: float = 200, **fields: Any) -> MemoryUsage:
    """A container that holds that much, or a tenth less."""
    most = most_mib * MIB
    usage = MemoryUsage(
        p50=most * 0.9,
        p95=most,
        p99=most,
        max=most,
        slope_per_day=0.0,
        oom_kills=0,
        restarts=0,
        distribution=spread([most * 0.9, most]),
        shift=0.0,
    )
    return replace(usage, **fields)


def spread(values: Sequence[float]) -> tuple[float, ...]:
    """A distribution of equally likely values."""
    return tuple(sorted(values))


def usage(**fields: Any) -> ContainerUsage:
    """Two full weeks of the container app."""
    full = ContainerUsage(
        namespace="",
        workload_kind="Deployment",
        workload_name="web",
        container="app",
        window_days=14,
        step_seconds=300,
        points=4032,
        coverage=1.0,
        pods=3,
        now=NOON,
        first_seen=NOON - timedelta(days=14, minutes=-5),
        as_of=NOON - timedelta(minutes=1),
        has_weekend=True,
        cpu=cpu(),
        memory=memory(),
    )
    return replace(full, **fields)


def asking(
    requests: dict[str, Any] | None = None,
    limits: dict[str, Any] | None = None,
    *more: dict[str, Any],
    **fields: Any,
) -> Resource:
    """A Deployment of three replicas whose container app has these resources."""
    sides = {"requests": requests, "limits": limits}
    resources = {name: side for name, side in sides.items() if side is not None}
    pod = {"containers": [container(resources=resources, **fields), *more]}
    return workload(spec={"replicas": 3}, pod=pod)


def context(*resources: Resource, assume: Assumptions | None = None) -> Context:
    """What stands around a workload."""
    return Context.of(snapshot(*resources), FACTS, assume)


def answer(
    name: str,
    resource: Resource,
    measured: ContainerUsage | None = None,
    *others: Resource,
    config: Sizing = FREE,
) -> Recommendation | Refusal | None:
    """What the rightsizer of `name` ("cpu", "memory") says."""
    rightsizer = next(r for r in RIGHTSIZERS if r.resource == name)
    return rightsizer.recommend(resource, measured or usage(), config, context(resource, *others))


def wanted(*arguments: Any, **options: Any) -> Recommendation:
    """The answer, which must be a recommendation."""
    said = answer(*arguments, **options)
    assert isinstance(said, Recommendation), said
    return said


def refused(*arguments: Any, **options: Any) -> str:
    """Why the answer, which must be a refusal, is one."""
    said = answer(*arguments, **options)
    assert isinstance(said, Refusal), said
    return said.reason


def writes(patches: Sequence[Patch]) -> dict[str, Any]:
    """What patches write, by the end of where: {"requests.cpu": "250m"}."""
    return {".".join(map(str, patch.pointer[-2:])): patch.value for patch in patches}
