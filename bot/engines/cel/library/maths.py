"""Functions over numbers: `math.…`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from bot.engines.cel.library.registry import Library
from bot.engines.cel.operators import no_overload, order
from bot.engines.cel.values import CelError, UInt, in_range

LIBRARY = Library()
_BITS = 64
_MOST_ARGUMENTS = 8


def _best(name: str, wanted: int, values: list[Any]) -> Any:
    if not values:
        raise CelError(f"{name}: the list is empty")
    best = values[0]
    for one in values:
        if type(one) not in (int, UInt, float):
            raise no_overload(name, one)
        if order(name, one, best) == wanted:
            best = one
    return best


def _extremes() -> None:
    for name, wanted in (("math.greatest", 1), ("math.least", -1)):

        def pick(*values: Any, name: str = name, wanted: int = wanted) -> Any:
            given = values[0] if len(values) == 1 and type(values[0]) is list else list(values)
            return _best(name, wanted, given)

        for count in range(1, _MOST_ARGUMENTS + 1):
            LIBRARY.add(name, *(object,) * count)(pick)


def _round(value: float) -> float:
    """Halves away from zero."""
    return math.copysign(math.floor(abs(value) + 0.5), value)


_ROUNDINGS: dict[str, Callable[[float], float]] = {
    "math.ceil": math.ceil,
    "math.floor": math.floor,
    "math.trunc": math.trunc,
    "math.round": _round,
}


def _roundings() -> None:
    for name, function in _ROUNDINGS.items():

        def rounded(value: float, function: Any = function) -> float:
            return float(function(value)) if math.isfinite(value) else value

        LIBRARY.add(name, float)(rounded)


_extremes()
_roundings()


@LIBRARY.add("math.abs", int)
@LIBRARY.add("math.abs", float)
def _abs(value: Any) -> Any:
    return in_range(abs(value)) if type(value) is int else abs(value)


@LIBRARY.add("math.abs", UInt)
def _abs_uint(value: UInt) -> UInt:
    return value


@LIBRARY.add("math.sign", int)
@LIBRARY.add("math.sign", UInt)
@LIBRARY.add("math.sign", float)
def _sign(value: Any) -> Any:
    return value if value != value else type(value)((value > 0) - (value < 0))


@LIBRARY.add("math.isNaN", float)
def _is_nan(value: float) -> bool:
    return math.isnan(value)


@LIBRARY.add("math.isInf", float)
def _is_inf(value: float) -> bool:
    return math.isinf(value)


@LIBRARY.add("math.isFinite", float)
def _is_finite(value: float) -> bool:
    return math.isfinite(value)


@LIBRARY.add("math.sqrt", float)
@LIBRARY.add("math.sqrt", int)
@LIBRARY.add("math.sqrt", UInt)
def _sqrt(value: float) -> float:
    return math.sqrt(value) if value >= 0 else math.nan


def _bitwise() -> None:
    operations: dict[str, Callable[[int, int], int]] = {
        "math.bitAnd": lambda a, b: a & b,
        "math.bitOr": lambda a, b: a | b,
        "math.bitXor": lambda a, b: a ^ b,
    }
    for kind in (int, UInt):
        for name, operation in operations.items():

            def run(left: int, right: int, kind: Any = kind, operation: Any = operation) -> int:
                return (
                    int(kind(operation(int(left), int(right))))
                    if kind is int
                    else kind(operation(int(left), int(right)))
                )

            LIBRARY.add(name, kind, kind)(run)


_bitwise()


@LIBRARY.add("math.bitNot", int)
def _not(value: int) -> int:
    return ~value


@LIBRARY.add("math.bitNot", UInt)
def _not_uint(value: UInt) -> UInt:
    return UInt(~int(value) % 2**_BITS)


def _wrapped(value: int) -> int:
    value %= 2**_BITS
    return value - 2**_BITS if value >= 2 ** (_BITS - 1) else value


def _offset(name: str, by: int) -> None:
    if by < 0:
        raise CelError(f"{name}() negative offset: {by}")


@LIBRARY.add("math.bitShiftLeft", int, int)
def _left(value: int, by: int) -> int:
    _offset("math.bitShiftLeft", by)
    return _wrapped(value << by) if by < _BITS else 0


@LIBRARY.add("math.bitShiftLeft", UInt, int)
def _left_uint(value: UInt, by: int) -> UInt:
    _offset("math.bitShiftLeft", by)
    return UInt((int(value) << by) % 2**_BITS if by < _BITS else 0)


@LIBRARY.add("math.bitShiftRight", int, int)
def _right(value: int, by: int) -> int:
    _offset("math.bitShiftRight", by)
    # As cel-go: the bits that come in are zeros, also before a negative number.
    return _wrapped((value % 2**_BITS) >> by) if by < _BITS else 0


@LIBRARY.add("math.bitShiftRight", UInt, int)
def _right_uint(value: UInt, by: int) -> UInt:
    _offset("math.bitShiftRight", by)
    return UInt(int(value) >> by if by < _BITS else 0)
