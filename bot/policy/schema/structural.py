"""A CustomResourceDefinition's structural schema as a JSON Schema that says what the API server
would: what it prunes is not allowed, and what it fills in may be missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

OBJECT_META = (
    "https://kubernetes.io/api/_definitions.json"
    "#/$defs/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
)
DRAFT = "https://json-schema.org/draft/2020-12/schema"
_AS_THEY_ARE = (
    "enum",
    "maxItems",
    "maxLength",
    "maxProperties",
    "minItems",
    "minLength",
    "minProperties",
    "multipleOf",
    "pattern",
)
_BOUNDS = {"maximum": "exclusiveMaximum", "minimum": "exclusiveMinimum"}
_INTEGERS = {"int32": 2**31, "int64": 2**63}


def json_schema(schema: Mapping[str, Any], *, status: bool) -> dict[str, Any]:
    """The JSON Schema of whole objects. `status` leaves what stands under it unjudged."""
    made = _closed(schema)
    properties = {**made.get("properties", {}), **_of_every_object(schema)}
    if status:
        properties["status"] = {}
    return {"$schema": DRAFT, **made, "type": "object", "properties": properties}


def _of_every_object(schema: Mapping[str, Any]) -> dict[str, Any]:
    """What each object has whether or not the schema says so."""
    declared = _mapping(schema, "properties").get("metadata")
    own = [_junctor(declared)] if isinstance(declared, Mapping) else []
    text = {"type": "string"}
    metadata = {"allOf": [{"$ref": OBJECT_META}, *own]}
    return {"apiVersion": text, "kind": text, "metadata": metadata}


def _closed(node: Any) -> dict[str, Any]:
    """A part of the schema that names all there may be."""
    if not isinstance(node, Mapping):
        return {}
    made = _values(node)
    if "type" in node or node.get("x-kubernetes-int-or-string") is True:
        made["type"] = _types(node)
    if node.get("nullable") is True and isinstance(made.get("enum"), list):
        made["enum"] = [*made["enum"], None]
    if "items" in node:
        made["items"] = _closed(node["items"])
    properties = {name: _closed(child) for name, child in _mapping(node, "properties").items()}
    if node.get("x-kubernetes-embedded-resource") is True:
        text = {"type": "string"}
        kept = {"apiVersion": text, "kind": text, "metadata": {"$ref": OBJECT_META}}
        properties = {**properties, **kept}
    if properties:
        made["properties"] = properties
    more = node.get("additionalProperties")
    if isinstance(more, Mapping):
        made["additionalProperties"] = _closed(more)
    elif more is None and _is_pruned(node) and properties:
        made["additionalProperties"] = False
    elif more is None and _is_pruned(node):
        made["maxProperties"] = 0
    return made


def _is_pruned(node: Mapping[str, Any]) -> bool:
    if node.get("x-kubernetes-preserve-unknown-fields") is True:
        return False
    return node.get("type") == "object" or "properties" in node


def _types(node: Mapping[str, Any]) -> list[str]:
    mixed = node.get("x-kubernetes-int-or-string") is True
    types = ["integer", "string"] if mixed else [str(node["type"])]
    return [*types, "null"] if node.get("nullable") is True else types


def _values(node: Mapping[str, Any]) -> dict[str, Any]:
    """The parts that are about values, and the junctors of them."""
    made = {key: node[key] for key in _AS_THEY_ARE if key in node}
    for bound, exclusive in _BOUNDS.items():
        if bound in node:
            made[exclusive if node.get(exclusive) is True else bound] = node[bound]
    most = _INTEGERS.get(str(node.get("format"))) if node.get("type") == "integer" else None
    if most is not None:
        made.setdefault("minimum", -most)
        made.setdefault("maximum", most - 1)
    required = node.get("required")
    if isinstance(required, list):
        made["required"] = [name for name in required if not _may_miss(node, name)]
    for junctor in ("allOf", "anyOf", "oneOf"):
        if isinstance(node.get(junctor), list) and node[junctor]:
            made[junctor] = [_junctor(child) for child in node[junctor]]
    if isinstance(node.get("not"), Mapping):
        made["not"] = _junctor(node["not"])
    return made


def _may_miss(node: Mapping[str, Any], name: Any) -> bool:
    """Whether a required field may be left out: it is filled in, or null, which we leave out."""
    field = _mapping(node, "properties").get(name) if isinstance(name, str) else None
    return isinstance(field, Mapping) and ("default" in field or field.get("nullable") is True)


def _junctor(node: Any) -> dict[str, Any]:
    """A part in allOf, anyOf, oneOf or not: it says something of values, and names no fields."""
    if not isinstance(node, Mapping):
        return {}
    made = _values(node)
    if "type" in node:
        made["type"] = _types(node)
    if "items" in node:
        made["items"] = _junctor(node["items"])
    properties = _mapping(node, "properties")
    if properties:
        made["properties"] = {name: _junctor(child) for name, child in properties.items()}
    if isinstance(node.get("additionalProperties"), Mapping):
        made["additionalProperties"] = _junctor(node["additionalProperties"])
    return made


def _mapping(node: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = node.get(key)
    return value if isinstance(value, Mapping) else {}
