"""How often schedules fire, against figures worked out by hand and a walk through a year."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.pricing.schedule import ScheduleError, runs_a_month


@pytest.mark.parametrize(
    ("schedule", "runs_a_year"),
    [
        ("@yearly", "1"),
        ("@annually", "1"),
        ("@monthly", "12"),
        ("@daily", "365"),
        ("@midnight", "365"),
        ("@hourly", "8760"),
        ("* * * * *", "525600"),
        ("*/15 * * * *", "35040"),
        ("5/20 * * * *", "26280"),
        ("0,30 8-17 * * *", "7300"),
        ("0 0 31 * *", "7"),
        ("0 0 1 jan,JUL *", "2"),
        ("0 0 1-7/2 2 *", "4"),
        ("0 0 29 2 *", "0.2425"),
        ("0 0 30 2 *", "0"),
        ("? ? ? ? ?", "525600"),
        ("TZ=Europe/Berlin 0 3 * * *", "365"),
        ("@every 1h30m", "5840"),
        ("@every 500ms", "31536000"),
    ],
)
def test_counts_runs_on_dates(schedule: str, runs_a_year: str) -> None:
    assert runs_a_month(schedule) * 12 == pytest.approx(Decimal(runs_a_year), rel=Decimal("1e-20"))


@pytest.mark.parametrize(
    ("schedule", "days_a_year"),
    [
        ("@weekly", 365 / 7),
        ("0 0 * * MON-fri", 365 * 5 / 7),
        ("0 0 * * 1,3", 365 * 2 / 7),
        # Both day fields are restricted: either is enough.
        ("0 0 1 * 1", 12 + 353 / 7),
        # To Kubernetes a step restricts, too. Of 365 dates 186 have an odd day.
        ("0 0 */2 * 1", 186 + 179 / 7),
        # One of them is not: both must match.
        ("0 0 1 * *", 12.0),
        ("0 0 */1 * 1", 365 / 7),
    ],
)
def test_days_of_the_week_fall_on_every_date_alike(schedule: str, days_a_year: float) -> None:
    assert float(runs_a_month(schedule)) * 12 == pytest.approx(days_a_year)


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "* * * *",
        "* * * * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * 32 * *",
        "* * * 13 *",
        "* * * * 7",
        "5-1 * * * *",
        "*/0 * * * *",
        "a * * * *",
        "1,,2 * * * *",
        "-1 * * * *",
        "1-2-3 * * * *",
        "*-5 * * * *",
        "1/-1 * * * *",
        "@often",
        "@every",
        "@every 0s",
        "@every 5",
        "@every 1h junk",
        "@reboot",
        "${SCHEDULE}",
        "* " * 300,
    ],
)
def test_refuses_what_kubernetes_refuses(bad: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        runs_a_month(bad)
    assert str(caught.value)


@given(
    st.sets(st.integers(0, 59), min_size=1, max_size=5),
    st.sets(st.integers(0, 23), min_size=1, max_size=3),
    st.sets(st.integers(1, 28), min_size=1, max_size=4),
    st.sets(st.integers(1, 12), min_size=1, max_size=4),
)
def test_agrees_with_walking_through_a_year(
    minutes: set[int], hours: set[int], days: set[int], months: set[int]
) -> None:
    fields = (",".join(map(str, sorted(values))) for values in (minutes, hours, days, months))
    year = (datetime(2025, 1, 1) + timedelta(days=n) for n in range(365))  # noqa: DTZ001
    walked = sum(day.day in days and day.month in months for day in year)
    counted = runs_a_month(f"{' '.join(fields)} *") * 12
    assert counted == pytest.approx(Decimal(walked * len(minutes) * len(hours)))
