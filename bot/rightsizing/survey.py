"""One namespace, asked about query by query: rows and totals by container, nothing decided."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeAlias

from bot.rightsizing.config import Rightsizing
from bot.rightsizing.figures import DAY, HOUR, Row
from bot.rightsizing.prometheus import Grid, Prometheus, PrometheusError, Sample
from bot.rightsizing.queries import Queries

# What Prometheus is scraped at where it does not say, in seconds, and what people set.
_SCRAPE = 60
_SCRAPES = (15, 20, 30, 60, 120, 180, 300)
# A rate needs four scrapes to live through a missed one.
_RATE_SCRAPES = 4
_GAUGE_SCRAPES = 2

# (cluster, kind, name) of a workload of one namespace.
Workload: TypeAlias = tuple[str, str, str]
# A workload and the name of a container.
Container: TypeAlias = tuple[Workload, str]


@dataclass(slots=True)
class Found:
    """What is known about one container."""

    cpu: Row | None = None
    memory: Row | None = None
    throttled: list[float] = field(default_factory=list)
    fresh: datetime | None = None
    pods: int = 0
    restarts: int | None = None
    kills: int | None = None
    kill_limit: int | None = None

    @property
    def rows(self) -> list[Row]:
        """The rows with something in them."""
        return [row for row in (self.cpu, self.memory) if row and row.first() is not None]


class Survey:
    """What a namespace answered; `versions` has the first point of each version of a workload."""

    def __init__(self, queries: Queries, grid: Grid, now: datetime, window_days: int) -> None:
        self.queries, self.grid, self.now, self.window_days = queries, grid, now, window_days
        self.found: dict[Container, Found] = {}
        self.heaps: set[Workload] = set()
        self.scaled: dict[Workload, set[str]] = {}
        self.versions: dict[Workload, dict[str, int]] = {}
        self._owners: dict[tuple[str, str], tuple[str, str]] = {}

    @classmethod
    def of(
        cls, prometheus: Prometheus, namespace: str, now: datetime, config: Rightsizing
    ) -> Survey:
        """Ask about a namespace. Raises PrometheusError."""
        step = config.step_minutes * 60
        window = config.window_days * DAY
        scrape = config.source.scrape_seconds
        probe = _queries(namespace, config, scrape or _SCRAPE)
        if scrape is None:
            scrape = _scraped_every(prometheus.instant(probe.scraped(), now))
        queries = _queries(namespace, config, scrape)
        end = int(now.timestamp()) // step * step
        grid = Grid(start=end - window + step, step=step, points=window // step)
        survey = cls(queries, grid, now, config.window_days)
        survey._ask(prometheus)
        return survey

    def _ask(self, prometheus: Prometheus) -> None:
        queries, now = self.queries, self.now
        fresh = prometheus.instant(queries.fresh(), now)
        if not fresh:
            raise PrometheusError(self._nothing(prometheus))
        for sample in prometheus.instant(queries.replica_sets(), now):
            label = sample.metric
            owned = (self._cluster(label), label.get("replicaset", ""))
            self._owners[owned] = (label.get("owner_kind", ""), label.get("owner_name", ""))
        for found, value in self._each(fresh):
            seen = datetime.fromtimestamp(value, UTC)
            found.fresh = max(found.fresh or seen, seen)
        for found, value in self._each(prometheus.instant(queries.pods(), now)):
            found.pods += int(value)
        self._events(prometheus)
        for sample in prometheus.instant(queries.heaps(), now):
            self.heaps.add(self._workload(sample.metric))
        for sample in prometheus.instant(queries.scalers(), now):
            label = sample.metric
            target = (label.get("scaletargetref_kind", ""), label.get("scaletargetref_name", ""))
            metrics = self.scaled.setdefault((self._cluster(label), *target), set())
            metrics.add(label.get("metric_name", ""))
        self._rows(prometheus)

    def _events(self, prometheus: Prometheus) -> None:
        queries, now = self.queries, self.now
        for found, value in self._each(prometheus.instant(queries.restarts(), now)):
            found.restarts = (found.restarts or 0) + max(0, round(value))
            found.kills = found.kills or 0
        for found, value in self._each(prometheus.instant(queries.kills(), now)):
            found.kills = (found.kills or 0) + max(0, round(value))
        for found, value in self._each(prometheus.instant(queries.kill_limits(), now)):
            found.kill_limit = max(found.kill_limit or 0, round(value)) or None

    def _rows(self, prometheus: Prometheus) -> None:
        for series in prometheus.range(self.queries.cpu(), self.grid):
            found = self._of(series.metric)
            found.cpu = found.cpu or Row.empty(self.grid)
            found.cpu.put(self.grid, series.values)
            self._version(series.metric, series.values)
        for series in prometheus.range(self.queries.memory(), self.grid):
            found = self._of(series.metric)
            found.memory = found.memory or Row.empty(self.grid)
            found.memory.put(self.grid, series.values)
        for series in prometheus.range(self.queries.throttled(), self._hourly()):
            shares = [value for _, value in series.values if math.isfinite(value)]
            self._of(series.metric).throttled += shares

    def _hourly(self) -> Grid:
        end = self.grid.end // HOUR * HOUR
        points = self.window_days * 24
        return Grid(start=end - (points - 1) * HOUR, step=HOUR, points=points)

    def _version(self, label: Mapping[str, str], values: list[tuple[float, float]]) -> None:
        if not values:
            return
        versions = self.versions.setdefault(self._workload(label), {})
        name = label.get("owner_name", "")
        first = self.grid.index(values[0][0])
        versions[name] = min(first, versions.get(name, first))

    def _each(self, samples: Iterable[Sample]) -> Iterator[tuple[Found, float]]:
        for sample in samples:
            if math.isfinite(sample.value[1]):
                yield self._of(sample.metric), sample.value[1]

    def _of(self, label: Mapping[str, str]) -> Found:
        key = (self._workload(label), label.get("container", ""))
        return self.found.setdefault(key, Found())

    def _workload(self, label: Mapping[str, str]) -> Workload:
        """What owns the pods of a series in the end: a ReplicaSet's own owner where it has one."""
        cluster = self._cluster(label)
        kind, name = label.get("owner_kind", ""), label.get("owner_name", "")
        if kind == "ReplicaSet":
            kind, name = self._owners.get((cluster, name), (kind, name))
        return (cluster, kind, name)

    def _cluster(self, label: Mapping[str, str]) -> str:
        return label.get(self.queries.cluster, "")

    def _nothing(self, prometheus: Prometheus) -> str:
        """Why a namespace has nothing: it never had, or no longer has."""
        name = self.queries.namespace
        newest = prometheus.instant(self.queries.newest(), self.now)
        if not newest:
            return (
                f"Prometheus has no container_cpu_usage_seconds_total of the namespace {name} in"
                f" the last {self.window_days} days"
            )
        seen = datetime.fromtimestamp(newest[0].value[1], UTC)
        if (self.now - seen).total_seconds() < 2 * HOUR:
            return (
                f"no container of the namespace {name} could be told from another: Prometheus has"
                " no kube_pod_owner of it (kube-state-metrics)"
            )
        return (
            f"the metrics of the namespace {name} are stale: the newest sample is of about"
            f" {seen:%Y-%m-%d %H:%M} UTC"
        )

    def containers(self, kind: str, name: str) -> dict[Container, Found]:
        """The containers of a workload that were measured at all, in every cluster."""
        return {
            key: found
            for key, found in self.found.items()
            if key[0][1:] == (kind, name) and (found.cpu or found.memory)
        }

    def instant(self, point: int) -> datetime:
        """When a point of the grid was."""
        return datetime.fromtimestamp(self.grid.start + point * self.grid.step, UTC)

    def rollout(self, workload: Workload) -> datetime | None:
        """When the newest version appeared after an older one; None where none did."""
        firsts = self.versions.get(workload, {}).values()
        if not firsts or max(firsts) == min(firsts):
            return None
        return self.instant(max(firsts))


def _queries(namespace: str, config: Rightsizing, scrape: int) -> Queries:
    step = config.step_minutes * 60
    return Queries(
        namespace=namespace,
        labels=config.source.labels,
        cluster=config.source.cluster_label,
        rate=max(step, _RATE_SCRAPES * scrape),
        gauge=max(step, _GAUGE_SCRAPES * scrape),
        window=config.window_days * DAY,
    )


def _scraped_every(samples: Iterable[Sample]) -> int:
    """The seconds between scrapes, from how many samples an hour has."""
    for sample in samples:
        count = sample.value[1]
        if math.isfinite(count) and count >= 1:
            # An hour may have one sample more or less than it should.
            return next((s for s in _SCRAPES if s >= 0.9 * HOUR / count), _SCRAPES[-1])
    return _SCRAPE
