"""Optional values. `orValue`, `or` and the macros are part of the compiler: they are lazy."""

from __future__ import annotations

from typing import Any

from bot.engines.cel.library.registry import Library
from bot.engines.cel.values import NONE, Optional

LIBRARY = Library()


@LIBRARY.add("optional.of", object)
def _of(value: Any) -> Optional:
    return Optional(value)


@LIBRARY.add("optional.none")
def _none() -> Optional:
    return NONE


@LIBRARY.add("optional.ofNonZeroValue", object)
def _of_non_zero(value: Any) -> Optional:
    zero = value is None or (
        type(value) in (bool, int, float, str, bytes, list, dict) and not value
    )
    return NONE if zero or getattr(value, "ns", 1) == 0 else Optional(value)


@LIBRARY.add(".hasValue", Optional)
def _has_value(one: Optional) -> bool:
    return one.present


@LIBRARY.add(".value", Optional)
def _value(one: Optional) -> Any:
    return one.value


@LIBRARY.add("optional.unwrap", list)
@LIBRARY.add(".unwrapOpt", list)
def _unwrap(items: list[Any]) -> list[Any]:
    return [one.value for one in items if isinstance(one, Optional) and one.present]
