"""The shape of Kyverno's policies as far as it is read before the workers: the API server refuses
what is of another one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from checks.model import Pointer

# A map with fields of these shapes and any others, a list of such, or a type.
Shape: TypeAlias = "dict[str, Shape] | list[Shape] | type"
_ANY: Shape = [object]
_SELECTOR: Shape = {"matchLabels": {}, "matchExpressions": [{"values": _ANY}]}
_RESOURCES: Shape = {
    **dict.fromkeys(("names", "namespaces", "operations"), _ANY),
    "kinds": [str],
    "annotations": {},
    "selector": _SELECTOR,
    "namespaceSelector": _SELECTOR,
}
_FILTER: dict[str, Shape] = {"resources": _RESOURCES}
_BLOCK: Shape = {**_FILTER, "any": [_FILTER], "all": [_FILTER]}
_OVERRIDES: Shape = [{"namespaces": _ANY, "namespaceSelector": _SELECTOR}]
_RULE: Shape = {
    "match": _BLOCK,
    "exclude": _BLOCK,
    "mutate": {"foreach": [{}]},
    "validate": {"failureActionOverrides": _OVERRIDES},
}
POLICY: Shape = {
    "metadata": {"annotations": {}},
    "spec": {"rules": [_RULE], "validationFailureActionOverrides": _OVERRIDES},
}
_NAMED = ("apiGroups", "apiVersions", "operations", "resources", "resourceNames")
_RESOURCE_RULES: Shape = [dict.fromkeys(_NAMED, _ANY)]
VALIDATING: Shape = {
    "metadata": {"annotations": {}},
    "spec": {
        "evaluation": {"admission": {}},
        "validationActions": _ANY,
        "autogen": {"podControllers": {"controllers": _ANY}},
        **dict.fromkeys(("variables", "matchConditions", "auditAnnotations"), _ANY),
        "matchConstraints": {
            "objectSelector": _SELECTOR,
            "namespaceSelector": _SELECTOR,
            "resourceRules": _RESOURCE_RULES,
            "excludeResourceRules": _RESOURCE_RULES,
        },
    },
}


def misshapen(node: Any, shape: Shape, at: Pointer = ()) -> Iterator[Pointer]:
    """Where a document is of another shape; a field that is null is one that is not there."""
    if isinstance(shape, dict):
        if not isinstance(node, dict):
            yield at
            return
        for name, inner in shape.items():
            if node.get(name) is not None:
                yield from misshapen(node[name], inner, (*at, name))
    elif isinstance(shape, list):
        if not isinstance(node, list):
            yield at
            return
        for index, one in enumerate(node):
            yield from misshapen(one, shape[0], (*at, index))
    elif not isinstance(node, shape):
        yield at


def said(where: Pointer) -> str:
    """What there is to say of such a place."""
    return f"{'.'.join(map(str, where))} is of another type than it has in such a policy"
