"""The values of a test: what its file of variables gives to policies, rules and objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.policy.kyverno.inside.jmespath.query import floats

Body = Mapping[str, Any]


class Values:
    """A document of the kind Values."""

    def __init__(self, body: Body) -> None:
        self._body = body

    def labels(self, namespace: str) -> Body:
        """The labels of a namespace."""
        found: Body = {}
        for one in self._body.get("namespaceSelector") or []:
            if one.get("name") == namespace:
                found = one.get("labels") or {}
        for one in self._body.get("namespaces") or []:
            metadata = one.get("metadata") or {}
            if metadata.get("name") == namespace:
                found = metadata.get("labels") or {}
        return found

    def namespace(self, name: str) -> Body | None:
        """The Namespace of a name, for expressions in CEL."""
        for one in self._body.get("namespaces") or []:
            if (one.get("metadata") or {}).get("name") == name:
                return dict(one)
        for one in self._body.get("namespaceSelector") or []:
            if one.get("name") == name:
                metadata = {"name": name, "labels": one.get("labels") or {}}
                return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
        return None

    def of_object(self, policy: str, name: str) -> dict[str, Any]:
        """What an object has by a policy: the values of all, then its own."""
        found = dict(self._body.get("globalValues") or {})
        for one in self._body.get("policies") or []:
            if one.get("name") == policy:
                for resource in one.get("resources") or []:
                    if resource.get("name") == name:
                        found |= resource.get("values") or {}
        found.setdefault("request.operation", "CREATE")
        return dict(floats(found))

    def of_rules(self, policy: str) -> dict[str, dict[str, Any]]:
        """What the rules of a policy have, by their names."""
        found: dict[str, dict[str, Any]] = {}
        for one in self._body.get("policies") or []:
            if one.get("name") == policy:
                for rule in one.get("rules") or []:
                    values = dict(rule.get("values") or {})
                    for key, several in (rule.get("foreachValues") or {}).items():
                        values[key] = several[0] if isinstance(several, list) and several else None
                    found.setdefault(str(rule.get("name")), floats(values))
        return found

    @property
    def policies(self) -> list[str]:
        """The policies that have values."""
        return [str(one.get("name")) for one in self._body.get("policies") or []]

    @property
    def subresources(self) -> bool:
        """Whether the test is about subresources."""
        return bool(self._body.get("subresources"))
