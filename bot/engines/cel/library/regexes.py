"""`matches`, `find` and `findAll`."""

from __future__ import annotations

from bot.engines.cel.library.re2 import pattern
from bot.engines.cel.library.registry import Library

LIBRARY = Library()


@LIBRARY.add("matches", str, str)
@LIBRARY.add(".matches", str, str)
def _matches(text: str, expression: str) -> bool:
    return pattern(expression).search(text) is not None


@LIBRARY.add(".find", str, str)
def _find(text: str, expression: str) -> str:
    match = pattern(expression).search(text)
    return match[0] if match else ""


@LIBRARY.add(".findAll", str, str)
@LIBRARY.add(".findAll", str, str, int)
def _find_all(text: str, expression: str, most: int = -1) -> list[str]:
    found: list[str] = []
    for match in pattern(expression).finditer(text):
        if 0 <= most <= len(found):
            break
        found.append(match[0])
    return found
