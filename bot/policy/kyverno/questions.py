"""From a question to the request that the cluster's admission would see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.policy.kyverno.inside.faults import unknown
from bot.policy.kyverno.request import Request
from bot.policy.model import Context, Question
from bot.policy.vap.defaults import as_stored
from bot.policy.vap.kinds import Kinds
from bot.policy.vap.subject import Subject
from checks.model import Resource

_WHO = "who will ask for it"
_WHERE = "the namespace of an object whose manifest names none"
_TOP = {"serviceAccountName": _WHO, "serviceAccountNamespace": _WHO}


class Questions:
    """Makes requests, with what the repository tells of namespaces, kinds and ConfigMaps."""

    def __init__(self, context: Context) -> None:
        self._kinds = Kinds(context.inventory)
        documents = [one.body for one in context.parameters]
        bodies = [one.body for one in context.inventory() if one.kind == "ConfigMap"]
        self.config_maps = [
            _config_map(body)
            for body in (*documents, *bodies)
            if body.get("kind") == "ConfigMap" and body.get("apiVersion") == "v1"
        ]

    def request(self, question: Question) -> Request:
        """The request of a question."""
        subject = Subject(question, self._kinds.of(question.resource))
        namespace = subject.namespace
        new = _stored(question.resource, namespace)
        old = _stored(question.before, namespace) if question.before else None
        return Request(
            object=new,
            old=old,
            operation=subject.operation,
            admission=_admission(subject, new, old),
            unknown=_TOP,
            namespace_labels=subject.namespace_labels if namespace else {},
            namespace_body=question.namespace,
            plural=subject.kind.plural,
            namespaced=subject.kind.namespaced,
            namespace_known=namespace is not None,
            bindings=subject.bindings,
        )


def _stored(resource: Resource, namespace: str | None) -> dict[str, Any]:
    """The object as the API server hands it on: with its defaults, and its namespace."""
    stored = as_stored(resource.body)
    metadata = stored.get("metadata")
    if namespace != "" and isinstance(metadata, dict) and not metadata.get("namespace"):
        stored["metadata"] = {**metadata, "namespace": namespace or unknown(_WHERE)}
    return stored


def _admission(
    subject: Subject, new: Mapping[str, Any], old: Mapping[str, Any] | None
) -> dict[str, Any]:
    known = {k: v for k, v in subject.bindings["request"].items() if not k.startswith("\0")}
    if subject.namespace is None:
        known["namespace"] = unknown(_WHERE)
    users = dict.fromkeys(("userInfo", "roles", "clusterRoles", "uid"), unknown(_WHO))
    return {**known, **users, "options": None, "object": new, "oldObject": old}


def _config_map(body: Mapping[str, Any]) -> tuple[str, str, dict[str, Any]]:
    metadata = body.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    data = body.get("data")
    known = {"data": data if isinstance(data, dict) else {}, "metadata": metadata}
    return str(metadata.get("namespace") or "default"), str(metadata.get("name") or ""), known
