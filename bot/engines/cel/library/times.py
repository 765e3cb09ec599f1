"""Timestamps and durations."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.engines.cel.library.registry import Library
from bot.engines.cel.operators import time_in_range
from bot.engines.cel.values import INT_MAX, CelError, Duration, Timestamp

LIBRARY = Library()
_SECOND = 10**9
_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": _SECOND}
_UNITS |= {"m": 60 * _SECOND, "h": 3600 * _SECOND}
_PART = re.compile(r"([0-9]*)(?:\.([0-9]*))?(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_STAMP = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(?:[.,](\d+))?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)
_OFFSET = re.compile(r"([+-]?)(\d{1,2}):(\d{2})", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parsed_timestamp(text: str) -> Timestamp:
    """A time as RFC 3339 writes it. Raises CelError."""
    match = _STAMP.fullmatch(text)
    try:
        if match is None:
            raise ValueError
        zone = "+00:00" if match[4] in "zZ" else match[4]
        time = datetime.fromisoformat(f"{match[1]}T{match[2]}{zone}")
        whole = (time - _EPOCH) // timedelta(seconds=1)
    except (ValueError, OverflowError):
        raise CelError(f"type conversion error from 'string' to 'timestamp': {text}") from None
    return time_in_range(whole * _SECOND + int((match[3] or "0")[:9].ljust(9, "0")))


def written(time: Timestamp) -> str:
    """A time as RFC 3339 writes it."""
    whole, ns = divmod(time.ns, _SECOND)
    text = (_EPOCH + timedelta(seconds=whole)).strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")
    return f"{text}{_fraction(ns)}Z"


def _fraction(ns: int) -> str:
    return f".{ns:09d}".rstrip("0") if ns else ""


def parsed_duration(text: str) -> Duration:
    """A length of time as Go writes it: "1h30m", "1.5s", "-2ms". Raises CelError."""
    rest, sign = text, 1
    if rest[:1] in ("+", "-"):
        sign, rest = (-1 if rest[0] == "-" else 1), rest[1:]
    if rest == "0":
        return Duration(0)
    total, at = 0, 0
    while at < len(rest):
        match = _PART.match(rest, at)
        if match is None or not (match[1] or match[2]):
            break
        unit = _UNITS[match[3]]
        part = match[2] or ""
        total += int(match[1] or "0") * unit + int(part or "0") * unit // 10 ** len(part)
        at = match.end()
    if not rest or at < len(rest) or total > INT_MAX:
        raise CelError(f"type conversion error from 'string' to 'duration': {text}")
    return Duration(sign * total)


def duration_text(length: Duration) -> str:
    """A length of time in seconds: "5400s", "0.5s"."""
    whole, ns = divmod(abs(length.ns), _SECOND)
    return f"{'-' if length.ns < 0 else ''}{whole}{_fraction(ns)}s"


def _local(time: Timestamp, zone: str) -> datetime:
    try:
        return (_EPOCH + timedelta(microseconds=time.ns // 1000)).astimezone(_zone(zone))
    except OverflowError:
        raise CelError("timestamp overflow") from None


def _zone(name: str) -> tzinfo:
    if match := _OFFSET.fullmatch(name):
        offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
        try:
            return timezone(-offset if match[1] == "-" else offset)
        except ValueError:
            raise CelError(f"unknown time zone {name}") from None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise CelError(f"unknown time zone {name}") from None


_GETTERS: dict[str, Callable[[datetime], int]] = {
    "getFullYear": lambda t: t.year,
    "getMonth": lambda t: t.month - 1,
    "getDayOfYear": lambda t: t.timetuple().tm_yday - 1,
    "getDayOfMonth": lambda t: t.day - 1,
    "getDate": lambda t: t.day,
    "getDayOfWeek": lambda t: t.isoweekday() % 7,
    "getHours": lambda t: t.hour,
    "getMinutes": lambda t: t.minute,
    "getSeconds": lambda t: t.second,
    "getMilliseconds": lambda t: t.microsecond // 1000,
}
_LENGTHS = {
    "getHours": 3600 * _SECOND,
    "getMinutes": 60 * _SECOND,
    "getSeconds": _SECOND,
    "getMilliseconds": 10**6,
}


def _register() -> None:
    for name, getter in _GETTERS.items():

        def of(time: Timestamp, zone: str = "UTC", get: Any = getter) -> int:
            return int(get(_local(time, zone)))

        LIBRARY.add(f".{name}", Timestamp)(of)
        LIBRARY.add(f".{name}", Timestamp, str)(of)
    for name, unit in _LENGTHS.items():

        def length_in(length: Duration, size: int = unit) -> int:
            whole = abs(length.ns) // size
            return -whole if length.ns < 0 else whole

        LIBRARY.add(f".{name}", Duration)(length_in)


_register()
