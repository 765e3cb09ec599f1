"""Conversions between CEL's own types, and `size`."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Any

from bot.engines.cel.library.registry import Library
from bot.engines.cel.library.times import duration_text, parsed_duration, parsed_timestamp, written
from bot.engines.cel.operators import time_in_range
from bot.engines.cel.values import (
    CelError,
    Duration,
    Timestamp,
    Type,
    UInt,
    in_range,
    type_name,
    unsigned,
)

LIBRARY = Library()
_INT = re.compile(r"[+-]?[0-9]+", re.ASCII)
_UINT = re.compile(r"[0-9]+", re.ASCII)
_DOUBLE = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII)
_BOOLS = dict.fromkeys(("1", "t", "T", "true", "TRUE", "True"), True)
_BOOLS |= dict.fromkeys(("0", "f", "F", "false", "FALSE", "False"), False)
_PLAIN_DIGITS = 6
_SIZED = (str, bytes, list, dict)


def _size(value: Any) -> int:
    return len(value)


for _kind in _SIZED:
    LIBRARY.add("size", _kind)(_size)
    LIBRARY.add(".size", _kind)(_size)


@LIBRARY.add("type", object)
def _type(value: Any) -> Type:
    return Type(type_name(value))


@LIBRARY.add("dyn", object)
def _dyn(value: Any) -> Any:
    return value


@LIBRARY.add("bool", bool)
def _same_bool(value: bool) -> bool:
    return value


@LIBRARY.add("bool", str)
def _bool(text: str) -> bool:
    if text not in _BOOLS:
        raise CelError(f"type conversion error from 'string' to 'bool': {text}")
    return _BOOLS[text]


@LIBRARY.add("int", int)
@LIBRARY.add("int", UInt)
def _int(value: int) -> int:
    return in_range(int(value))


@LIBRARY.add("int", float)
def _int_of_double(value: float) -> int:
    if math.isnan(value) or not -(2.0**63) < value < 2.0**63:
        raise CelError("integer overflow")
    return int(value)


@LIBRARY.add("int", str)
def _int_of_text(text: str) -> int:
    if not _INT.fullmatch(text):
        raise CelError(f"type conversion error from 'string' to 'int': {text}")
    return in_range(int(text))


@LIBRARY.add("int", Timestamp)
def _int_of_time(time: Timestamp) -> int:
    return time.ns // 10**9


@LIBRARY.add("int", Duration)
def _int_of_duration(length: Duration) -> int:
    return length.ns


@LIBRARY.add("uint", int)
@LIBRARY.add("uint", UInt)
def _uint(value: int) -> UInt:
    return unsigned(int(value))


@LIBRARY.add("uint", float)
def _uint_of_double(value: float) -> UInt:
    if math.isnan(value) or not 0 <= value < 2.0**64:
        raise CelError("unsigned integer overflow")
    return UInt(value)


@LIBRARY.add("uint", str)
def _uint_of_text(text: str) -> UInt:
    if not _UINT.fullmatch(text):
        raise CelError(f"type conversion error from 'string' to 'uint': {text}")
    return unsigned(int(text))


@LIBRARY.add("double", float)
@LIBRARY.add("double", int)
@LIBRARY.add("double", UInt)
def _double(value: float) -> float:
    return float(value)


@LIBRARY.add("double", str)
def _double_of_text(text: str) -> float:
    named = text.lower().lstrip("+-")
    if not _DOUBLE.fullmatch(text) and named not in ("inf", "infinity", "nan"):
        raise CelError(f"type conversion error from 'string' to 'double': {text}")
    value = float(text)
    if math.isinf(value) and "inf" not in named:
        raise CelError(f"type conversion error from 'string' to 'double': {text}")
    return value


@LIBRARY.add("bytes", bytes)
def _same_bytes(value: bytes) -> bytes:
    return value


@LIBRARY.add("bytes", str)
def _bytes(text: str) -> bytes:
    return text.encode()


@LIBRARY.add("string", str)
@LIBRARY.add("string", bool)
@LIBRARY.add("string", int)
@LIBRARY.add("string", UInt)
@LIBRARY.add("string", float)
@LIBRARY.add("string", bytes)
@LIBRARY.add("string", Timestamp)
@LIBRARY.add("string", Duration)
def text_of(value: Any) -> str:
    """`string(value)`. Raises CelError."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case float():
            return double_text(value)
        case bytes():
            try:
                return value.decode()
            except UnicodeDecodeError:
                raise CelError("invalid UTF-8 in bytes, cannot convert to string") from None
        case Timestamp():
            return written(value)
        case Duration():
            return duration_text(value)
        case _:
            return str(int(value))


def double_text(value: float) -> str:
    """A double as Go's %g writes it: the shortest digits, with an exponent where it
    has more than six places before the point or four zeros after it."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
    if value == 0:
        return "-0" if math.copysign(1, value) < 0 else "0"
    digits = _significant(repr(value))
    exponent = Decimal(repr(value)).adjusted()
    sign = "-" if value < 0 else ""
    if -4 <= exponent < _PLAIN_DIGITS:
        return f"{Decimal(repr(value)).normalize():f}"
    head = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
    return f"{sign}{head}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def _significant(digits: str) -> str:
    """The significant digits of a number as Python writes it."""
    mantissa = digits.lower().partition("e")[0].lstrip("-").replace(".", "")
    return mantissa.lstrip("0").rstrip("0") or "0"


@LIBRARY.add("timestamp", Timestamp)
def _same_time(time: Timestamp) -> Timestamp:
    return time


@LIBRARY.add("timestamp", str)
def _timestamp(text: str) -> Timestamp:
    return parsed_timestamp(text)


@LIBRARY.add("timestamp", int)
def _timestamp_of_seconds(seconds: int) -> Timestamp:
    return time_in_range(seconds * 10**9)


@LIBRARY.add("duration", Duration)
def _same_duration(length: Duration) -> Duration:
    return length


@LIBRARY.add("duration", str)
def _duration(text: str) -> Duration:
    return parsed_duration(text)


@LIBRARY.add("duration", int)
def _duration_of_ns(ns: int) -> Duration:
    return Duration(ns)
