"""Every function that CEL has in Kubernetes' admission control."""

from __future__ import annotations

from bot.engines.cel.library import (
    conversions,
    formats,
    lists,
    maths,
    net,
    optionals,
    printing,
    quantity,
    regexes,
    semvers,
    sets,
    strings,
    times,
    urls,
)
from bot.engines.cel.library.registry import Library, Overload, dispatch

__all__ = ["FUNCTIONS", "NAMESPACES", "Overload", "dispatch"]

_PARTS: tuple[Library, ...] = (
    conversions.LIBRARY,
    times.LIBRARY,
    strings.LIBRARY,
    lists.LIBRARY,
    regexes.LIBRARY,
    quantity.LIBRARY,
    net.LIBRARY,
    semvers.LIBRARY,
    urls.LIBRARY,
    sets.LIBRARY,
    maths.LIBRARY,
    optionals.LIBRARY,
    formats.LIBRARY,
    printing.LIBRARY,
)


def _merged() -> dict[str, tuple[Overload, ...]]:
    merged: dict[str, tuple[Overload, ...]] = {}
    for part in _PARTS:
        for name, overloads in part.functions.items():
            merged[name] = (*merged.get(name, ()), *overloads)
    return merged


FUNCTIONS = _merged()
NAMESPACES = frozenset(n.partition(".")[0] for n in FUNCTIONS if "." in n and not n.startswith("."))
