"""Lists as sets, and base64."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from bot.engines.cel.library.registry import Library
from bot.engines.cel.values import CelError, equal

LIBRARY = Library()


@LIBRARY.add("sets.contains", list, list)
def _contains(items: list[Any], wanted: list[Any]) -> bool:
    return all(any(equal(one, other) for other in items) for one in wanted)


@LIBRARY.add("sets.equivalent", list, list)
def _equivalent(items: list[Any], others: list[Any]) -> bool:
    return _contains(items, others) and _contains(others, items)


@LIBRARY.add("sets.intersects", list, list)
def _intersects(items: list[Any], others: list[Any]) -> bool:
    return any(equal(one, other) for one in items for other in others)


@LIBRARY.add("base64.encode", bytes)
def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode()


@LIBRARY.add("base64.decode", str)
def _decode(text: str) -> bytes:
    bare = text.replace("\r", "").replace("\n", "").rstrip("=")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise CelError("illegal base64 data") from None
