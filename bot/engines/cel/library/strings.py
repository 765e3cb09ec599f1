"""Functions over strings, with positions in code points."""

from __future__ import annotations

from typing import Any

from bot.engines.cel.library.registry import Library
from bot.engines.cel.operators import no_overload
from bot.engines.cel.values import CelError

LIBRARY = Library()
_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_TO_LOWER = str.maketrans(_UPPER, _UPPER.lower())
_TO_UPPER = str.maketrans(_UPPER.lower(), _UPPER)
# Unicode's white space; Python's own also has the separators U+001C to U+001F.
_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
_QUOTED = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_QUOTED |= {"\v": "\\v", "\\": "\\\\", '"': '\\"'}


@LIBRARY.add(".contains", str, str)
def _contains(text: str, part: str) -> bool:
    return part in text


@LIBRARY.add(".startsWith", str, str)
def _starts_with(text: str, part: str) -> bool:
    return text.startswith(part)


@LIBRARY.add(".endsWith", str, str)
def _ends_with(text: str, part: str) -> bool:
    return text.endswith(part)


@LIBRARY.add(".charAt", str, int)
def _char_at(text: str, at: int) -> str:
    _inside(at, len(text))
    return text[at : at + 1]


def _inside(at: int, length: int) -> None:
    if not 0 <= at <= length:
        raise CelError(f"index out of range: {at}")


@LIBRARY.add(".indexOf", str, str)
@LIBRARY.add(".indexOf", str, str, int)
def _index_of(text: str, part: str, start: int = 0) -> int:
    if not part:
        _inside(start, len(text))
        return start
    if not 0 <= start <= len(text):
        raise CelError(f"index out of range: {start}")
    return text.find(part, start)


@LIBRARY.add(".lastIndexOf", str, str)
def _last_index_of(text: str, part: str) -> int:
    return text.rfind(part)


@LIBRARY.add(".lastIndexOf", str, str, int)
def _last_index_before(text: str, part: str, last: int) -> int:
    _inside(last, len(text))
    return last if not part else text.rfind(part, 0, last + len(part))


@LIBRARY.add(".lowerAscii", str)
def _lower(text: str) -> str:
    return text.translate(_TO_LOWER)


@LIBRARY.add(".upperAscii", str)
def _upper(text: str) -> str:
    return text.translate(_TO_UPPER)


@LIBRARY.add(".replace", str, str, str)
@LIBRARY.add(".replace", str, str, str, int)
def _replace(text: str, old: str, new: str, most: int = -1) -> str:
    return text.replace(old, new, max(most, -1))


@LIBRARY.add(".split", str, str)
@LIBRARY.add(".split", str, str, int)
def _split(text: str, separator: str, most: int = -1) -> list[str]:
    if most == 0:
        return []
    if separator:
        return text.split(separator, most - 1 if most > 0 else -1)
    if most < 0 or most >= len(text):
        return list(text)
    return [*text[: most - 1], text[most - 1 :]]


@LIBRARY.add(".substring", str, int)
def _tail(text: str, start: int) -> str:
    _inside(start, len(text))
    return text[start:]


@LIBRARY.add(".substring", str, int, int)
def _substring(text: str, start: int, end: int) -> str:
    if start > end:
        raise CelError(f"invalid substring range. start: {start}, end: {end}")
    _inside(start, len(text))
    _inside(end, len(text))
    return text[start:end]


@LIBRARY.add(".trim", str)
def _trim(text: str) -> str:
    return text.strip(_SPACE)


@LIBRARY.add(".reverse", str)
def _reverse(text: str) -> str:
    return text[::-1]


@LIBRARY.add(".join", list)
@LIBRARY.add(".join", list, str)
def _join(items: list[Any], separator: str = "") -> str:
    for one in items:
        if type(one) is not str:
            raise no_overload("join", one)
    return separator.join(items)


@LIBRARY.add("strings.quote", str)
def _quote(text: str) -> str:
    return f'"{"".join(_QUOTED.get(char, char) for char in text)}"'
