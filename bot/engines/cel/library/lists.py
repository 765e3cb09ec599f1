"""Functions over lists."""

from __future__ import annotations

from functools import cmp_to_key
from itertools import pairwise
from typing import Any

from bot.engines.cel.library.registry import Library
from bot.engines.cel.operators import add, no_overload, order
from bot.engines.cel.values import NONE, CelError, Optional, equal

LIBRARY = Library()


@LIBRARY.add(".isSorted", list)
def _is_sorted(items: list[Any]) -> bool:
    return all(order("isSorted", a, b) <= 0 for a, b in pairwise(items))


@LIBRARY.add(".sum", list)
def _sum(items: list[Any]) -> Any:
    if not items:
        return 0
    total = items[0]
    if type(total) in (str, list, bytes, bool):
        raise no_overload("sum", items)
    for one in items[1:]:
        total = add(total, one)
    return total


def _extreme(items: list[Any], wanted: int, name: str) -> Any:
    if not items:
        raise CelError(f"{name} called on empty list")
    best = items[0]
    for one in items[1:]:
        if order(name, one, best) == wanted:
            best = one
    return best


@LIBRARY.add(".min", list)
def _min(items: list[Any]) -> Any:
    return _extreme(items, -1, "min")


@LIBRARY.add(".max", list)
def _max(items: list[Any]) -> Any:
    return _extreme(items, 1, "max")


@LIBRARY.add(".indexOf", list, object)
def _index_of(items: list[Any], item: Any) -> int:
    return next((at for at, one in enumerate(items) if equal(one, item)), -1)


@LIBRARY.add(".lastIndexOf", list, object)
def _last_index_of(items: list[Any], item: Any) -> int:
    return next((at for at in range(len(items) - 1, -1, -1) if equal(items[at], item)), -1)


@LIBRARY.add(".includes", object, object)
def _includes(target: Any, item: Any) -> bool:
    if type(target) is list:
        return any(equal(one, item) for one in target)
    return equal(target, item)


@LIBRARY.add(".distinct", list)
def _distinct(items: list[Any]) -> list[Any]:
    kept: list[Any] = []
    seen: set[str] = set()
    for one in items:
        if type(one) is str:
            if one not in seen:
                seen.add(one)
                kept.append(one)
        elif not any(equal(one, other) for other in kept):
            kept.append(one)
    return kept


@LIBRARY.add(".reverse", list)
def _reverse(items: list[Any]) -> list[Any]:
    return items[::-1]


@LIBRARY.add(".sort", list)
def _sort(items: list[Any]) -> list[Any]:
    if items and any(type(one) is not type(items[0]) for one in items):
        raise CelError("list elements must have the same type")
    return sorted(items, key=cmp_to_key(lambda a, b: order("sort", a, b)))


@LIBRARY.add(".slice", list, int, int)
def _slice(items: list[Any], start: int, end: int) -> list[Any]:
    if start < 0 or end < 0:
        raise CelError(f"cannot slice({start}, {end}), negative indexes not supported")
    if start > end:
        raise CelError(f"cannot slice({start}, {end}), start index must be less than end index")
    if end > len(items):
        raise CelError(f"cannot slice({start}, {end}), list is length {len(items)}")
    return items[start:end]


@LIBRARY.add(".flatten", list)
@LIBRARY.add(".flatten", list, int)
def _flatten(items: list[Any], depth: int = 1) -> list[Any]:
    if depth < 0:
        raise CelError("level must be non-negative")
    flat: list[Any] = []
    for one in items:
        flat += _flatten(one, depth - 1) if type(one) is list and depth > 0 else [one]
    return flat


@LIBRARY.add("lists.range", int)
def _range(count: int) -> list[int]:
    return list(range(count))


@LIBRARY.add(".first", list)
def _first(items: list[Any]) -> Optional:
    return Optional(items[0]) if items else NONE


@LIBRARY.add(".last", list)
def _last(items: list[Any]) -> Optional:
    return Optional(items[-1]) if items else NONE
