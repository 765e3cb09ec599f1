"""Values as Go writes them: what Kyverno compares and shows as text."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import Any

from bot.policy.kyverno.inside.faults import seen


def sprint(value: Any) -> str:
    """fmt.Sprint of a JSON value: 1e+06 for a float of a million, <nil>, map[a:1 b:2], [x y]."""
    match value:
        case str():
            return str(seen(value))
        case None:
            return "<nil>"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return general(value)
        case dict():
            return "map[" + " ".join(f"{k}:{sprint(value[k])}" for k in sorted(value)) + "]"
        case list():
            return "[" + " ".join(map(sprint, value)) + "]"
    return str(value)


def general(value: float) -> str:
    """%v of a float: the shortest digits, with an exponent from 1e+06 on and below 1e-04."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
    sign, digits, point = _digits(value)
    exponent = point - 1
    if exponent < -4 or exponent >= _EXPONENT_FROM:
        return sign + _scientific(digits, exponent, "e")
    return sign + _plain(digits, point)


def scientific(value: float) -> str:
    """strconv.FormatFloat(v, 'E', -1, 64): 8.08E+03."""
    sign, digits, point = _digits(value)
    return sign + _scientific(digits, point - 1, "E")


def shortest(value: float) -> str:
    """strconv.FormatFloat(v, 'f', -1, 64): never an exponent."""
    sign, digits, point = _digits(value)
    return sign + _plain(digits, point)


def to_json(value: Any, *, html: bool = True) -> str:
    """The value as encoding/json writes it: keys sorted, no blanks, <, > and & escaped."""
    text = json.dumps(
        _plainly(value), ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=str
    )
    # Numbers were put in as marked text, so that Go's own form of them stands there.
    text = _numbers(text)
    if html:
        for char in "<>&":
            text = text.replace(char, f"\\u{ord(char):04x}")
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


# The exponent from which %v writes one, where the digits are the shortest.
_EXPONENT_FROM = 6

_MARK = "\ue0ff"


def _plainly(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plainly(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plainly(one) for one in value]
    if isinstance(value, float):
        return f"{_MARK}{json_number(value)}{_MARK}"
    return seen(value)


def _numbers(text: str) -> str:
    return text.replace(f'"{_MARK}', "").replace(f'{_MARK}"', "")


def json_number(value: float) -> str:
    """A float in JSON: an exponent only below 1e-6 and from 1e21 on."""
    sign, digits, point = _digits(value)
    if value and not 1e-6 <= abs(value) < 1e21:
        text = _scientific(digits, point - 1, "e")
        return sign + text.replace("e-0", "e-")
    return sign + _plain(digits, point)


def _digits(value: float) -> tuple[str, str, int]:
    """(sign, digits, place of the point after how many of them)."""
    sign = "-" if math.copysign(1.0, value) < 0 else ""
    if value == 0:
        return sign, "0", 1
    _, digits, exponent = Decimal(repr(abs(value))).as_tuple()
    text = "".join(map(str, digits))
    point = len(text) + int(exponent)
    return sign, text.rstrip("0").lstrip("0") or "0", point - (len(text) - len(text.lstrip("0")))


def _scientific(digits: str, exponent: int, letter: str) -> str:
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{digits[0]}{fraction}{letter}{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def _plain(digits: str, point: int) -> str:
    if point <= 0:
        return "0." + "0" * -point + digits
    if point >= len(digits):
        return digits + "0" * (point - len(digits))
    return f"{digits[:point]}.{digits[point:]}"
