"""CEL's operators over values that were computed already."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from bot.engines.cel.values import (
    NUMBERS,
    CelError,
    Duration,
    Lazy,
    Optional,
    Timestamp,
    Type,
    UInt,
    equal,
    in_range,
    type_name,
    unsigned,
)

_ORDERED = {str, bytes, bool, Duration, Timestamp}
_MIN_TIME = -62_135_596_800 * 10**9
_MAX_TIME = 253_402_300_800 * 10**9


def no_overload(name: str, *args: Any) -> CelError:
    """The error of an operator or function that does not take these types."""
    types = ", ".join(map(type_name, args))
    return CelError(f"no such overload: {name} applied to ({types})")


def time_in_range(ns: int) -> Timestamp:
    """A point in time in the years 1 to 9999. Raises CelError."""
    if not _MIN_TIME <= ns < _MAX_TIME:
        raise CelError("timestamp overflow")
    return Timestamp(ns)


def add(left: Any, right: Any) -> Any:
    """`left + right`. Raises CelError."""
    kind, other = type(left), type(right)
    if kind is other:
        if kind is int:
            return in_range(left + right)
        if kind in (str, float, list, bytes):
            return left + right
        if kind is UInt:
            return unsigned(int(left) + int(right))
        if kind is Duration:
            return Duration(in_range(left.ns + right.ns))
    if {kind, other} == {Timestamp, Duration}:
        return time_in_range(left.ns + right.ns)
    raise no_overload("_+_", left, right)


def subtract(left: Any, right: Any) -> Any:
    """`left - right`. Raises CelError."""
    kind, other = type(left), type(right)
    if kind is other:
        if kind is int:
            return in_range(left - right)
        if kind is float:
            return left - right
        if kind is UInt:
            return unsigned(int(left) - int(right))
        if kind in (Duration, Timestamp):
            return Duration(in_range(left.ns - right.ns))
    if kind is Timestamp and other is Duration:
        return time_in_range(left.ns - right.ns)
    raise no_overload("_-_", left, right)


def multiply(left: Any, right: Any) -> Any:
    """`left * right`. Raises CelError."""
    kind = type(left)
    if kind is type(right):
        if kind is int:
            return in_range(left * right)
        if kind is float:
            return left * right
        if kind is UInt:
            return unsigned(int(left) * int(right))
    raise no_overload("_*_", left, right)


def divide(left: Any, right: Any) -> Any:
    """`left / right`; whole numbers are cut towards zero. Raises CelError."""
    kind = type(left)
    if kind is type(right):
        if kind is float:
            return _float_divide(left, right)
        if kind in (int, UInt):
            if right == 0:
                raise CelError("division by zero")
            quotient = abs(int(left)) // abs(int(right))
            signed = quotient if (left < 0) == (right < 0) else -quotient
            return in_range(signed) if kind is int else UInt(signed)
    raise no_overload("_/_", left, right)


def _float_divide(left: float, right: float) -> float:
    if right != 0:
        return left / right
    if left == 0 or math.isnan(left):
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1, right)


def modulo(left: Any, right: Any) -> Any:
    """`left % right`, with the sign of `left`. Raises CelError."""
    kind = type(left)
    if kind is type(right) and kind in (int, UInt):
        if right == 0:
            raise CelError("modulus by zero")
        rest = abs(int(left)) % abs(int(right))
        return UInt(rest) if kind is UInt else -rest if left < 0 else rest
    raise no_overload("_%_", left, right)


def negate(value: Any) -> Any:
    """`-value`. Raises CelError."""
    if type(value) is int:
        return in_range(-value)
    if type(value) is float:
        return -value
    if type(value) is Duration:
        return Duration(in_range(-value.ns))
    raise no_overload("-_", value)


def invert(value: Any) -> bool:
    """`!value`. Raises CelError."""
    if value is True:
        return False
    if value is False:
        return True
    raise no_overload("!_", value)


def order(name: str, left: Any, right: Any) -> int:
    """-1, 0 or 1; 2 where one is no number (NaN). Raises CelError."""
    kind, other = type(left), type(right)
    if (kind is other and kind in _ORDERED) or (kind in NUMBERS and other in NUMBERS):
        return -1 if left < right else 1 if left > right else 0 if left == right else 2
    raise no_overload(name, left, right)


def _compared(name: str, wanted: tuple[int, ...]) -> Callable[[Any, Any], bool]:
    def compare(left: Any, right: Any) -> bool:
        return order(name, left, right) in wanted

    return compare


def contains(item: Any, container: Any) -> bool:
    """`item in container`. Raises CelError."""
    if type(container) is list:
        return any(equal(item, one) for one in container)
    if type(container) is dict:
        return found(container, item) is not _ABSENT
    if isinstance(container, Lazy):
        return type(item) is str and container.has(item)
    raise no_overload("@in", item, container)


_ABSENT = object()


def found(values: dict[Any, Any], key: Any) -> Any:
    """The value of a key, `absent()` where there is none; numbers fit by value."""
    if type(key) is str:
        return values.get(key, _ABSENT)
    if type(key) not in NUMBERS and type(key) is not bool:
        return _ABSENT
    for one, value in values.items():
        if equal(one, key):
            return value
    return _ABSENT


def is_absent(value: Any) -> bool:
    """Whether `found` found nothing."""
    return value is _ABSENT


def item(container: Any, key: Any) -> Any:
    """`container[key]`. Raises CelError."""
    value = lookup(container, key, test=False)
    if value is not _ABSENT:
        return value
    shown = key if type(key) is not bool else str(key).lower()
    said = "index out of bounds" if type(container) is list else "no such key"
    raise CelError(f"{said}: {shown}")


def lookup(container: Any, key: Any, *, test: bool) -> Any:
    """The value at a key or an index, or what `is_absent`. What has no members has none where it
    is only tested for. Raises CelError."""
    kind = type(container)
    if kind is dict:
        return found(container, key)
    if kind is list:
        return _at(container, key)
    if isinstance(container, Lazy) and type(key) is str:
        if not container.has(key):
            return _ABSENT
        return True if test else container.get(key)
    if kind in (Optional, Type):
        raise no_overload("_[_]", container, key)
    return _ABSENT


def _at(values: list[Any], key: Any) -> Any:
    if type(key) not in NUMBERS:
        raise CelError(f"unsupported index type '{type_name(key)}' in list")
    if isinstance(key, float) and not key.is_integer():
        raise CelError(f"unsupported index value {key} in list")
    return values[int(key)] if 0 <= key < len(values) else _ABSENT


BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "_+_": add,
    "_-_": subtract,
    "_*_": multiply,
    "_/_": divide,
    "_%_": modulo,
    "_==_": equal,
    "_!=_": lambda left, right: not equal(left, right),
    "_<_": _compared("_<_", (-1,)),
    "_<=_": _compared("_<=_", (-1, 0)),
    "_>_": _compared("_>_", (1,)),
    "_>=_": _compared("_>=_", (1, 0)),
    "@in": contains,
}
UNARY: dict[str, Callable[[Any], Any]] = {"!_": invert, "-_": negate}
