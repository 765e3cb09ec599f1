"""Builtins of Rego about kinds of values, most of them from before version 1."""

from __future__ import annotations

from typing import Any


def any_true(values: Any) -> bool:
    """`any`."""
    return any(value is True for value in _collection(values))


def all_true(values: Any) -> bool:
    """`all`."""
    return all(value is True for value in _collection(values))


def cast_array(values: Any) -> Any:
    """An array as it is, a set in its order."""
    if isinstance(values, list):
        return values
    return sorted(_collection(values))


def cast_set(values: Any) -> Any:
    """A set as it is, an array without what is twice."""
    if isinstance(values, list) and len({isinstance(one, bool) for one in values}) > 1:
        # To Python 1 and true are the same.
        raise TypeError("booleans among others are not supported here")
    return set(_collection(values))


def cast_string(value: Any) -> Any:
    """A string as it is."""
    return _of(str, value)


def cast_boolean(value: Any) -> Any:
    """A boolean as it is."""
    return _of(bool, value)


def cast_object(value: Any) -> Any:
    """An object as it is."""
    return _of(dict, value)


def cast_null(value: Any) -> Any:
    """Null as it is."""
    return _of(type(None), value)


def flatten(values: Any) -> list[Any]:
    """The items of an array, those of arrays in it one by one; one level deep."""
    found: list[Any] = []
    for value in _of(list, values):
        found += value if isinstance(value, list) else [value]
    return found


def _of(kind: type, value: Any) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"expected {kind.__name__}, not {type(value).__name__}")
    return value


def _collection(values: Any) -> Any:
    if not isinstance(values, list | set | frozenset):
        raise TypeError(f"expected an array or a set, not {type(values).__name__}")
    return values
