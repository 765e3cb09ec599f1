"""The functions of JMESPath itself."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from bot.policy.kyverno.inside.faults import Fault
from bot.policy.kyverno.inside.gotext import to_json
from bot.policy.kyverno.inside.jmespath.query import Interpreter, Reference

Entry = tuple[tuple[str, ...], Callable[..., Any]]


def _contains(search: Any, element: Any) -> bool:
    if isinstance(search, str):
        return isinstance(element, str) and element in search
    if isinstance(element, dict | list) and any(type(one) is type(element) for one in search):
        # Go panics when it compares these.
        raise Fault("contains: objects and arrays cannot be compared")
    return any(type(one) is type(element) and one == element for one in search)


def _length(value: Any) -> float:
    return float(len(value))


def _average(values: list[float]) -> float:
    return math.fsum(values) / len(values) if values else math.nan


def _merge(*objects: dict[str, Any]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for one in objects:
        merged.update(one)
    return merged


def _map(interpreter: Interpreter, expression: Reference, values: list[Any]) -> list[Any]:
    return [interpreter.lenient(expression.node, one) for one in values]


def _sorted(values: list[Any]) -> list[Any]:
    return sorted(values, key=_bytes) if values and isinstance(values[0], str) else sorted(values)


def _bytes(value: str | float) -> Any:
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value


def _best(best: Callable[..., Any]) -> Callable[[list[Any]], Any]:
    return lambda values: best(values, key=_bytes) if values else None


def _keys_by(interpreter: Interpreter, values: list[Any], expression: Reference) -> list[Any]:
    keys = [interpreter.lenient(expression.node, one) for one in values]
    for kind in (float, str):
        if isinstance(keys[0], kind):
            if not all(isinstance(key, kind) for key in keys):
                raise Fault(f"invalid type, must be {'number' if kind is float else 'string'}")
            return [_bytes(key) for key in keys]
    raise Fault("invalid type, must be number of string")


def _best_by(best: Callable[..., Any]) -> Callable[..., Any]:
    def handler(interpreter: Interpreter, values: list[Any], expression: Reference) -> Any:
        if len(values) < 2:
            return values[0] if values else None
        keys = _keys_by(interpreter, values, expression)
        return values[best(range(len(values)), key=keys.__getitem__)]

    return handler


def _sort_by(interpreter: Interpreter, values: list[Any], expression: Reference) -> list[Any]:
    if len(values) < 2:
        return values
    keys = _keys_by(interpreter, values, expression)
    return [values[n] for n in sorted(range(len(values)), key=keys.__getitem__)]


def _type(value: Any) -> str:
    names = {str: "string", list: "array", dict: "object", bool: "boolean", float: "number"}
    if value is None:
        return "null"
    if type(value) not in names:
        raise Fault("unknown type")
    return names[type(value)]


def _to_string(value: Any) -> str:
    return value if isinstance(value, str) else to_json(value)


def _to_number(value: Any) -> float | None:
    if isinstance(value, float):
        return value
    if isinstance(value, str):
        return parse_float(value)
    if isinstance(value, int) and not isinstance(value, bool):
        raise Fault("unknown type")
    return None


def parse_float(text: str) -> float | None:
    """strconv.ParseFloat of a decimal number, None where it fails."""
    plain = text.strip() == text and text.isascii() and "_" not in text
    try:
        value = float(text) if plain else None
    except ValueError:
        return None
    if value is not None and math.isinf(value) and "inf" not in text.lower():
        return None
    return value


TABLE: dict[str, Entry] = {
    "length": (("string|array|object",), _length),
    "starts_with": (("string", "string"), str.startswith),
    "ends_with": (("string", "string"), str.endswith),
    "abs": (("number",), abs),
    "avg": (("array[number]",), _average),
    "ceil": (("number",), lambda value: float(math.ceil(value))),
    "floor": (("number",), lambda value: float(math.floor(value))),
    "contains": (("array|string", "any"), _contains),
    "map": (("expref", "array"), _map),
    "max": (("array[number]|array[string]",), _best(max)),
    "min": (("array[number]|array[string]",), _best(min)),
    "max_by": (("array", "expref"), _best_by(max)),
    "min_by": (("array", "expref"), _best_by(min)),
    "merge": (("object…",), _merge),
    "type": (("any",), _type),
    "keys": (("object",), list),
    "values": (("object",), lambda value: list(value.values())),
    "sort": (("array[string]|array[number]",), _sorted),
    "sort_by": (("array", "expref"), _sort_by),
    "join": (("string", "array[string]"), str.join),
    "reverse": (("array|string",), lambda value: value[::-1]),
    "to_array": (("any",), lambda value: value if isinstance(value, list) else [value]),
    "to_string": (("any",), _to_string),
    "to_number": (("any",), _to_number),
    "not_null": (("any…",), lambda *values: next((v for v in values if v is not None), None)),
}
