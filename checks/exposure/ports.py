"""Which ports a firewall rule opens to the whole Internet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

_FIRST, _LAST = 0, 65535
_EVERY = (_FIRST, _LAST)
_WHOLE = frozenset({"0.0.0.0/0", "::/0", "*", "internet", "any", "0.0.0.0", "/0"})  # noqa: S104
_WITH_PORTS = frozenset({"tcp", "udp", "6", "17", "*", "-1", "all"})


def world(sources: Iterable[str]) -> str:
    """The first of these sources that is the whole Internet, "" for none."""
    return next((one for one in sources if one.strip().lower() in _WHOLE), "")


def has_ports(protocol: str) -> bool:
    """Whether a protocol, by its name or number, is one with ports."""
    return protocol.strip().lower() in _WITH_PORTS


def every_port(protocol: str) -> bool:
    """Whether a protocol stands for all of them, so that ports do not matter."""
    return protocol.strip().lower() in ("-1", "all")


def span(text: str) -> tuple[int, int] | None:
    """The ports of "22", "8000-9000" or "*"; None for what is none."""
    if text.strip() == "*":
        return _EVERY
    low, dash, high = (part.strip() for part in text.partition("-"))
    if not (low.isdecimal() and (high.isdecimal() if dash else not high)) or len(text) > 12:
        return None
    return int(low), int(high if dash else low)


def opened(spans: Iterable[tuple[int, int]], ports: Mapping[int, str]) -> str:
    """What is open of what should not be: "all ports", "22 (SSH)"; "" for nothing."""
    ranges = list(spans)
    if any(low <= 1 and high >= _LAST for low, high in ranges):
        return "all ports"
    named = [
        f"{port} ({what})"
        for port, what in sorted(ports.items())
        if any(low <= port <= high for low, high in ranges)
    ]
    more = f" and {len(named) - 3} more" if len(named) > 3 else ""
    return f"port{'s' if len(named) > 1 else ''} {', '.join(named[:3])}{more}" if named else ""


EVERY = _EVERY
