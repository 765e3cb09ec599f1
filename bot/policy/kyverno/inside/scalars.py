"""One value against one pattern: 5, "?*", "!*:latest", ">= 1Gi & < 2Gi", "1-5", "a | b"."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from bot.policy.kyverno.inside import durations, quantities
from bot.policy.kyverno.inside.faults import seen
from bot.policy.kyverno.inside.gotext import scientific
from bot.policy.kyverno.inside.jmespath.standard import parse_float
from bot.policy.kyverno.wildcard import matches

_SIDE = r"([-|\+]?\d+(?:\.\d+)?[A-Za-z]*)"
_IN_RANGE = re.compile(rf"{_SIDE}-{_SIDE}", re.ASCII)
_NOT_IN_RANGE = re.compile(rf"{_SIDE}!-{_SIDE}", re.ASCII)
IN_RANGE, NOT_IN_RANGE = "-", "!-"
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "": lambda a, b: a == b,
    "!": lambda a, b: a != b,
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
}
_INTEGER = re.compile(r"[+-]?[0-9]+", re.ASCII)
_INT64 = 1 << 63


def operator_of(pattern: str) -> str:
    """The operator that a pattern begins with or consists of, "" for none."""
    if len(pattern.encode("utf-8", "surrogatepass")) < 2:
        return ""
    for sign in (">=", "<=", ">", "<", "!"):
        if pattern.startswith(sign):
            return sign
    if _NOT_IN_RANGE.fullmatch(pattern):
        return NOT_IN_RANGE
    return IN_RANGE if _IN_RANGE.fullmatch(pattern) else ""


def fits(value: Any, pattern: Any) -> bool:
    """Whether a value is as a pattern says. Raises Unsupported where the value is not known."""
    seen(value)
    match pattern:
        case bool():
            return isinstance(value, bool) and value is pattern
        case int():
            return _fits_integer(value, pattern)
        case float():
            return _fits_float(value, pattern)
        case None:
            return value is None or (not isinstance(value, dict | list) and not value)
        case dict():
            return isinstance(value, dict)
        case str():
            return _fits_text(value, pattern)
    return False


def _fits_integer(value: Any, pattern: int) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, int | float):
        return value == pattern
    return isinstance(value, str) and parse_int(value) == pattern


def _fits_float(value: Any, pattern: float) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, int | float):
        return value == pattern
    return isinstance(value, str) and parse_float(value) == pattern


def parse_int(text: str) -> int | None:
    """strconv.ParseInt of a decimal 64-bit integer, None where it fails."""
    if not _INTEGER.fullmatch(text) or len(text) > 40:
        return None
    value = int(text)
    return value if -_INT64 <= value < _INT64 else None


def _fits_text(value: Any, pattern: str) -> bool:
    if isinstance(value, str) and value == pattern:
        return True
    return any(
        all(_fits_one(value, one.strip(" ")) for one in part.strip(" ").split("&"))
        for part in pattern.split("|")
    )


def _fits_one(value: Any, pattern: str) -> bool:
    operator = operator_of(pattern)
    if operator == IN_RANGE and (sides := _IN_RANGE.fullmatch(pattern)):
        return _fits_one(value, f">= {sides[1]}") and _fits_one(value, f"<= {sides[2]}")
    if operator == NOT_IN_RANGE and (sides := _NOT_IN_RANGE.fullmatch(pattern)):
        return _fits_one(value, f"< {sides[1]}") or _fits_one(value, f"> {sides[2]}")
    return _compared(value, pattern[len(operator) :].strip(), operator)


def _compared(value: Any, pattern: str, operator: str) -> bool:
    """By durations if both are, else by quantities, else as texts."""
    compare = _COMPARE[operator]
    number = _number(value)
    if number is not None:
        for read in (durations.parse, _amount):
            limit = read(pattern)
            amount = read(number) if limit is not None else None
            if amount is not None:
                return compare(amount, limit)
    if operator not in ("", "!"):
        return False
    text = _text(value)
    return text is not None and matches(pattern, text) == (operator == "")


def _amount(text: str) -> Any:
    quantity = quantities.parse(text)
    return None if quantity is None else quantity.amount


def _number(value: Any) -> str | None:
    """What is read as a duration or a quantity; a null is "0"."""
    if value is None:
        return "0"
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        return f"{value:f}"
    return str(value) if isinstance(value, str | int) else None


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return scientific(value)
    return str(value) if isinstance(value, str | int) else None
