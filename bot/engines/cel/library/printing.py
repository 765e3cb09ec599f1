"""`"%s has %d".format([…])`."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

from bot.engines.cel.library.conversions import text_of
from bot.engines.cel.library.registry import Library
from bot.engines.cel.values import CelError, Duration, Timestamp, Type, UInt, type_name

LIBRARY = Library()
_CLAUSE = re.compile(r"%(?:%|(?:\.([0-9]+))?([A-Za-z])|)", re.ASCII)
_PRECISION = 6
_MOST_PLACES = 1000
_ESCAPES = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_ESCAPES |= {"\v": "\\v", "\\": "\\\\", '"': '\\"'}
_RAISED = str.maketrans("+-0123456789", "⁺⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@LIBRARY.add(".format", str, list)
def _format(text: str, args: list[Any]) -> str:
    given = iter(args)
    parts, last = [], 0
    for match in _CLAUSE.finditer(text):
        parts.append(text[last : match.start()])
        last = match.end()
        parts.append("%" if match[0] == "%%" else _clause(match, given))
    return "".join([*parts, text[last:]])


def _clause(match: re.Match[str], given: Iterator[Any]) -> str:
    precision, verb = match[1], match[2]
    if verb is None:
        raise CelError("could not parse formatting clause: unexpected end of string")
    try:
        value = next(given)
    except StopIteration:
        raise CelError("not enough arguments for the formatting clauses") from None
    places = int(precision) if precision is not None else _PRECISION
    if places > _MOST_PLACES:
        raise CelError(f"precision {places} is out of range")
    match verb:
        case "s":
            return shown(value)
        case "d" if type(value) in (int, UInt):
            return str(int(value))
        case "f" | "e":
            return _decimal(verb, places, value)
        case "b" if type(value) in (int, UInt, bool):
            return f"{int(value):b}"
        case "o" if type(value) in (int, UInt):
            return f"{int(value):o}"
        case "x" | "X":
            return _hex(verb, value)
    if verb not in "sdfebox":
        raise CelError(f'unrecognized formatting clause "{verb}"')
    raise CelError(f"error during formatting: %{verb} does not take {type_name(value)}")


def _decimal(verb: str, places: int, value: Any) -> str:
    if type(value) is str and value in ("NaN", "Infinity", "-Infinity"):
        value = float(value)
    if type(value) is not float:
        raise CelError(f"error during formatting: %{verb} does not take {type_name(value)}")
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "∞" if value > 0 else "-∞"
    if verb == "f":
        return f"{value:,.{places}f}"
    mantissa, _, exponent = f"{value:.{places}e}".partition("e")
    return f"{mantissa}\u202f×\u202f10{exponent.removeprefix('+').translate(_RAISED)}"


def _hex(verb: str, value: Any) -> str:
    if type(value) in (int, UInt):
        return f"{int(value):{verb}}"
    if type(value) in (str, bytes):
        digits = (value.encode() if type(value) is str else value).hex()
        return digits.upper() if verb == "X" else digits
    raise CelError(f"error during formatting: %{verb} does not take {type_name(value)}")


def shown(value: Any) -> str:
    """A value as %s shows it. Raises CelError."""
    match value:
        case None:
            return "null"
        case list():
            return f"[{', '.join(map(_member, value))}]"
        case dict():
            pairs = sorted((_member(key), _member(one)) for key, one in value.items())
            return "{" + ", ".join(f"{key}:{one}" for key, one in pairs) + "}"
        case Type(name):
            return name
        case bool() | int() | float() | str() | bytes() | Timestamp() | Duration():
            return text_of(value)
    raise CelError(f"error during formatting: %s does not take {type_name(value)}")


def _member(value: Any) -> str:
    """A value inside of a list or a map, as CEL writes it."""
    match value:
        case str():
            return _quoted(value)
        case bytes():
            return "b" + _quoted(value.decode("utf-8", "replace"))
        case float():
            return f"{value:.6f}" if math.isfinite(value) else _quoted(text_of(value))
        case Timestamp():
            return f'timestamp("{text_of(value)}")'
        case Duration():
            return f'duration("{text_of(value)}")'
    return shown(value)


def _quoted(text: str) -> str:
    return '"' + "".join(_ESCAPES.get(char, char) for char in text) + '"'
