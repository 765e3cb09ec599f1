"""Functions over lists, sets and maps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from math import prod

from bot.render.terraform.values import (
    UNKNOWN,
    EvalError,
    Lazy,
    Set,
    Unknown,
    Value,
    boolean,
    equal,
    number,
    order,
    text,
    tidy,
    whole_unknown,
)

# Terraform's own bound on range(), and ours on what multiplies.
_LONGEST_RANGE = 1024
_MOST_PRODUCTS = 50_000


def _list(value: Value) -> list[Value]:
    if isinstance(value, list):
        return value
    raise EvalError("a list is required")


def _map(value: Value) -> dict[str, Value]:
    if isinstance(value, dict):
        return value
    raise EvalError("a map is required")


def _shy(function: Callable[..., Value]) -> Callable[..., Value]:
    """Unknown where an argument is unknown as a whole."""

    def shy(*args: Value) -> Value:
        for arg in args:
            if unknown := whole_unknown(arg):
                return unknown
        return function(*args)

    return shy


def _length(value: Value) -> int:
    if isinstance(value, (list, dict, str)):
        return len(value)
    raise EvalError("a list, a map or a text is required")


def _concat(*lists: Value) -> list[Value]:
    return [item for part in lists for item in _list(part)]


def _merge(*maps: Value) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for part in maps:
        found.update(_map(part) if part is not None else {})
    return found


def _lookup(of: Value, key: Value, *default: Value) -> Value:
    if isinstance(of, Unknown) or isinstance(key, Unknown):
        return of if isinstance(of, Unknown) else key
    if isinstance(of, Lazy):
        return of.attribute(text(key))
    name = text(key)
    if name in _map(of):
        return of[name]
    if not default:
        raise EvalError(f"there is no {name!r} in it")
    return default[0]


def _element(of: Value, at: Value) -> Value:
    items = _list(of)
    if not items:
        raise EvalError("the list has no elements")
    return items[int(number(at)) % len(items)]


def _flatten(value: Value) -> Value:
    found: list[Value] = []
    waiting = list(reversed(_list(value)))
    while waiting:
        item = waiting.pop()
        if isinstance(item, Unknown):
            # It might be a list of any length.
            return item
        if isinstance(item, list):
            waiting.extend(reversed(item))
        else:
            found.append(item)
        if len(found) > _MOST_PRODUCTS:
            raise EvalError("the list is too long")
    return found


def _coalesce(*values: Value) -> Value:
    for value in values:
        if value is not None and value != "":
            return value
    raise EvalError("all of them are null or empty")


def _coalescelist(*lists: Value) -> Value:
    for part in lists:
        if isinstance(part, Unknown) or part:
            return part
    raise EvalError("all of them are empty")


def _one(value: Value) -> Value:
    items = _list(value)
    if len(items) > 1:
        raise EvalError("there is more than one element")
    return items[0] if items else None


def _zipmap(keys: Value, values: Value) -> Value:
    if any(isinstance(key, Unknown) for key in _list(keys)):
        return UNKNOWN
    return {text(key): value for key, value in zip(keys, _list(values), strict=True)}


def _chunklist(of: Value, size: Value) -> list[Value]:
    width = int(number(size))
    items = _list(of)
    if width <= 0:
        return [items]
    return [items[at : at + width] for at in range(0, len(items), width)]


def _slice(of: Value, start: Value, end: Value) -> list[Value]:
    items, low, high = _list(of), int(number(start)), int(number(end))
    if not 0 <= low <= high <= len(items):
        raise EvalError("the list is shorter than that")
    return list(items[low:high])


def _tolist(value: Value) -> Value:
    return list(_list(value))


def _keys(value: Value) -> list[Value]:
    return sorted(_map(value))


def _values(value: Value) -> list[Value]:
    return [item for _, item in sorted(_map(value).items())]


SHALLOW: Mapping[str, Callable[..., Value]] = {
    "chunklist": _shy(_chunklist),
    "coalesce": _coalesce,
    "coalescelist": _coalescelist,
    "concat": _shy(_concat),
    "element": _shy(_element),
    "flatten": _shy(_flatten),
    "keys": _shy(_keys),
    "length": _shy(_length),
    "lookup": _lookup,
    "merge": _shy(_merge),
    "one": _shy(_one),
    "reverse": _shy(lambda of: list(reversed(_list(of)))),
    "slice": _shy(_slice),
    "tolist": _shy(_tolist),
    "tomap": _shy(_map),
    "values": _shy(_values),
    "zipmap": _shy(_zipmap),
}


def _compact(of: Value) -> list[Value]:
    return [item for item in _list(of) if item is not None and item != ""]


def _contains(of: Value, item: Value) -> bool:
    return any(equal(other, item) for other in _list(of))


def _distinct(of: Value) -> list[Value]:
    found: dict[str, Value] = {}
    for item in _list(of):
        found.setdefault(order(item), item)
    return list(found.values())


def _index(of: Value, item: Value) -> int:
    for at, other in enumerate(_list(of)):
        if equal(other, item):
            return at
    raise EvalError("the list has no such element")


def _matchkeys(values: Value, keys: Value, wanted: Value) -> list[Value]:
    pairs = zip(_list(values), _list(keys), strict=True)
    return [value for value, key in pairs if _contains(wanted, key)]


def _range(*args: Value) -> list[Value]:
    numbers = [number(arg) for arg in args]
    start, limit = (0, numbers[0]) if len(numbers) == 1 else (numbers[0], numbers[1])
    by = numbers[2] if len(numbers) > 2 else (1 if limit >= start else -1)
    found: list[Value] = []
    while by and (start < limit if by > 0 else start > limit):
        found.append(tidy(start))
        start += by
        if len(found) > _LONGEST_RANGE:
            raise EvalError(f"range() makes more than {_LONGEST_RANGE} numbers")
    return found


def _setproduct(*sets: Value) -> Value:
    if prod(len(_list(part)) for part in sets) > _MOST_PRODUCTS:
        raise EvalError(f"setproduct() makes more than {_MOST_PRODUCTS} elements")
    made = [list(items) for items in product(*sets)]
    return Set.of(made) if any(isinstance(part, Set) for part in sets) else made


def _intersection(first: Value, *others: Value) -> Value:
    keys = [{order(item) for item in _list(other)} for other in others]
    return Set.of(item for item in _list(first) if all(order(item) in known for known in keys))


def _subtraction(first: Value, second: Value) -> Value:
    taken = {order(item) for item in _list(second)}
    return Set.of(item for item in _list(first) if order(item) not in taken)


def _transpose(of: Value) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for key, values in sorted(_map(of).items()):
        for value in _list(values):
            found.setdefault(text(value), []).append(key)
    return found


DEEP: Mapping[str, Callable[..., Value]] = {
    "alltrue": lambda of: all(boolean(item) for item in _list(of)),
    "anytrue": lambda of: any(boolean(item) for item in _list(of)),
    "compact": _compact,
    "contains": _contains,
    "distinct": _distinct,
    "index": _index,
    "matchkeys": _matchkeys,
    "range": _range,
    "setintersection": _intersection,
    "setproduct": _setproduct,
    "setsubtract": _subtraction,
    "setunion": lambda *sets: Set.of(item for part in sets for item in _list(part)),
    "sort": lambda of: sorted(text(item) for item in _list(of)),
    "sum": lambda of: tidy(sum(number(item) for item in _list(of))),
    "toset": lambda of: Set.of(_list(of)),
    "transpose": _transpose,
}
