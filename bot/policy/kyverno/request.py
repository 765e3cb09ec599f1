"""What is asked of policies: an object as the API server would see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An admission request. `object` is None for a deletion, `old` for a creation.

    `namespace_labels` are None where they are not known, `namespace_body` likewise. `admission` is
    the request as rules see it, `unknown` what of it is not known and what to call that. `values`
    are a test's, by (policy, rule); users are `ignored` where nobody is taken to ask, as in
    Kyverno's own tests. `plural` is what the API calls the kind, `namespaced` None where that
    cannot be told; `bindings` is what expressions in CEL see.
    """

    object: Mapping[str, Any] | None
    old: Mapping[str, Any] | None = None
    operation: str = "CREATE"
    admission: Mapping[str, Any] = field(default_factory=dict)
    unknown: Mapping[str, str] = field(default_factory=dict)
    namespace_labels: Labels | None = None
    namespace_body: Mapping[str, Any] | None = None
    values: Mapping[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    ignore_users: bool = False
    plural: str = ""
    namespaced: bool | None = None
    namespace_known: bool = True
    bindings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def body(self) -> Mapping[str, Any]:
        """The object, or what is deleted."""
        return self.object if self.object is not None else self.old or {}

    @property
    def kind(self) -> str:
        """Its kind."""
        return str(self.body.get("kind") or "")

    @property
    def group(self) -> str:
        """Its API group, "" for the core group."""
        return str(self.body.get("apiVersion") or "").rpartition("/")[0]

    @property
    def version(self) -> str:
        """The version of its API, without the group."""
        return str(self.body.get("apiVersion") or "").rpartition("/")[2]

    @property
    def name(self) -> str:
        """Its name, or what its name will begin with."""
        return str(self._metadata("name") or self._metadata("generateName") or "")

    @property
    def namespace(self) -> str:
        """Its namespace, "" for none."""
        return str(self._metadata("namespace") or "")

    @property
    def labels(self) -> Labels:
        """Its labels."""
        return _texts(self._metadata("labels"))

    @property
    def annotations(self) -> Labels:
        """Its annotations."""
        return _texts(self._metadata("annotations"))

    def values_for(self, policy: str, rule: str) -> Mapping[str, Any]:
        """A test's values for a rule."""
        return self.values.get((policy, rule)) or self.values.get((policy, "")) or {}

    def _metadata(self, name: str) -> Any:
        metadata = self.body.get("metadata")
        return metadata.get(name) if isinstance(metadata, dict) else None


def _texts(value: Any) -> Labels:
    """A map of texts; one with anything else in it counts as none, as in the API's types."""
    if isinstance(value, dict) and all(isinstance(one, str) for one in value.values()):
        return value
    return {}
