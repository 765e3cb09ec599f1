"""Comprehensions, as closures over a frame of variables."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cmp_to_key
from typing import Any, TypeAlias

from bot.engines.cel.operators import no_overload, order
from bot.engines.cel.values import NONE, CelError, Optional, worse

# What an expression is compiled to: from a frame (its first slot is the bindings, the others are
# the variables of comprehensions) to a value. Raises CelError.
Code: TypeAlias = "Callable[[list[Any]], Any]"


def comprehension(
    kind: str, target: Code, slots: tuple[int, ...], where: Code | None, body: Code
) -> Code:
    """The code of a comprehension; its variables live in `slots`."""
    each = _each(target, slots)
    match kind:
        case "all":
            return _quantified(each, body, stop=False)
        case "exists":
            return _quantified(each, body, stop=True)
        case "exists_one":
            return lambda frame: sum(_true(body(frame)) for _ in each(frame)) == 1
        case "filter":
            return lambda frame: [one for one in each(frame) if _true(body(frame))]
        case "sortBy":
            return lambda frame: _sorted([(body(frame), one) for one in each(frame)])
        case "map" | "transformList":
            return lambda frame: [body(frame) for _ in each(frame) if _holds(where, frame)]
        case "transformMap":
            return lambda frame: {k: body(frame) for k in each(frame) if _holds(where, frame)}
        case _:
            return lambda frame: _merged(body(frame) for _ in each(frame) if _holds(where, frame))


_Each: TypeAlias = "Callable[[list[Any]], Iterable[Any]]"


def _each(target: Code, slots: tuple[int, ...]) -> _Each:
    """The values of the first variable, one after the other, with all variables bound."""
    if len(slots) == 1:
        slot = slots[0]

        def singly(frame: list[Any]) -> Iterable[Any]:
            for one in _items(target(frame)):
                frame[slot] = one
                yield one

        return singly
    first, second = slots

    def in_pairs(frame: list[Any]) -> Iterable[Any]:
        for key, value in _pairs(target(frame)):
            frame[first], frame[second] = key, value
            yield key

    return in_pairs


def _quantified(each: _Each, body: Code, *, stop: bool) -> Code:
    """`exists` and `all`: an error counts only where no element decides."""

    def run(frame: list[Any]) -> bool:
        failed: CelError | None = None
        for _ in each(frame):
            try:
                value = body(frame)
            except CelError as error:
                failed = worse(failed, error)
                continue
            if value is stop:
                return bool(stop)
            if not isinstance(value, bool):
                failed = worse(failed, no_overload("_||_" if stop else "_&&_", value))
        if failed is not None:
            raise failed
        return not stop

    return run


def _items(value: Any) -> Iterable[Any]:
    if type(value) is list or type(value) is dict:
        return value
    raise no_overload("comprehension", value)


def _pairs(value: Any) -> Iterable[tuple[Any, Any]]:
    if type(value) is list:
        return enumerate(value)
    if type(value) is dict:
        return value.items()
    raise no_overload("comprehension", value)


def _sorted(keyed: list[tuple[Any, Any]]) -> list[Any]:
    def compare(left: tuple[Any, Any], right: tuple[Any, Any]) -> int:
        return order("sortBy", left[0], right[0])

    return [one for _, one in sorted(keyed, key=cmp_to_key(compare))]


def _holds(where: Code | None, frame: list[Any]) -> bool:
    return where is None or _true(where(frame))


def _true(value: Any) -> bool:
    if value is True or value is False:
        return bool(value)
    raise no_overload("_?_:_", value)


def _merged(maps: Iterable[Any]) -> dict[Any, Any]:
    merged: dict[Any, Any] = {}
    for one in maps:
        if type(one) is not dict:
            raise no_overload("transformMapEntry", one)
        for key, value in one.items():
            if key in merged:
                raise CelError(f"insert failed: key {key} already exists")
            merged[key] = value
    return merged


def bind(value: Code, slot: int, body: Code) -> Code:
    """`cel.bind(name, value, body)`."""

    def run(frame: list[Any]) -> Any:
        frame[slot] = value(frame)
        return body(frame)

    return run


def optional_map(target: Code, slot: int, body: Code, *, flat: bool) -> Code:
    """`target.optMap(name, body)` and `target.optFlatMap(name, body)`."""

    def run(frame: list[Any]) -> Any:
        value = target(frame)
        if type(value) is not Optional:
            raise no_overload("optFlatMap" if flat else "optMap", value)
        if not value.present:
            return NONE
        frame[slot] = value.value
        result = body(frame)
        if not flat:
            return Optional(result)
        if type(result) is not Optional:
            raise no_overload("optFlatMap", result)
        return result

    return run
