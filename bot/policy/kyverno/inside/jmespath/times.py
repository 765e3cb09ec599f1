"""Kyverno's functions of time: RFC 3339 and Go's durations."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from bot.policy.kyverno.inside import durations
from bot.policy.kyverno.inside.faults import Fault, Unsupported
from bot.policy.kyverno.inside.jmespath.standard import Entry

_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,}))?(Z|[+-]\d\d:\d\d)", re.ASCII
)
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)  # noqa: UP017 - beside timezone(offset)
_RFC3339_LAYOUTS = ("", "2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05.999999999Z07:00")
_LIMIT = 1 << 63


@dataclass(frozen=True, slots=True)
class _Time:
    """Nanoseconds since 1970, and the offset from UTC in minutes that it is written with."""

    ns: int
    offset: int = 0

    def __str__(self) -> str:
        zone = timezone(timedelta(minutes=self.offset))
        try:
            moment = (_EPOCH + timedelta(seconds=self.ns // 1_000_000_000)).astimezone(zone)
        except OverflowError:
            raise Unsupported("a time out of the years 1 to 9999") from None
        hours, minutes = divmod(abs(self.offset), 60)
        sign = "-" if self.offset < 0 else "+"
        suffix = f"{sign}{hours:02d}:{minutes:02d}" if self.offset else "Z"
        return f"{moment:%Y-%m-%dT%H:%M:%S}".rjust(19, "0") + suffix

    def moment(self) -> datetime:
        """The same for the calendar, without its fraction."""
        zone = timezone(timedelta(minutes=self.offset))
        return (_EPOCH + timedelta(seconds=self.ns // 1_000_000_000)).astimezone(zone)


def _parse(text: str) -> _Time:
    found = _RFC3339.fullmatch(text)
    if found is None:
        raise Fault(f'parsing time "{text}" as "2006-01-02T15:04:05Z07:00": cannot parse')
    *parts, fraction, zone = found.groups()
    offset = 0
    if zone != "Z":
        offset = (int(zone[1:3]) * 60 + int(zone[4:6])) * (-1 if zone[0] == "-" else 1)
    try:
        moment = datetime(*map(int, parts), tzinfo=timezone.utc)  # type: ignore[misc,arg-type] # noqa: UP017
    except ValueError as error:
        raise Fault(f'parsing time "{text}": {error}') from None
    seconds = int((moment - _EPOCH).total_seconds()) - offset * 60
    return _Time(seconds * 1_000_000_000 + int((fraction or "0")[:9].ljust(9, "0")), offset)


def _with_layout(layout: str, text: str) -> _Time:
    if layout not in _RFC3339_LAYOUTS:
        raise Unsupported(f"the layout {layout!r} of a time")
    return _parse(text)


def _duration(text: str) -> int:
    value = durations.parse(text)
    if value is None:
        raise Fault(f'time: invalid duration "{text}"')
    return value


def _between(one: _Time, other: _Time) -> str:
    # Go's durations end at 292 years.
    return durations.text(max(-_LIMIT, min(_LIMIT - 1, other.ns - one.ns)))


def _to_cron(text: str) -> str:
    moment = _parse(text).moment()
    weekday = (moment.weekday() + 1) % 7
    return f"{moment.minute} {moment.hour} {moment.day} {moment.month} {weekday}"


def _add(text: str, by: str) -> str:
    start = _parse(text)
    return str(_Time(start.ns + _duration(by), start.offset))


def _time_parse(layout: str, text: str) -> str:
    if re.fullmatch(r"[+-]?[0-9]+", layout):
        if not re.fullmatch(r"[+-]?[0-9]+", text):
            raise Fault(f'strconv.ParseInt: parsing "{text}": invalid syntax')
        return str(_Time(int(text) * 1_000_000_000))
    return str(_with_layout(layout, text))


def _truncate(text: str, by: str) -> str:
    moment, step = _parse(text), _duration(by)
    if step <= 0:
        return str(moment)
    # Counted from the year 1, as Go counts.
    zero = int((datetime(1, 1, 1, tzinfo=timezone.utc) - _EPOCH).total_seconds())  # noqa: UP017
    since = moment.ns - zero * 1_000_000_000
    return str(_Time(moment.ns - since % step, moment.offset))


def table(now_ns: int) -> dict[str, Entry]:
    """The functions, where it is `now_ns` since 1970."""
    now = _Time(now_ns)

    def since(layout: str, start: str, end: str) -> str:
        last = _with_layout(layout, end) if end else now
        return _between(_with_layout(layout, start), last)

    def both(test: Any) -> Any:
        return lambda one, other: test(_parse(one).ns, _parse(other).ns)

    return {
        "time_since": (("string", "string", "string"), since),
        "time_now": ((), lambda *_: str(now)),
        "time_now_utc": ((), lambda *_: str(now)),
        "time_to_cron": (("string",), _to_cron),
        "time_add": (("string", "string"), _add),
        "time_parse": (("string", "string"), _time_parse),
        "time_utc": (("string",), lambda text: str(_Time(_parse(text).ns))),
        "time_diff": (("string", "string"), lambda a, b: _between(_parse(a), _parse(b))),
        "time_before": (("string", "string"), both(lambda a, b: a < b)),
        "time_after": (("string", "string"), both(lambda a, b: a > b)),
        "time_between": (
            ("string", "string", "string"),
            lambda t, start, end: _parse(start).ns < _parse(t).ns < _parse(end).ns,
        ),
        "time_truncate": (("string", "string"), _truncate),
    }
