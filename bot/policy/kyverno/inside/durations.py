"""Go's time.Duration: read, compared and written as Go does."""

from __future__ import annotations

import re
from fractions import Fraction

_UNITS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
_PART = re.compile(r"([0-9]*)(\.[0-9]*)?(ns|us|µs|μs|ms|s|m|h)")
_LIMIT = 1 << 63
SECOND = 1_000_000_000


def parse(text: str) -> int | None:
    """Nanoseconds of "1h30m", None where Go's time.ParseDuration fails."""
    sign = -1 if text[:1] == "-" else 1
    rest = text[1:] if text[:1] in ("-", "+") else text
    if rest == "0":
        return 0
    if not rest:
        return None
    total, at = 0, 0
    while at < len(rest):
        part = _PART.match(rest, at)
        if part is None or not (part[1] or (part[2] or "").strip(".")):
            return None
        unit = _UNITS[part[3]]
        total += int(part[1] or 0) * unit
        if part[2] and len(part[2]) > 1:
            total += int(Fraction("0" + part[2]) * unit)
        at = part.end()
    if total > _LIMIT or (total == _LIMIT and sign > 0):
        return None
    return sign * total


def seconds(nanoseconds: int) -> float:
    """Duration.Seconds: whole seconds plus the rest, as a float."""
    whole, rest = divmod(abs(nanoseconds), SECOND)
    value = whole + rest / 1e9
    return -value if nanoseconds < 0 else value


def text(nanoseconds: int) -> str:
    """Duration.String: "72h3m0.5s"."""
    if nanoseconds == 0:
        return "0s"
    size, sign = abs(nanoseconds), "-" if nanoseconds < 0 else ""
    if size < SECOND:
        for unit, name in ((1_000_000, "ms"), (1_000, "µs"), (1, "ns")):
            if size >= unit:
                return sign + _decimal(size, unit) + name
    hours, rest = divmod(size, _UNITS["h"])
    minutes, rest = divmod(rest, _UNITS["m"])
    said = _decimal(rest, SECOND) + "s"
    if hours or minutes:
        said = f"{minutes}m{said}"
    return sign + (f"{hours}h{said}" if hours else said)


def _decimal(amount: int, unit: int) -> str:
    whole, rest = divmod(amount, unit)
    if not rest:
        return str(whole)
    width = len(str(unit)) - 1
    return f"{whole}.{rest:0{width}d}".rstrip("0")
