"""The parameters that a binding names, as far as they are in the repository."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.policy.model import Context
from bot.policy.vap.defaults import as_stored
from bot.policy.vap.definition import Binding, Definition, Malformed
from bot.policy.vap.match import Unknown
from bot.policy.vap.selectors import selects
from bot.policy.vap.subject import Subject


class Parameters:
    """Finds parameters; each is the same object whenever it is found."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._of_kind: dict[tuple[str, str], list[dict[str, Any]]] = {}

    def of(
        self, definition: Definition, binding: Binding, subject: Subject
    ) -> Sequence[dict[str, Any] | None]:
        """What `params` is, one evaluation for each; None is null. Raises Unknown where none is
        found: the cluster may have it. Raises Malformed."""
        reference = binding.params
        if not definition.kind[1] or reference is None:
            return (None,)
        if bool(reference.get("name")) == ("selector" in reference):
            raise Malformed("paramRef is to have a name or a selector", "spec", "paramRef")
        namespace = reference.get("namespace") or subject.namespace
        found = [
            body
            for body in self._all(*definition.kind)
            if _is_named(body, reference) and _is_in(body, namespace)
        ]
        if not found:
            raise Unknown(_missing(definition, reference))
        return found

    def _all(self, api_version: str, kind: str) -> list[dict[str, Any]]:
        wanted = (api_version, kind)
        if wanted not in self._of_kind:
            bodies = [one.body for one in self._context.parameters]
            bodies += [one.body for one in self._context.inventory()]
            known: dict[tuple[str, str], dict[str, Any]] = {}
            for body in bodies:
                if (body.get("apiVersion"), body.get("kind")) == wanted:
                    metadata = _metadata(body)
                    key = (str(metadata.get("namespace") or ""), str(metadata.get("name")))
                    known.setdefault(key, as_stored(body))
            self._of_kind[wanted] = list(known.values())
        return self._of_kind[wanted]


def _metadata(body: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = body.get("metadata")
    return metadata if isinstance(metadata, dict) else {}


def _is_named(body: Mapping[str, Any], reference: Mapping[str, Any]) -> bool:
    metadata = _metadata(body)
    if reference.get("name"):
        return bool(metadata.get("name") == reference["name"])
    return selects(reference.get("selector"), metadata.get("labels") or {})


def _is_in(body: Mapping[str, Any], namespace: str | None) -> bool:
    """A manifest without a namespace goes where it is applied to."""
    own = _metadata(body).get("namespace")
    return not own or not namespace or own == namespace


def _missing(definition: Definition, reference: Mapping[str, Any]) -> str:
    name = f" {reference['name']}" if reference.get("name") else " that its selector fits"
    where = f" in {reference['namespace']}" if reference.get("namespace") else ""
    return (
        f"its parameter {definition.kind[1]}{name}{where} is in no file here; add its manifest to"
        " the policies or to what is rendered"
    )
