"""Kubernetes' quantities: `quantity("1.5Gi")`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction
from typing import ClassVar

from bot.engines.cel.library.registry import Library
from bot.engines.cel.values import INT_MAX, INT_MIN, CelError

LIBRARY = Library()
_TEXT = re.compile(
    r"([+-]?)(\d*)(?:\.(\d*))?(?:(Ki|Mi|Gi|Ti|Pi|Ei)|([numkMGTPE])|[eE]([+-]?\d+))?", re.ASCII
)
_BINARY = {suffix: 10 * (at + 1) for at, suffix in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"))}
_DECIMAL = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_NANO = Fraction(1, 10**9)
# As many digits as an int64 surely holds; longer ones Kubernetes keeps as big decimals, which it
# takes for no integers, whatever their value.
_DIGITS = 18
_MAX_EXPONENT = 1000


@dataclass(frozen=True, slots=True)
class Quantity:
    """An amount. `scale` is the power of ten that Kubernetes counts it in, None for a big one."""

    value: Fraction
    scale: int | None = field(default=None, compare=False)
    cel_type: ClassVar[str] = "kubernetes.Quantity"

    def __str__(self) -> str:
        return str(self.value)


def parsed(text: str) -> Quantity:
    """A quantity. Raises CelError."""
    match = _TEXT.fullmatch(text)
    if match is None or not (match[2] or match[3]):
        raise CelError(
            "quantities must match the regular expression"
            " '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
        )
    whole, part = match[2].lstrip("0"), match[3] or ""
    value = Fraction(int(match[2] + part or "0"), 10 ** len(part))
    if match[1] == "-":
        value = -value
    if match[4]:
        return _binary(value, whole, part, _BINARY[match[4]])
    exponent = int(match[6]) if match[6] else _DECIMAL.get(match[5] or "", 0)
    if abs(exponent) > _MAX_EXPONENT:
        raise CelError("unable to parse numeric part of quantity")
    value *= Fraction(10) ** exponent
    scale = exponent - len(part)
    if len(whole) + len(part) > _DIGITS or scale < -9:
        return _big(value)
    return Quantity(value, scale)


def _binary(value: Fraction, whole: str, part: str, exponent: int) -> Quantity:
    value *= 2**exponent
    fits = 15 - len(whole) - int(exponent * 3 / 10) - 1 >= 0
    return Quantity(value, 0) if fits and not part else _big(value)


def _big(value: Fraction) -> Quantity:
    """Rounded up to nanos and bounded, as Kubernetes does with what is large or fine."""
    nanos = -(-abs(value) // _NANO)
    bounded = min(Fraction(nanos) * _NANO, Fraction(INT_MAX))
    return Quantity(-bounded if value < 0 else bounded, None)


@LIBRARY.add("quantity", str)
def _quantity(text: str) -> Quantity:
    return parsed(text)


@LIBRARY.add("isQuantity", str)
def _is_quantity(text: str) -> bool:
    try:
        parsed(text)
    except CelError:
        return False
    return True


@LIBRARY.add(".isInteger", Quantity)
def _is_integer(one: Quantity) -> bool:
    return one.scale is not None and one.scale >= 0 and INT_MIN <= one.value <= INT_MAX


@LIBRARY.add(".asInteger", Quantity)
def _as_integer(one: Quantity) -> int:
    if not _is_integer(one):
        raise CelError("cannot convert value to integer")
    return int(one.value)


@LIBRARY.add(".asApproximateFloat", Quantity)
def _as_float(one: Quantity) -> float:
    try:
        return float(one.value)
    except OverflowError:
        return float("inf") if one.value > 0 else float("-inf")


@LIBRARY.add("sign", Quantity)
@LIBRARY.add(".sign", Quantity)
def _sign(one: Quantity) -> int:
    return (one.value > 0) - (one.value < 0)


def _sum(one: Quantity, other: Quantity, value: Fraction) -> Quantity:
    if not one.value:
        return Quantity(value, other.scale)
    if one.scale is None or other.scale is None:
        return Quantity(value, None)
    return Quantity(value, min(one.scale, other.scale))


@LIBRARY.add(".add", Quantity, Quantity)
def _add(one: Quantity, other: Quantity) -> Quantity:
    return _sum(one, other, one.value + other.value)


@LIBRARY.add(".add", Quantity, int)
def _add_int(one: Quantity, other: int) -> Quantity:
    return _add(one, Quantity(Fraction(other), 0))


@LIBRARY.add(".sub", Quantity, Quantity)
def _sub(one: Quantity, other: Quantity) -> Quantity:
    return _sum(one, other, one.value - other.value)


@LIBRARY.add(".sub", Quantity, int)
def _sub_int(one: Quantity, other: int) -> Quantity:
    return _sub(one, Quantity(Fraction(other), 0))


@LIBRARY.add(".isGreaterThan", Quantity, Quantity)
def _greater(one: Quantity, other: Quantity) -> bool:
    return one.value > other.value


@LIBRARY.add(".isLessThan", Quantity, Quantity)
def _less(one: Quantity, other: Quantity) -> bool:
    return one.value < other.value


@LIBRARY.add(".compareTo", Quantity, Quantity)
def _compare(one: Quantity, other: Quantity) -> int:
    return (one.value > other.value) - (one.value < other.value)
