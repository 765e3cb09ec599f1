"""CustomResourceDefinitions with schemas that were never meant to work, and objects of them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.fuzz.piece import GROUP, Body, Piece, deep, mutated, of_bodies, values

_BROKEN: dict[str, Any] = {
    "pattern": {"type": "string", "pattern": "(("},
    "type": {"type": "surely-not"},
    "bounds": {"type": "integer", "maximum": "x"},
    "enum": {"enum": 7},
}
_SOUND: Body = {
    "type": "object",
    "required": ["size"],
    "properties": {
        "size": {"type": "integer", "minimum": 1, "exclusiveMinimum": True, "format": "int32"},
        "text": {"type": "string", "pattern": "^(a|b)+$", "maxLength": 9, "default": "a"},
        "any": {"x-kubernetes-int-or-string": True, "nullable": True},
        "list": {"type": "array", "items": {"oneOf": [{"type": "string"}, {"not": {}}]}},
        "open": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        "map": {"type": "object", "additionalProperties": {"type": "string"}},
    },
    "x-kubernetes-validations": [{"rule": "self.size > 1"}],
}
_HOSTILE: list[Any] = [
    {"type": "object", "required": 7},
    {"type": "string", "pattern": "(a{1,1000}){1,1000}"},
    {"type": "string", "pattern": "^(a+)+$"},
    {"$ref": "https://surely.not.example/schema.json"},
    {"$ref": "#"},
    {"properties": {"a": {"$ref": "#/properties/spec"}}},
    {"enum": list(range(20_000))},
    {"multipleOf": 0},
    {"items": deep(80)},
    {"allOf": [{"anyOf": [{"type": "string"}] * 50}] * 50},
]


def _definition(kind: str, spec: Any) -> Body:
    schema = {"type": "object", "properties": {"spec": spec}}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{kind.lower()}s.{GROUP}"},
        "spec": {
            "group": GROUP,
            "names": {"kind": kind, "plural": f"{kind.lower()}s"},
            "scope": "Namespaced",
            "versions": [version],
        },
    }


@st.composite
def crd(draw: st.DrawFn, number: int) -> Piece:
    """A definition and an object of its kind. Nothing of it is a policy file: it is declared."""
    path, kind = f"crds/crd{number}.yaml", f"Crd{number}"
    one: Body = {
        "apiVersion": f"{GROUP}/v1",
        "kind": kind,
        "metadata": {"name": "one", "namespace": "canary"},
        "spec": {"size": 2, "text": "a" * 30 + "!"},
    }
    way = draw(st.integers(0, 3))
    if way == 3:
        one["spec"] = draw(values)
    if way == 0:
        what = draw(st.sampled_from(sorted(_BROKEN)))
        return of_bodies("crd", path, _definition(kind, _BROKEN[what]), one, broken=what)
    if way == 1:
        return of_bodies("crd", path, _definition(kind, draw(st.sampled_from(_HOSTILE))), one)
    return of_bodies("crd", path, draw(mutated(_definition(kind, _SOUND))), one)
