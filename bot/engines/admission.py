"""What a policy sees of an object: the input of conftest, and that of an admission review."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from bot.engines.rego import Question, Style
from checks.model import Node, Resource, ResourceRef

_ENDS_ES = ("s", "x", "z", "ch", "sh")


def question(resource: Resource, before: Resource | None) -> Question:
    """Ask about an object as it would be written; `before` is what it replaces, if anything."""

    written = _Written(resource, before)
    return Question(label=str(ResourceRef.of(resource)), write=written.as_input)


class _Written:
    """An object as text, which is written once, whatever it becomes a part of."""

    def __init__(self, resource: Resource, before: Resource | None) -> None:
        self._resource, self._before = resource, before

    def as_input(self, style: Style) -> str:
        """The input as JSON."""
        if style is Style.OBJECT:
            return self._object
        if style is Style.REQUEST:
            return f'{{"request":{self._request}}}'
        review = f'"request":{self._request},"review":{self._request}}}'
        if style is Style.REVIEW:
            return '{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview",' + review
        # An object with a `request` of its own cannot put itself in its place.
        own = {k: v for k, v in self._resource.body.items() if k not in ("request", "review")}
        text = self._object if len(own) == len(self._resource.body) else as_json(own)
        return f"{text[:-1]},{review}" if own else "{" + review

    @cached_property
    def _object(self) -> str:
        return as_json(self._resource.body)

    @cached_property
    def _request(self) -> str:
        before = "null" if self._before is None else as_json(self._before.body)
        around = as_json(_around(self._resource, self._before))
        return f'{around[:-1]},"object":{self._object},"oldObject":{before}}}'


def request_of(resource: Resource, before: Resource | None) -> dict[str, Any]:
    """The admission request that would write an object, as far as it is known."""
    bodies = {"object": resource.body, "oldObject": before.body if before is not None else None}
    return {**_around(resource, before), **bodies}


def _around(resource: Resource, before: Resource | None) -> dict[str, Any]:
    """The request without the objects themselves."""
    group, version = resource.group, resource.api_version.rpartition("/")[2]
    kind = {"group": group, "version": version, "kind": resource.kind}
    plural = {"group": group, "version": version, "resource": _plural(resource.kind)}
    request: dict[str, Any] = {
        "uid": "",
        "kind": kind,
        "requestKind": kind,
        "resource": plural,
        "requestResource": plural,
        "name": resource.name,
        "operation": "CREATE" if before is None else "UPDATE",
        "options": {},
        "dryRun": False,
    }
    # A manifest without one goes where it is applied to, which nobody knows here.
    return request | ({"namespace": resource.namespace} if resource.namespace else {})


def _plural(kind: str) -> str:
    """The resource of a kind, by the rule that Kubernetes' own names follow."""
    name = kind.lower()
    if name.endswith("endpoints"):
        return name
    if name.endswith(_ENDS_ES):
        return name + "es"
    if name.endswith("y") and name[-2:-1] not in "aeiou":
        return name[:-1] + "ies"
    return name + "s"


def as_json(value: Mapping[str, Any]) -> str:
    """A value as JSON, with text for what JSON does not have."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except ValueError:
        text = json.dumps(_finite(dict(value)), ensure_ascii=False)
    # Half a surrogate pair has no place in JSON.
    return text.encode("utf-8", "replace").decode()


def _finite(node: Node | dict[str, Any]) -> Any:
    """The value with what JSON cannot have as text. In Rego text is greater than every number, so
    `.inf` is over every limit."""
    if isinstance(node, dict):
        return {key: _finite(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_finite(value) for value in node]
    if isinstance(node, float) and not math.isfinite(node):
        return ".nan" if math.isnan(node) else ".inf" if node > 0 else "-.inf"
    return node
