"""How often a CronJob runs: its schedule, counted over a whole year."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from checks.pricing.cost import HOURS

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
_DAYS_IN = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
# 730 hours are a twelfth of this year; so a monthly schedule runs exactly once in them.
_YEAR_HOURS = 365 * 24
_LEAP_YEARS = Fraction(97, 400)
_WEEKDAY = Fraction(1, 7)
_MACROS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_SECONDS = {
    "h": Fraction(3600),
    "m": Fraction(60),
    "s": Fraction(1),
    "ms": Fraction(1, 10**3),
    "us": Fraction(1, 10**6),
    "µs": Fraction(1, 10**6),
    "ns": Fraction(1, 10**9),
}
_DURATION_PART = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(h|ms|us|µs|ns|m|s)", re.ASCII)
_LONGEST = 200


class ScheduleError(ValueError):
    """A schedule that Kubernetes would refuse."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Field:
    """One field of a schedule. `names` stand for the numbers from `first` on."""

    title: str
    first: int
    last: int
    names: Sequence[str] = ()


_FIELDS = (
    _Field(title="minute", first=0, last=59),
    _Field(title="hour", first=0, last=23),
    _Field(title="day of month", first=1, last=31),
    _Field(title="month", first=1, last=12, names=_MONTHS),
    _Field(title="day of week", first=0, last=6, names=_DAYS),
)


@lru_cache(maxsize=1024)
def runs_a_month(schedule: str) -> Decimal:
    """How often `schedule` fires in 730 hours, on the average of a year of 365 days.

    Kubernetes' syntax: five fields or a macro such as @hourly; `@every 1h30m`; an optional leading
    CRON_TZ= or TZ=. Raises ScheduleError for anything else.
    """
    if len(schedule) > _LONGEST:
        raise ScheduleError(f"a schedule of {len(schedule)} characters")
    fields = schedule.split()
    if fields and fields[0].startswith(("TZ=", "CRON_TZ=")):
        fields = fields[1:]
    if len(fields) == 2 and fields[0] == "@every":
        runs = Fraction(HOURS) * 3600 / _seconds(fields[1], schedule)
    else:
        if len(fields) == 1 and fields[0] in _MACROS:
            fields = _MACROS[fields[0]].split()
        runs = _runs_a_year(fields, schedule) * Fraction(HOURS) / _YEAR_HOURS
    return Decimal(runs.numerator) / Decimal(runs.denominator)


def _seconds(duration: str, schedule: str) -> Fraction:
    parts = _DURATION_PART.findall(duration)
    total = sum((Fraction(number) * _SECONDS[unit] for number, unit in parts), Fraction(0))
    if not parts or "".join(n + u for n, u in parts) != duration or not total:
        raise ScheduleError(f'"{schedule}": "{duration}" is not a duration (such as 1h30m)')
    # Kubernetes' scheduler counts in whole seconds, one at the least.
    return Fraction(max(1, int(total)))


def _runs_a_year(fields: Sequence[str], schedule: str) -> Fraction:
    if len(fields) != len(_FIELDS):
        raise ScheduleError(f'"{schedule}" has {len(fields)} fields, not 5')
    try:
        minutes, hours, days, months, weekdays = (
            _values(text, field) for text, field in zip(fields, _FIELDS, strict=True)
        )
    except ScheduleError as error:
        raise ScheduleError(f'"{schedule}": {error}') from None
    stars = [_is_star(fields[2]), _is_star(fields[4])]
    return _days_a_year(days, months, weekdays, either=not any(stars)) * len(minutes) * len(hours)


def _days_a_year(
    days: frozenset[int], months: frozenset[int], weekdays: frozenset[int], *, either: bool
) -> Fraction:
    """How many days a year match. Both day fields must, or `either` where both are restricted.

    Every date falls on every day of the week equally often.
    """
    share = _WEEKDAY * len(weekdays)
    hit, miss = (Fraction(1), share) if either else (share, Fraction(0))
    total = sum(
        (
            hit if day in days else miss
            for month in months
            for day in range(1, _DAYS_IN[month - 1] + 1)
        ),
        Fraction(0),
    )
    # Only the 29 February: 97 years in 400 have one.
    return total if total or 2 not in months or 29 not in days else hit * _LEAP_YEARS


def _is_star(text: str) -> bool:
    """Whether the field restricts nothing; to Kubernetes "*/2" does."""
    return any(part in ("*", "?", "*/1", "?/1") for part in text.split(","))


def _values(text: str, field: _Field) -> frozenset[int]:
    return frozenset(value for part in text.split(",") for value in _part(part, field))


def _part(part: str, field: _Field) -> range:
    span, slash, step_text = part.partition("/")
    step = _number(step_text, field, {}) if slash else 1
    if step == 0:
        raise ScheduleError(f'a step of 0 in the {field.title} "{part}"')
    first_text, dash, last_text = span.partition("-")
    if first_text in ("*", "?"):
        if dash:
            raise ScheduleError(f'"{part}" in the {field.title}')
        return range(field.first, field.last + 1, step)
    names = {name: number for number, name in enumerate(field.names, start=field.first)}
    first = _number(first_text, field, names)
    last = _number(last_text, field, names) if dash else field.last if slash else first
    if not field.first <= first <= last <= field.last:
        allowed = f"{field.first}-{field.last}"
        raise ScheduleError(f'"{part}" is outside the range {allowed} of the {field.title}')
    return range(first, last + 1, step)


def _number(text: str, field: _Field, names: Mapping[str, int]) -> int:
    if text.lower() in names:
        return names[text.lower()]
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        raise ScheduleError(f'"{text}" in the {field.title} is not a number')
    return int(text)
