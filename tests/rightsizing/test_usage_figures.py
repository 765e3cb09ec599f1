"""The arithmetic of usage, on rows written down here."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rightsizing import figures
from bot.rightsizing.figures import CPU_GROUND, DAY, MEMORY_GROUND, Events, Row
from bot.rightsizing.prometheus import Grid
from checks.model import NoUsage, share_above
from tests.rightsizing.metrics import END, HOUR

GRID = Grid(start=END - 14 * DAY + 300, step=300, points=14 * 288)


def _row(value: Callable[[int], float | None], grid: Grid = GRID) -> Row:
    row = Row.empty(grid)
    instants = range(grid.start, grid.end + 1, grid.step)
    row.put(grid, [(float(t), v) for t in instants if (v := value(t)) is not None])
    return row


def test_a_quantile_is_a_value_that_was_measured() -> None:
    assert [figures.rank([1, 2, 3, 4], p) for p in (0.0, 0.25, 0.26, 0.95, 1.0)] == [1, 1, 2, 4, 4]


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=3000))
def test_a_distribution_keeps_its_ends_and_order(values: list[float]) -> None:
    thinned = figures.distribution(sorted(values))
    assert len(thinned) == 1001
    assert (thinned[0], thinned[-1]) == (min(values), max(values))
    assert list(thinned) == sorted(thinned)
    assert share_above(thinned, max(values)) == 0
    assert share_above(thinned, -1) == 1


def test_the_share_above_is_about_the_share_of_time() -> None:
    thinned = figures.distribution(sorted(float(n) for n in range(4032)))
    assert share_above(thinned, 0.9 * 4032) == pytest.approx(0.1, abs=0.002)


def test_hours_are_those_of_utc() -> None:
    hours = figures.by_hour_p95(_row(lambda t: float(t // HOUR % 24)), GRID)
    assert hours == tuple(float(hour) for hour in range(24))


def test_an_hour_without_data_is_none() -> None:
    hours = figures.by_hour_p95(_row(lambda t: None if t // HOUR % 24 == 5 else 1.0), GRID)
    assert hours[5] is None
    assert hours[6] == 1.0


@pytest.mark.parametrize(
    ("level", "expected"),
    [(lambda _: 1.0, 0.0), (lambda t: 1.5 if t > END - 7 * DAY else 1.0, 0.5)],
)
def test_a_level_shift(level: Callable[[int], float], expected: float) -> None:
    assert figures.shift(_row(level), GRID, CPU_GROUND) == pytest.approx(expected)


def test_no_shift_is_told_from_too_little() -> None:
    short = Grid(start=GRID.start, step=300, points=8 * 288)
    assert figures.shift(_row(lambda _: 1.0, short), short, CPU_GROUND) is None
    late = _row(lambda t: 1.0 if t > END - 9 * DAY else None)
    assert figures.shift(late, GRID, CPU_GROUND) is None


def test_what_is_next_to_nothing_does_not_shift() -> None:
    idle = _row(lambda t: 0.0004 if t > END - 7 * DAY else 0.0002)
    assert figures.shift(idle, GRID, CPU_GROUND) == pytest.approx(0.02)


@pytest.mark.parametrize("slope", [0.0, 0.02, -0.03])
def test_a_slope_in_spite_of_daily_peaks(slope: float) -> None:
    def held(t: int) -> float:
        trend = 1e9 * (1 + slope * (t - END) / DAY)
        return trend * (1.5 if t // HOUR % 24 == 14 else 1.0)

    found = figures.slope_per_day(_row(held), GRID, MEMORY_GROUND)
    middle = 1 - 6.5 * slope
    assert found == pytest.approx(slope / middle, abs=0.002)


def test_no_slope_of_two_days() -> None:
    row = _row(lambda t: 1e9 if t > END - 2 * DAY else None)
    assert figures.slope_per_day(row, GRID, MEMORY_GROUND) is None


def test_weekends() -> None:
    everything = list(range(GRID.points))
    assert figures.has_weekend(everything, GRID)
    # END is a Sunday at noon, so these are Monday to Friday.
    start = GRID.index(END - 6 * DAY - HOUR * 12)
    assert not figures.has_weekend(list(range(start, start + 5 * 288)), GRID)


def test_the_higher_of_two_series_counts() -> None:
    row = Row.empty(GRID)
    first, second = float(GRID.start), float(GRID.start + 300)
    row.put(GRID, [(first, 1.0), (second, 5.0)])
    row.put(GRID, [(first, 3.0), (second, 2.0)])
    assert list(figures.measured(row)) == [3.0, 5.0]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -0.1])
def test_one_wrong_value_is_enough(value: float) -> None:
    row = _row(lambda t: value if t == END else 0.1)
    for answer in (figures.cpu(row, GRID, ()), figures.memory(row, GRID, Events())):
        assert isinstance(answer, NoUsage)
        assert "1 of 4,032 values" in answer.reason


@pytest.mark.parametrize("row", [None, Row.empty(GRID)])
def test_nothing_is_no_zero(row: Row | None) -> None:
    assert figures.cpu(row, GRID, ()) == NoUsage(
        reason="Prometheus has no container_cpu_usage_seconds_total of it"
    )


@given(st.lists(st.floats(0, 1e12), min_size=24, max_size=200))
def test_figures_are_ordered(values: list[float]) -> None:
    grid = Grid(start=0, step=3600, points=len(values))
    row = Row.empty(grid)
    row.put(grid, [(n * 3600.0, value) for n, value in enumerate(values)])
    usage = figures.cpu(row, grid, (0.1, 0.2))
    assert not isinstance(usage, NoUsage)
    assert usage.p50 <= usage.p95 <= usage.p99 <= usage.max == max(values)
    assert usage.by_hour_p95[usage.peak_hour] == max(v for v in usage.by_hour_p95 if v is not None)
    assert usage.p50 <= statistics.median_high(values)
    assert usage.throttled_share == 0.2
