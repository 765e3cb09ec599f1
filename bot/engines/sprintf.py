"""`sprintf` as OPA has it: Go's format, in which a missing argument is text and no error."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Any

_VERB = re.compile(r"%(?P<flags>[-+# 0]*)(?P<width>\d*)(?:\.(?P<precision>\d*))?(?P<verb>.?)", re.S)
_UNSUPPORTED = re.compile(r"%[-+# 0\d.]*[\[*]")
_WIDEST = 1000
# From which power of ten on Go writes an exponent, and JSON does.
_EXPONENT = 6
_LARGEST = 21
_NAMES: dict[type, str] = {int: "int", float: "float64", str: "string"}


def sprintf(form: Any, values: Any) -> str:
    """The text. Raises TypeError or ValueError for what is not supported here."""
    if type(form) is not str or type(values) is not list:
        raise TypeError("expected a string and an array")
    verbs, text = _parsed(form)
    if len(verbs) != len(values):
        said = [_formatted(verb, value) for verb, value in zip(verbs, values, strict=False)]
        said += [f"%!{verb['verb']}(MISSING)" for verb in verbs[len(values) :]]
        extra = [_argument(value) for value in values[len(verbs) :]]
        rest = ", ".join(f"{_NAMES[type(v)]}={_plain(v)}" for v in extra)
        return "".join(_woven(text, said)) + (f"%!(EXTRA {rest})" if rest else "")
    return "".join(_woven(text, [_formatted(*pair) for pair in zip(verbs, values, strict=True)]))


def _woven(text: tuple[str, ...], said: list[str]) -> Iterator[str]:
    for before, one in zip(text, said, strict=False):
        yield before
        yield one
    yield text[-1]


@lru_cache(maxsize=1024)
def _parsed(form: str) -> tuple[tuple[re.Match[str], ...], tuple[str, ...]]:
    """The verbs of a format and the text before, between and after them. Raises ValueError."""
    if _UNSUPPORTED.search(form.replace("%%", "")):
        raise ValueError("an argument's index and a width from the arguments are not supported")
    verbs: list[re.Match[str]] = []
    text = [""]
    end = 0
    for found in _VERB.finditer(form):
        text[-1] += form[end : found.start()]
        end = found.end()
        if found["verb"] in ("", "%"):
            text[-1] += found["verb"] or "%!(NOVERB)"
        else:
            verbs.append(found)
            text.append("")
    text[-1] += form[end:]
    return tuple(verbs), tuple(text)


def _argument(value: Any) -> int | float | str:
    """What Go formats: a number, or the text of anything else."""
    if isinstance(value, str) or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    return rego_text(value)


def _formatted(found: re.Match[str], given: Any) -> str:
    value = _argument(given)
    flags, verb = found["flags"], found["verb"]
    if type(value) is str and verb in ("v", "s") and len(found[0]) == len("%v"):
        return value
    width = int(found["width"] or 0)
    precision = None if found["precision"] is None else int(found["precision"] or 0)
    if max(width, precision or 0) > _WIDEST:
        raise ValueError(f"a width of more than {_WIDEST} is not supported")
    if verb == "T":
        return _padded(_NAMES[type(value)], flags, width, "")
    if isinstance(value, str):
        said = _string(value, verb, flags, precision)
    elif isinstance(value, int):
        said = _integer(value, verb, flags, precision)
    else:
        said = _float(value, verb, flags, precision)
    if said is None:
        return f"%!{verb}({_NAMES[type(value)]}={_plain(value)})"
    return _padded(said, flags, width, "" if isinstance(value, str) else "0")


def _string(value: str, verb: str, flags: str, precision: int | None) -> str | None:
    short = value if precision is None else value[:precision]
    if verb in ("v", "s"):
        return short if verb == "s" or "#" not in flags else quoted(short)
    if verb == "q":
        return quoted(short)
    if verb in ("x", "X") and not set(flags) & set("# +"):
        code = short.encode().hex()
        return code if verb == "x" else code.upper()
    return None


def _integer(value: int, verb: str, flags: str, precision: int | None) -> str | None:
    if precision is not None and verb in "vdbox":
        raise ValueError("a precision of whole numbers is not supported")
    if verb in ("v", "d"):
        return _signed(str(abs(value)), value < 0, flags)
    if verb in ("b", "o", "x", "X"):
        digits = format(abs(value), verb)
        before = {"b": "0b", "o": "0", "x": "0x", "X": "0X"}[verb] if "#" in flags else ""
        return _signed(before + digits, value < 0, flags)
    if verb == "O":
        return _signed(f"0o{abs(value):o}", value < 0, flags)
    if verb == "c":
        return chr(value) if 0 <= value < 0x110000 else "\ufffd"
    if verb == "U":
        return f"U+{value:04X}"
    if verb == "q":
        raise ValueError("%q of a number is not supported")
    return None


def _float(value: float, verb: str, flags: str, precision: int | None) -> str | None:
    if "#" in flags:
        raise ValueError("%# of a fraction is not supported")
    size = abs(value)
    if verb in ("f", "F"):
        return _signed(f"{size:.{6 if precision is None else precision}f}", value < 0, flags)
    if verb in ("e", "E"):
        return _signed(f"{size:.{6 if precision is None else precision}{verb}}", value < 0, flags)
    if verb in ("v", "g", "G"):
        if precision is not None:
            raise ValueError("%g with a precision is not supported")
        text = _shortest(size, _EXPONENT)
        return _signed(text.upper() if verb == "G" else text, value < 0, flags)
    return None


def _shortest(size: float, most: int) -> str:
    """The fewest digits that stand for the number, with an exponent from 10**most on."""
    if not math.isfinite(size):
        return "+Inf" if math.isinf(size) else "NaN"
    number = Decimal(repr(size)).normalize()
    exponent = number.adjusted()
    if size and (exponent < -4 or exponent >= most):
        first, *rest = map(str, number.as_tuple().digits)
        fraction = "." + "".join(rest) if rest else ""
        return f"{first}{fraction}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
    return format(number, "f")


def _signed(text: str, negative: bool, flags: str) -> str:
    if negative:
        return "-" + text
    return ("+" if "+" in flags else " " if " " in flags else "") + text


def _padded(text: str, flags: str, width: int, zero: str) -> str:
    if "-" in flags:
        return text.ljust(width)
    if zero and "0" in flags:
        sign = text[:1] if text[:1] in "+- " else ""
        return sign + text[len(sign) :].rjust(width - len(sign), "0")
    return text.rjust(width, "0" if "0" in flags else " ")


def _plain(value: int | float | str) -> str:
    if not isinstance(value, float):
        return str(value)
    return _signed(_shortest(abs(value), _EXPONENT), value < 0, "")


def rego_text(value: Any) -> str:
    """A value as Rego writes it: `{"a": [1, true]}`, `{1, 2}`, `set()`."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, dict):
        pairs = sorted(value.items(), key=lambda pair: order(pair[0]))
        return "{" + ", ".join(f"{rego_text(k)}: {rego_text(v)}" for k, v in pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(rego_text(one) for one in value) + "]"
    if isinstance(value, set | frozenset):
        inner = ", ".join(rego_text(one) for one in sorted(value, key=order))
        return "{" + inner + "}" if value else "set()"
    if isinstance(value, float):
        return _signed(_shortest(abs(value), _LARGEST), value < 0, "")
    return json.dumps(value)


def order(value: Any) -> tuple[int, Any]:
    """The order of Rego's values: null, false, true, numbers, texts, and what is made of them."""
    if value is None:
        return 0, 0
    if isinstance(value, bool):
        return 1, value
    if isinstance(value, int | float):
        return 2, value
    if isinstance(value, str):
        return 3, value.encode()
    if isinstance(value, list | tuple):
        return 5, [order(one) for one in value]
    if isinstance(value, dict):
        pairs = sorted((order(key), order(one)) for key, one in value.items())
        return 6, (([key for key, _ in pairs]), [one for _, one in pairs])
    return 7, sorted(order(one) for one in value)


def quoted(text: str) -> str:
    """A text in quotes, as Go quotes it."""
    return '"' + "".join(_escaped(text)) + '"'


_ESCAPES = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_ESCAPES |= {"\v": "\\v", "\\": "\\\\", '"': '\\"'}


def _escaped(text: str) -> Iterator[str]:
    for char in text:
        code = ord(char)
        if char in _ESCAPES:
            yield _ESCAPES[char]
        elif char.isprintable():
            yield char
        elif code < 0x80:
            yield f"\\x{code:02x}"
        else:
            yield f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
