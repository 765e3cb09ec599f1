"""What workloads used, measured in Prometheus: a handful of queries a namespace."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from bot.rightsizing import figures
from bot.rightsizing.config import Rightsizing
from bot.rightsizing.prometheus import Prometheus, PrometheusError
from bot.rightsizing.survey import Container, Found, Survey
from checks.model import ContainerUsage, Refusal, ResourceRef

_SECONDS = 600.0
# (workload, container), as ContainerUsage.key.
Key: TypeAlias = tuple[ResourceRef, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What was found: the usage of each container, and which workloads have none and why."""

    usages: Mapping[Key, ContainerUsage]
    refusals: tuple[Refusal, ...] = ()


def measure(
    prometheus: Prometheus,
    workloads: Iterable[ResourceRef],
    now: datetime,
    config: Rightsizing,
    seconds: float = _SECONDS,
) -> Measured:
    """The usage of every container of the workloads in the window that ends at `now`.

    A namespace is asked about as a whole; when `seconds` are over the rest is refused. Raises
    PrometheusError where Prometheus cannot be asked at all, `Later` where it wants to be left alone
    for a while; what goes wrong with one namespace is a refusal of its workloads.
    """
    deadline = time.monotonic() + seconds
    answers: list[ContainerUsage | Refusal] = []
    for namespace, wanted in _by_namespace(workloads).items():
        if not namespace:
            reason = "its namespace is not known, so it cannot be found in Prometheus"
            answers += [_refusal(workload, reason) for workload in wanted]
        elif time.monotonic() > deadline:
            reason = f"there was no time left: measuring may take {seconds:.0f} seconds"
            answers += [_refusal(workload, reason) for workload in wanted]
        else:
            answers += _of_namespace(prometheus, namespace, wanted, now, config)
    return Measured(
        usages={answer.key: answer for answer in answers if isinstance(answer, ContainerUsage)},
        refusals=tuple(answer for answer in answers if isinstance(answer, Refusal)),
    )


def _by_namespace(workloads: Iterable[ResourceRef]) -> Mapping[str, list[ResourceRef]]:
    result: dict[str, list[ResourceRef]] = {}
    for workload in sorted(set(workloads), key=lambda w: (w.namespace, w.kind, w.name)):
        result.setdefault(workload.namespace, []).append(workload)
    return result


def _of_namespace(
    prometheus: Prometheus,
    namespace: str,
    wanted: Iterable[ResourceRef],
    now: datetime,
    config: Rightsizing,
) -> list[ContainerUsage | Refusal]:
    try:
        survey = Survey.of(prometheus, namespace, now, config)
    except PrometheusError as error:
        if error.down:
            raise
        return [_refusal(workload, str(error)) for workload in wanted]
    return [answer for workload in wanted for answer in _of_workload(workload, survey)]


def _of_workload(workload: ResourceRef, survey: Survey) -> Iterator[ContainerUsage | Refusal]:
    own = survey.containers(workload.kind, workload.name)
    clusters = sorted({key[0][0] for key in own})
    if len(clusters) > 1:
        yield _refusal(workload, _twice(clusters, survey.queries.cluster))
        return
    if not own:
        yield _refusal(workload, f"Prometheus has no usage of it in {survey.window_days} days")
    for key in sorted(own):
        if own[key].rows:
            yield _usage(key, own[key], survey)
        else:
            reason = _why_not(own[key])
            yield Refusal(workload=workload, container=key[1], resource="", reason=reason)


def _refusal(workload: ResourceRef, reason: str) -> Refusal:
    return Refusal(workload=workload, container="", resource="", reason=reason)


def _twice(clusters: Iterable[str], label: str) -> str:
    named = [f'"{name}"' for name in clusters]
    return (
        f"it is found more than once, with {label} = {' and '.join(named)}; say which one is meant,"
        f" such as rightsizing: {{source: {{labels: {{{label}: {named[-1]}}}}}}}"
    )


def _why_not(found: Found) -> str:
    reasons = (
        figures.unusable(found.cpu, figures.CPU),
        figures.unusable(found.memory, figures.MEMORY),
    )
    return "; ".join(none.reason for none in reasons if none)


def _usage(key: Container, found: Found, survey: Survey) -> ContainerUsage:
    """The usage of a container with at least one row."""
    (_, kind, name), container = key
    grid, queries = survey.grid, survey.queries
    points = figures.present(found.rows)
    first = min(row.first() or 0 for row in found.rows)
    last = max(row.last() or 0 for row in found.rows)
    events = figures.Events(
        restarts=found.restarts,
        kills=found.kills,
        kill_limit=found.kill_limit,
        heap=key[0] in survey.heaps,
    )
    return ContainerUsage(
        namespace=queries.namespace,
        workload_kind=kind,
        workload_name=name,
        container=container,
        window_days=survey.window_days,
        step_seconds=grid.step,
        points=len(points),
        coverage=len(points) / (grid.points - first),
        pods=found.pods,
        now=survey.now,
        first_seen=survey.instant(first),
        as_of=min(found.fresh or survey.instant(last), survey.now),
        has_weekend=figures.has_weekend(points, grid),
        cpu=figures.cpu(found.cpu, grid, found.throttled),
        memory=figures.memory(found.memory, grid, events),
        last_rollout=survey.rollout(key[0]),
        scaled_by=tuple(sorted(survey.scaled.get(key[0], ()))),
        queries=queries.evidence(),
    )
