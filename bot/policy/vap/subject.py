"""An object as the admission of the cluster sees it, with what of that is not known here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from bot.engines.cel.partial import partial
from bot.policy.model import Question
from bot.policy.vap.defaults import as_stored
from bot.policy.vap.kinds import Kind
from checks.model import ResourceRef

NAME_LABEL = "kubernetes.io/metadata.name"
_WHO = "who asks is known to the cluster only"
_WHERE = "the manifest names no namespace"


@dataclass(frozen=True)
class Subject:
    """A question as its request. Its values are made once, so that they are sent once."""

    question: Question
    kind: Kind

    def __str__(self) -> str:
        return str(ResourceRef.of(self.question.resource))

    @property
    def is_namespace(self) -> bool:
        """Whether it is a Namespace itself."""
        return self.kind.kind == "Namespace" and not self.kind.group

    @property
    def operation(self) -> str:
        """What is asked for: to create it, or to update it."""
        return "CREATE" if self.question.before is None else "UPDATE"

    @property
    def namespace(self) -> str | None:
        """Its namespace, "" for none, None where it is not known."""
        if self.is_namespace:
            return self.question.resource.name
        if self.kind.namespaced is False:
            return ""
        return self.question.resource.namespace or None

    @property
    def names(self) -> Mapping[str, str]:
        """The labels of its namespace that are surely known."""
        return {NAME_LABEL: self.namespace} if self.namespace else {}

    @property
    def namespace_labels(self) -> Mapping[str, str] | None:
        """The labels of its namespace, None where that is declared nowhere."""
        body = self.question.namespace
        if body is None:
            return None
        return {**_labels(body), **self.names}

    def labels(self) -> list[Mapping[str, str]]:
        """Its labels, and those of what it replaces."""
        before = self.question.before
        return [self.question.resource.labels(), *([before.labels()] if before else [])]

    @cached_property
    def bindings(self) -> dict[str, Any]:
        """What expressions see, without parameters."""
        resource, before = self.question.resource, self.question.before
        return {
            "object": as_stored(resource.body),
            "oldObject": as_stored(before.body) if before else None,
            "request": self._request,
            "namespaceObject": self._namespace_object,
            "params": None,
        }

    @property
    def _request(self) -> dict[str, Any]:
        kind = {"group": self.kind.group, "version": self.kind.version, "kind": self.kind.kind}
        plural = {
            "group": self.kind.group,
            "version": self.kind.version,
            "resource": self.kind.plural,
        }
        known: dict[str, Any] = {
            "kind": kind,
            "requestKind": kind,
            "resource": plural,
            "requestResource": plural,
            "subResource": "",
            "requestSubResource": "",
            "name": self.question.resource.name,
            "operation": self.operation,
            "dryRun": False,
        }
        unknown = {"userInfo": _WHO, "uid": _WHO, "options": _WHO}
        if self.namespace is None:
            unknown["namespace"] = _WHERE
        elif self.namespace:
            known["namespace"] = self.namespace
        return partial(known, unknown)

    @property
    def _namespace_object(self) -> Any:
        if self.namespace == "" or self.is_namespace:
            return None
        if self.question.namespace is not None:
            body = as_stored(self.question.namespace)
            meta = {**body.get("metadata", {}), "labels": dict(self.namespace_labels or {})}
            return {**body, "metadata": meta}
        if self.namespace is None:
            return partial({}, {"*": _WHERE})
        why = f"no manifest of the namespace {self.namespace} is here"
        metadata = partial(
            {"name": self.namespace, "labels": partial(self.names, {"*": why})}, {"*": why}
        )
        known = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
        return partial(known, {"*": why})


def _labels(body: Mapping[str, Any]) -> dict[str, str]:
    metadata = body.get("metadata")
    labels = metadata.get("labels") if isinstance(metadata, dict) else None
    return dict(labels) if isinstance(labels, dict) else {}
