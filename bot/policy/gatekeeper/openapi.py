"""The structural schemas of CustomResourceDefinitions: what of a value they refuse, and the
defaults that they fill in. Gatekeeper checks constraints and their parameters by them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from checks.model import Node, Pointer

Schema = Mapping[str, Any]
Fault = tuple[Pointer, str]
# Whether a pattern is in a text, or why that cannot be told.
Fit = Callable[[str, str], bool | str]

# How the message begins of a field that a schema does not know.
NO_FIELD = "there is no field"
_ANY = "x-kubernetes-preserve-unknown-fields"
_EITHER = "x-kubernetes-int-or-string"
_TYPES: dict[str, tuple[type, ...]] = {
    "array": (list,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "object": (dict,),
    "string": (str,),
}
_SIZES = (
    (list, "minItems", "maxItems", "items"),
    (str, "minLength", "maxLength", "characters"),
    (dict, "minProperties", "maxProperties", "fields"),
)


def faults(schema: Schema, value: Node, fit: Fit, at: Pointer = ()) -> Iterator[Fault]:
    """(where, what is wrong) of a value."""
    if value is None and schema.get("nullable"):
        return
    wrong = _wrong_type(schema, value)
    if wrong:
        yield at, wrong
        return
    yield from ((at, said) for said in (*_of_value(schema, value, fit), *_of_size(schema, value)))
    yield from _combined(schema, value, fit, at)
    if isinstance(value, dict):
        yield from _of_fields(schema, value, fit, at)
    elif isinstance(value, list) and isinstance(schema.get("items"), dict):
        for index, item in enumerate(value):
            yield from faults(schema["items"], item, fit, (*at, index))


def defaulted(schema: Schema, value: Node) -> Node:
    """The value with the defaults of what it leaves out."""
    if isinstance(value, dict):
        fields: Mapping[str, Schema] = schema.get("properties") or {}
        other = schema.get("additionalProperties")
        full = dict(value)
        for name, inner in fields.items():
            left_out = name not in full or (full[name] is None and not inner.get("nullable"))
            if left_out and "default" in inner:
                full[name] = inner["default"]
        for name in full:
            inner = fields.get(name, other if isinstance(other, dict) else {})
            full[name] = defaulted(inner, full[name])
        return full
    if isinstance(value, list) and isinstance(schema.get("items"), dict):
        return [defaulted(schema["items"], item) for item in value]
    return value


def unsupported(schema: Any, at: Pointer = ()) -> Iterator[Pointer]:
    """Where a schema has rules in CEL, which are not checked here."""
    if isinstance(schema, dict):
        if "x-kubernetes-validations" in schema:
            yield (*at, "x-kubernetes-validations")
        for name, inner in schema.items():
            yield from unsupported(inner, (*at, name))


def nodes(value: Any) -> int:
    """How many values there are in a value, itself among them: checking one against a schema takes
    at most as many steps as one has times the other."""
    inner: Iterable[Any] = ()
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
    return 1 + sum(map(nodes, inner))


def _wrong_type(schema: Schema, value: Node) -> str:
    if schema.get(_EITHER):
        fits = isinstance(value, int | str) and not isinstance(value, bool)
        return "" if fits else f"expected a whole number or text, not {_shown(value)}"
    kind = schema.get("type")
    if kind not in _TYPES:
        return ""
    fits = isinstance(value, _TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))
    if not fits and kind == "integer" and isinstance(value, float):
        fits = value.is_integer()
    return "" if fits else f"expected {kind}, not {_shown(value)}"


def _of_value(schema: Schema, value: Node, fit: Fit) -> Iterator[str]:
    if "enum" in schema and value not in schema["enum"]:
        yield f"expected one of {', '.join(map(_shown, schema['enum']))}, not {_shown(value)}"
    if isinstance(value, str) and "pattern" in schema:
        fits = fit(schema["pattern"], value)
        if isinstance(fits, str):
            yield f"the pattern {schema['pattern']} cannot be checked here: {fits}"
        elif not fits:
            yield f"{_shown(value)} does not match {schema['pattern']}"
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield from _of_number(schema, value)


def _of_number(schema: Schema, value: float) -> Iterator[str]:
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and (value < least or (schema.get("exclusiveMinimum") and value == least)):
        yield f"{value} is less than the minimum {least}"
    if most is not None and (value > most or (schema.get("exclusiveMaximum") and value == most)):
        yield f"{value} is more than the maximum {most}"
    step = schema.get("multipleOf")
    if step and value % step:
        yield f"{value} is no multiple of {step}"


def _of_size(schema: Schema, value: Node) -> Iterator[str]:
    for kind, least, most, what in _SIZES:
        if isinstance(value, kind):
            size = len(value)
            if size < schema.get(least, 0):
                yield f"{size} {what} are fewer than {schema[least]}"
            if size > schema.get(most, size):
                yield f"{size} {what} are more than {schema[most]}"
    if isinstance(value, list) and schema.get("uniqueItems") and _repeats(value):
        yield "an item stands there twice"


def _repeats(items: Sequence[Node]) -> bool:
    return len({json.dumps(item, sort_keys=True) for item in items}) < len(items)


def _combined(schema: Schema, value: Node, fit: Fit, at: Pointer) -> Iterator[Fault]:
    for inner in schema.get("allOf") or ():
        yield from faults(inner, value, fit, at)
    for name, allowed in (("anyOf", None), ("oneOf", 1)):
        if name in schema:
            fitting = sum(not any(faults(inner, value, fit)) for inner in schema[name])
            if not fitting or (allowed and fitting != allowed):
                yield at, f"{_shown(value)} fits {fitting} of the schemas of {name}"
    if "not" in schema and not any(faults(schema["not"], value, fit)):
        yield at, f"{_shown(value)} is what the schema excludes"


def _of_fields(schema: Schema, value: Mapping[str, Node], fit: Fit, at: Pointer) -> Iterator[Fault]:
    for name in schema.get("required") or ():
        if name not in value:
            yield at, f"{name} is required"
    fields: Mapping[str, Schema] = schema.get("properties") or {}
    other = schema.get("additionalProperties")
    # Only the structure proper knows all fields; within anyOf and the like there may be more.
    closed = schema.get("type") == "object" and not schema.get(_ANY) and not other
    for name, item in value.items():
        if name in fields:
            yield from faults(fields[name], item, fit, (*at, name))
        elif isinstance(other, dict):
            yield from faults(other, item, fit, (*at, name))
        elif closed:
            yield (*at, name), f"{NO_FIELD} {name}"


def _shown(value: Any) -> str:
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    return repr(value) if isinstance(value, str) else str(value).lower()
