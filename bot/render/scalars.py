"""Kubernetes' reading of YAML scalars: the YAML 1.1 subset of go-yaml v2, then JSON.

`kubectl` and the API server turn YAML into JSON first. So `yes` and `y` are booleans, `12:30` and
dates are strings, `0777` is octal and `1e3` is the number 1000 — and a YAML key is always a string.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TypeAlias

Scalar: TypeAlias = "bool | int | float | str | None"

_WORDS: dict[bool, str] = {
    True: "y Y yes Yes YES true True TRUE on On ON",
    False: "n N no No NO false False FALSE off Off OFF",
}
CONSTANTS: dict[str, Scalar] = {
    **{word: value for value, words in _WORDS.items() for word in words.split()},
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
}
NUMERIC = frozenset("0123456789+-.")

_SPECIAL = {
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **{sign + word: float("inf") for sign in ("", "+") for word in (".inf", ".Inf", ".INF")},
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}
_INTEGER = re.compile(
    r"[-+]?(?:0[xX](?P<hex>[0-9a-fA-F]+)|0[bB](?P<bin>[01]+)|0[oO]?(?P<oct>[0-7]+)"
    r"|(?P<dec>0|[1-9][0-9]*))"
)
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
# go-yaml drops every "_" of what begins with a digit or a sign; after a dot Go's own rule holds.
_BETWEEN_DIGITS = re.compile(r"(?<=[0-9])_(?=[0-9])")
_BASE = {"hex": 16, "bin": 2, "oct": 8, "dec": 10}
# Longer than this, a decimal is over the range of a 64-bit float, and no cache should hold it.
MAX_NUMBER = 400
_INT64 = 2**63


def plain(text: str) -> Scalar:
    """The value of a plain (unquoted, untagged) scalar."""
    if text[:1] in NUMERIC:
        return number(text) if len(text) <= MAX_NUMBER else text
    return CONSTANTS.get(text, text)


@lru_cache(maxsize=2048)
def number(text: str) -> Scalar:
    """The value of a plain scalar that begins with a digit, a sign or a dot."""
    if text in _SPECIAL:
        return _SPECIAL[text]
    digits = _BETWEEN_DIGITS.sub("", text) if text[0] == "." else text.replace("_", "")
    whole = _INTEGER.fullmatch(digits)
    if whole is not None:
        return _integer(digits, whole)
    if not _FLOAT.fullmatch(digits):
        return text
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        return text
    return _as_json(value)


def _integer(digits: str, match: re.Match[str]) -> Scalar:
    kind = match.lastgroup or "dec"
    value = int(match[kind], _BASE[kind])
    signed = -value if digits[0] == "-" else value
    if -_INT64 <= signed < 2 * _INT64:
        return signed
    try:
        return _as_json(float(signed))
    except OverflowError:
        return digits


def _as_json(value: float) -> int | float:
    """A whole float is written without its point in JSON, and so read back as an integer."""
    if value.is_integer() and -_INT64 <= value < _INT64:
        return int(value)
    return value


@lru_cache(maxsize=8192)
def plain_key(text: str) -> str | None:
    """The JSON key that a plain scalar becomes, None for a null (which JSON cannot have).

    Cached for speed and so that equal keys are one string in memory; not for very long ones.
    """
    value = plain(text)
    return value if isinstance(value, str) else key_text(value)


def key_text(value: Scalar) -> str | None:
    """A scalar as a JSON key: `1` is "1", `yes` is "true"; None for a null."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if value != value:
        return ".nan"
    if value in (float("inf"), float("-inf")):
        return ".inf" if value > 0 else "-.inf"
    return repr(value)


class TagError(ValueError):
    """A scalar is not what its explicit tag says."""


_LONG = "tag:yaml.org,2002:"
_ACCEPTS: dict[str, tuple[type, ...]] = {
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "null": (type(None),),
}


def tagged(tag: str, text: str) -> Scalar:
    """The value of a scalar with an explicit tag. Raises TagError.

    Tags that are not YAML's own are ignored, as the Go parsers do; `!!binary` is left encoded,
    since no check reads binary content.
    """
    kind = tag.removeprefix(_LONG)
    if kind == tag or kind not in _ACCEPTS:
        return text
    value = plain(text)
    # bool is an int to Python, not to YAML.
    if isinstance(value, _ACCEPTS[kind]) and (kind == "bool") == isinstance(value, bool):
        return value
    raise TagError(f"{text[:60]!r} is not what its tag !!{kind} says")
