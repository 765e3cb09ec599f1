"""Whether a structural schema is one: what the API server would refuse to define a kind by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from checks.model import Pointer

_NUMBER: tuple[type, ...] = (int, float)
_NONE = type(None)
_TYPES: dict[str, tuple[type, ...]] = {
    "type": (str, _NONE),
    "pattern": (str,),
    "enum": (list,),
    "required": (list, _NONE),
    "properties": (dict, _NONE),
    "additionalProperties": (dict, bool, _NONE),
    "items": (dict, _NONE),
    "allOf": (list, _NONE),
    "anyOf": (list,),
    "oneOf": (list,),
    "not": (dict,),
    **dict.fromkeys(("minimum", "maximum", "multipleOf"), (*_NUMBER, _NONE)),
    **{f"{end}{what}": _NUMBER for end in ("min", "max") for what in ("Items", "Length")},
    **{f"{end}Properties": _NUMBER for end in ("min", "max")},
}


def malformed(schema: Any, at: Pointer = ()) -> Iterator[Pointer]:
    """Where a schema has something of another type than such a field has."""
    if not isinstance(schema, dict):
        yield at
        return
    for name, types in _TYPES.items():
        if name in schema and not isinstance(schema[name], types):
            yield (*at, name)
    if any(not isinstance(name, str) for name in _list(schema.get("required"))):
        yield (*at, "required")
    fields = schema.get("properties")
    for name, inner in fields.items() if isinstance(fields, dict) else ():
        yield from malformed(inner, (*at, "properties", name))
    for name in ("items", "additionalProperties", "not"):
        if isinstance(schema.get(name), dict):
            yield from malformed(schema[name], (*at, name))
    for name in ("allOf", "anyOf", "oneOf"):
        for index, inner in enumerate(_list(schema.get(name))):
            yield from malformed(inner, (*at, name, index))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
