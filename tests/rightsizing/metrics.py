"""Made-up clusters: what kubelets and kube-state-metrics would have said, as OpenMetrics text."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeAlias

STEP = 300
HOUR, DAY = 3_600, 86_400
MIB = 2**20
# A Sunday, at noon. The past is as good as the present: nothing here looks at a clock.
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
END = int(NOW.timestamp())
# What a figure was at an instant; None where nothing was measured.
Figure: TypeAlias = Callable[[int], "float | None"]
# A metric and the lines of one of its series.
Family: TypeAlias = tuple[str, Iterator[str]]


def flat(value: float) -> Figure:
    """Always the same, but for a ripple of 2%."""
    return lambda t: value * (1 + 0.02 * math.sin(t / 7000))


def daily(low: float, high: float, hour: int) -> Figure:
    """`high` in one hour of every day, else `low`."""
    return lambda t: high if t // HOUR % 24 == hour else low


@dataclass(slots=True, kw_only=True)
class Container:
    """A container of a pod. Cores, bytes, and totals of what happened to it so far."""

    name: str = "app"
    cpu: Figure = field(default_factory=lambda: flat(0.1))
    memory: Figure = field(default_factory=lambda: flat(200 * MIB))
    throttled: Figure | None = None
    restarts: Figure = field(default_factory=lambda: lambda _: 0)
    killed_from: int | None = None
    limit_mib: int | None = None


@dataclass(slots=True, kw_only=True)
class Pod:
    """A pod of a workload from `since` to `until` (Unix seconds). `labels` go onto every series."""

    name: str
    owner: tuple[str, str]
    containers: list[Container]
    namespace: str = "shop"
    since: int = END - 16 * DAY
    until: int = END + HOUR
    labels: dict[str, str] = field(default_factory=dict)
    # A second scrape job that sees the same, and a second kube-state-metrics.
    twins: bool = False
    heap: bool = False
    # What an autoscaler of its Deployment goes by.
    scaled_by: str = ""


def deployment(name: str, *containers: Container, pods: int = 1, **fields: object) -> list[Pod]:
    """The pods of a Deployment's only ReplicaSet."""
    return [
        Pod(
            name=f"{name}-5d9f-{number}",
            owner=("ReplicaSet", f"{name}-5d9f"),
            containers=list(containers or (Container(),)),
            **fields,  # type: ignore[arg-type]
        )
        for number in range(pods)
    ]


def openmetrics(pods: Iterable[Pod]) -> Iterator[str]:
    """The lines of an OpenMetrics file: metric by metric, as the format wants."""
    known = list(pods)
    families: dict[str, list[Iterator[str]]] = {}
    for pod in known:
        for family, lines in _of_pod(pod):
            families.setdefault(family, []).append(lines)
    sets = {
        (pod.namespace, pod.owner[1], *sorted(pod.labels.items())): pod
        for pod in known
        if pod.owner[0] == "ReplicaSet"
    }
    for pod in sets.values():
        name = pod.owner[1]
        labels = {
            "namespace": pod.namespace,
            "replicaset": name,
            "owner_kind": "Deployment",
            "owner_name": name.rpartition("-")[0],
            "owner_is_controller": "true",
            **pod.labels,
        }
        lines = _series("kube_replicaset_owner", labels, pod, lambda _: 1)
        families.setdefault("kube_replicaset_owner", []).append(lines)
        for family, lines in _scaler(pod):
            families.setdefault(family, []).append(lines)
    for family in sorted(families):
        for lines in families[family]:
            yield from lines
    yield "# EOF\n"


