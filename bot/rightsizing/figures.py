"""From a row of measurements to the figures that are decided with. Pure arithmetic."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from bot.rightsizing.prometheus import Grid
from checks.model import CpuUsage, Distribution, MemoryUsage, NoUsage

CPU = "container_cpu_usage_seconds_total"
MEMORY = "container_memory_working_set_bytes"
HOUR = 3_600
DAY = 86_400
_WEEK = 7
_QUANTILES = 1_000
# Movements of what is next to nothing mean nothing: shares are of at least this much.
CPU_GROUND = 0.010
MEMORY_GROUND = 16.0 * 2**20
# This much of a day, or of a week, must be there to speak for it.
_ENOUGH = 0.7
_SATURDAY, _SUNDAY = 5, 6
# 1 January 1970 was a Thursday.
_EPOCH_WEEKDAY = 3


@dataclass(slots=True)
class Row:
    """One figure over a grid: NaN where nothing was measured. `bad` counts what cannot be a
    measurement: NaN, infinite or negative values that Prometheus itself gave."""

    values: array[float]
    bad: int = 0

    @classmethod
    def empty(cls, grid: Grid) -> Row:
        """A row in which nothing is measured yet."""
        return cls(array("d", [math.nan]) * grid.points)

    def put(self, grid: Grid, values: Sequence[tuple[float, float]]) -> None:
        """Enter the values of a series; where there is one already the higher one stays."""
        row = self.values
        for instant, value in values:
            index = grid.index(instant)
            if not math.isfinite(value) or value < 0:
                self.bad += 1
            elif 0 <= index < grid.points and not value <= row[index]:
                row[index] = value

    def first(self) -> int | None:
        """The number of the first point that is there."""
        return next((n for n, value in enumerate(self.values) if value == value), None)

    def last(self) -> int | None:
        """The number of the last point that is there."""
        count = len(self.values)
        return next((n for n in range(count - 1, -1, -1) if not math.isnan(self.values[n])), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """What happened to a container in the window, as MemoryUsage has it."""

    restarts: int | None = None
    kills: int | None = None
    kill_limit: int | None = None
    heap: bool = False


def present(rows: Sequence[Row]) -> list[int]:
    """The numbers of the points that every row has."""
    return [
        number
        for number, values in enumerate(zip(*(row.values for row in rows), strict=True))
        if not any(map(math.isnan, values))
    ]


def unusable(row: Row | None, metric: str) -> NoUsage | None:
    """Why a row gives no figures, None where it does."""
    if row is None or (row.bad == 0 and row.first() is None):
        return NoUsage(reason=f"Prometheus has no {metric} of it")
    if row.bad:
        total = row.bad + sum(1 for value in row.values if not math.isnan(value))
        return NoUsage(
            reason=f"{row.bad:,} of {total:,} values of {metric} are NaN, infinite or negative"
        )
    return None


def cpu(row: Row | None, grid: Grid, throttled: Sequence[float]) -> CpuUsage | NoUsage:
    """The figures of a row of cores; `throttled` are shares by the hour."""
    none = unusable(row, CPU)
    if none or row is None:
        return none or NoUsage(reason=f"Prometheus has no {CPU} of it")
    ordered = sorted(measured(row))
    hours = by_hour_p95(row, grid)
    peak = max((p95, -hour) for hour, p95 in enumerate(hours) if p95 is not None)
    return CpuUsage(
        p50=rank(ordered, 0.50),
        p95=rank(ordered, 0.95),
        p99=rank(ordered, 0.99),
        max=ordered[-1],
        by_hour_p95=hours,
        peak_hour=-peak[1],
        throttled_share=rank(sorted(throttled), 0.95) if throttled else None,
        distribution=distribution(ordered),
        shift=shift(row, grid, CPU_GROUND),
    )


def memory(row: Row | None, grid: Grid, events: Events) -> MemoryUsage | NoUsage:
    """The figures of a row of bytes, and what happened meanwhile."""
    none = unusable(row, MEMORY)
    if none or row is None:
        return none or NoUsage(reason=f"Prometheus has no {MEMORY} of it")
    ordered = sorted(measured(row))
    return MemoryUsage(
        p50=rank(ordered, 0.50),
        p95=rank(ordered, 0.95),
        p99=rank(ordered, 0.99),
        max=ordered[-1],
        slope_per_day=slope_per_day(row, grid, MEMORY_GROUND),
        oom_kills=events.kills,
        restarts=events.restarts,
        distribution=distribution(ordered),
        oom_limit=events.kill_limit,
        heap_metrics=events.heap,
        shift=shift(row, grid, MEMORY_GROUND),
    )


def measured(row: Row) -> Iterator[float]:
    """What is there, in order of time."""
    return (value for value in row.values if not math.isnan(value))


def rank(ordered: Sequence[float], share: float) -> float:
    """The value that at least `share` of the ordered values do not exceed: one of them."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def distribution(ordered: Sequence[float]) -> Distribution:
    """The ordered values thinned out evenly; the least and the most stay."""
    last = len(ordered) - 1
    return tuple(ordered[round(n * last / _QUANTILES)] for n in range(_QUANTILES + 1))


def by_hour_p95(row: Row, grid: Grid) -> tuple[float | None, ...]:
    """The p95 of each hour of the day (UTC) over all days."""
    hours: list[list[float]] = [[] for _ in range(24)]
    for number, value in enumerate(row.values):
        if not math.isnan(value):
            hours[(grid.start + number * grid.step) // HOUR % 24].append(value)
    return tuple(rank(sorted(values), 0.95) if values else None for values in hours)


def shift(row: Row, grid: Grid, ground: float) -> float | None:
    """How far the median of the last 7 days is from the 7 days before, as a share of that; None
    where either week is not there for the most part."""
    points = _WEEK * DAY // grid.step
    if len(row.values) < 2 * points:
        return None
    weeks = [_there(row.values[-2 * points : -points]), _there(row.values[-points:])]
    if any(len(week) < _ENOUGH * points for week in weeks):
        return None
    before, after = median(weeks[0]), median(weeks[1])
    return (after - before) / max(before, ground)


def slope_per_day(row: Row, grid: Grid, ground: float) -> float | None:
    """The trend a day as a share of the median: the median of the slopes between all pairs of days
    (Theil and Sen), each taken at its median. None where fewer than three days are there for the
    most part. Days are counted back from the end."""
    points = DAY // grid.step
    days: list[tuple[int, float]] = []
    for number, end in enumerate(range(len(row.values), points - 1, -points)):
        day = _there(row.values[end - points : end])
        if len(day) >= _ENOUGH * points:
            days.append((-number, median(day)))
    if len(days) < 3:
        return None
    slopes = [(b - a) / (n - m) for i, (m, a) in enumerate(days) for n, b in days[i + 1 :]]
    return median(slopes) / max(median(value for _, value in days), ground)


def has_weekend(points: Sequence[int], grid: Grid) -> bool:
    """Whether most of a Saturday and most of a Sunday (UTC) are among the points."""
    count = {_SATURDAY: 0, _SUNDAY: 0}
    for number in points:
        weekday = ((grid.start + number * grid.step) // DAY + _EPOCH_WEEKDAY) % 7
        if weekday in count:
            count[weekday] += 1
    return all(found >= _ENOUGH * DAY / grid.step for found in count.values())


def _there(values: Sequence[float]) -> list[float]:
    return [value for value in values if not math.isnan(value)]