def _scaler(pod: Pod) -> Iterator[Family]:
    if not pod.scaled_by:
        return
    target = pod.owner[1].rpartition("-")[0]
    base = {"namespace": pod.namespace, "horizontalpodautoscaler": f"hpa-{target}", **pod.labels}
    refers = {"scaletargetref_kind": "Deployment", "scaletargetref_name": target}
    for state in ("ksm-0", "ksm-1"):
        info = "kube_horizontalpodautoscaler_info"
        labels = {**base, **refers, "instance": state}
        yield info, _series(info, labels, pod, lambda _: 1)
        metric = "kube_horizontalpodautoscaler_spec_target_metric"
        labels = {**base, "metric_name": pod.scaled_by, "instance": state}
        yield metric, _series(metric, labels, pod, lambda _: 80)


def _of_pod(pod: Pod) -> Iterator[Family]:
    base = {"namespace": pod.namespace, "pod": pod.name, **pod.labels}
    owner = {"owner_kind": pod.owner[0], "owner_name": pod.owner[1], "owner_is_controller": "true"}
    jobs = ("kubelet", "cadvisor") if pod.twins else ("kubelet",)
    states = ("ksm-0", "ksm-1") if pod.twins else ("ksm-0",)
    for state in states:
        labels = {**base, **owner, "uid": f"uid-{pod.name}", "instance": state}
        yield "kube_pod_owner", _series("kube_pod_owner", labels, pod, lambda _: 1)
    if pod.heap:
        name = "jvm_memory_used_bytes"
        yield name, _series(name, {**base, "area": "heap"}, pod, lambda _: 1e8)
    for one in pod.containers:
        own = {**base, "container": one.name}
        for job in jobs:
            yield from _measured({**own, "job": job}, pod, one)
        for state in states:
            yield from _stated({**own, "uid": f"uid-{pod.name}", "instance": state}, pod, one)


def _measured(labels: dict[str, str], pod: Pod, one: Container) -> Iterator[Family]:
    cpu = "container_cpu_usage_seconds_total"
    yield cpu, _series(cpu, labels, pod, _total(one.cpu))
    memory = "container_memory_working_set_bytes"
    yield memory, _series(memory, labels, pod, one.memory)
    if one.throttled is not None:
        # 10 periods a second; the figure is the share of them.
        share = one.throttled
        periods = "container_cpu_cfs_periods_total"
        yield periods, _series(periods, labels, pod, _total(lambda _: 10))
        throttled = "container_cpu_cfs_throttled_periods_total"
        yield throttled, _series(throttled, labels, pod, _total(lambda t: 10 * (share(t) or 0)))


def _stated(labels: dict[str, str], pod: Pod, one: Container) -> Iterator[Family]:
    restarts = "kube_pod_container_status_restarts_total"
    yield restarts, _series(restarts, labels, pod, one.restarts)
    killed = one.killed_from
    if killed is not None:
        name = "kube_pod_container_status_last_terminated_reason"
        reason = {**labels, "reason": "OOMKilled"}
        yield name, _series(name, reason, pod, _from(killed))
    limit = one.limit_mib
    if limit is not None:
        name = "kube_pod_container_resource_limits"
        bytes_ = limit * MIB
        yield name, _series(name, {**labels, "resource": "memory"}, pod, lambda _: bytes_)


def _from(since: int) -> Figure:
    return lambda t: 1 if t >= since else None


def _total(rate: Figure) -> Figure:
    """The counter of a rate; it stands still while nothing is measured, and is not measured."""
    total = 0.0

    def counter(t: int) -> float | None:
        nonlocal total
        value = rate(t)
        if value is None:
            return None
        total += value * STEP
        return total

    return counter


def _series(metric: str, labels: dict[str, str], pod: Pod, figure: Figure) -> Iterator[str]:
    pairs = ",".join(f"{key}={_quoted(value)}" for key, value in sorted(labels.items()))
    head = f"{metric}{{{pairs}}}"
    for instant in range(pod.since // STEP * STEP, pod.until, STEP):
        value = figure(instant)
        if value is not None:
            yield f"{head} {_number(value)} {instant}\n"


def _number(value: float) -> str:
    return repr(value) if math.isfinite(value) else {"nan": "NaN", "inf": "+Inf"}[repr(value)]


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
