"""Whether a constraint is about an object, by its `match`, as Gatekeeper decides it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.policy.gatekeeper.selectors import Unknown, selects
from checks.model import Node

# The label that every Namespace has.
NAME_LABEL = "kubernetes.io/metadata.name"
_TEXTS = {"type": "array", "items": {"type": "string"}}
WILDCARD = r"^\*?[-:a-z0-9]*\*?$"
_WILDCARD = {"type": "string", "pattern": WILDCARD}
_WILDCARDS = {"type": "array", "items": _WILDCARD}
_REQUIREMENT = {
    "type": "object",
    "required": ["key", "operator"],
    "properties": {
        "key": {"type": "string"},
        "operator": {"type": "string", "enum": ["In", "NotIn", "Exists", "DoesNotExist"]},
        "values": _TEXTS,
    },
}
_SELECTOR = {
    "type": "object",
    "properties": {
        "matchLabels": {"type": "object", "additionalProperties": {"type": "string"}},
        "matchExpressions": {"type": "array", "items": _REQUIREMENT},
    },
}
SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "source": {"type": "string", "enum": ["All", "Generated", "Original"]},
        "kinds": {
            "type": "array",
            "items": {"type": "object", "properties": {"apiGroups": _TEXTS, "kinds": _TEXTS}},
        },
        "scope": {"type": "string"},
        "namespaces": _WILDCARDS,
        "excludedNamespaces": _WILDCARDS,
        "labelSelector": _SELECTOR,
        "namespaceSelector": _SELECTOR,
        "name": _WILDCARD,
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Matchable:
    """An object and where it stands. `namespace` is its Namespace's name, "" for none; `labels`
    are that Namespace's, None where it is not known; `scope` is "" where it may be either."""

    body: Mapping[str, Node]
    namespace: str = ""
    labels: Mapping[str, str] | None = None
    scope: str = ""

    @property
    def group(self) -> str:
        """The API group, "" for the core group."""
        return str(self.body.get("apiVersion") or "").rpartition("/")[0]

    @property
    def kind(self) -> str:
        """The kind."""
        return str(self.body.get("kind") or "")

    @property
    def is_namespace(self) -> bool:
        """Whether the object is a Namespace."""
        return self.kind == "Namespace" and not self.group

    def text(self, *pointer: str) -> str:
        """A text in the metadata, "" where there is none."""
        found = self._meta().get(*pointer)
        return found if isinstance(found, str) else ""

    def own_labels(self) -> Mapping[str, str]:
        """The object's labels."""
        found = self._meta().get("labels")
        return {k: str(v) for k, v in found.items()} if isinstance(found, dict) else {}

    def _meta(self) -> Mapping[str, Node]:
        found = self.body.get("metadata")
        return found if isinstance(found, dict) else {}


def matches(match: Mapping[str, Any], one: Matchable) -> bool:
    """Whether a constraint with this `match` (which fits SCHEMA) is about the object. Raises
    Unknown where that depends on labels of a Namespace that nobody declares."""
    place = one.text("name") if one.is_namespace else one.namespace
    return (
        _kinds(match.get("kinds") or (), one)
        and _scope(str(match.get("scope") or ""), one)
        and _named(match.get("namespaces"), place)
        and not _excluded(match.get("excludedNamespaces"), place)
        and _selected(match.get("labelSelector"), one)
        and _name(str(match.get("name") or ""), one)
        # What we read is original; nothing here is made from an ExpansionTemplate.
        and match.get("source") != "Generated"
        and _in_namespace(match.get("namespaceSelector"), one)
    )


def _kinds(kinds: Sequence[Mapping[str, Any]], one: Matchable) -> bool:
    return not kinds or any(
        _among(kind.get("kinds"), one.kind) and _among(kind.get("apiGroups"), one.group)
        for kind in kinds
    )


def _among(names: Sequence[str] | None, name: str) -> bool:
    return not names or "*" in names or name in names


def _scope(scope: str, one: Matchable) -> bool:
    return scope not in ("Cluster", "Namespaced") or one.scope in ("", scope)


def _named(patterns: Sequence[str] | None, place: str) -> bool:
    return not patterns or not place or any(fits(pattern, place) for pattern in patterns)


def _excluded(patterns: Sequence[str] | None, place: str) -> bool:
    return bool(place) and any(fits(pattern, place) for pattern in patterns or ())


def fits(pattern: str, name: str) -> bool:
    """Whether a name is what a pattern with `*` at its ends says."""
    if pattern.startswith("*") and pattern.endswith("*"):
        return pattern.strip("*") in name
    if pattern.startswith("*"):
        return name.endswith(pattern[1:])
    return name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern


def _name(pattern: str, one: Matchable) -> bool:
    if not pattern or fits(pattern, one.text("name")):
        return True
    return pattern.endswith("*") and fits(pattern, one.text("generateName"))


def _selected(selector: Mapping[str, Any] | None, one: Matchable) -> bool:
    return selector is None or selects(selector, one.own_labels())


def _in_namespace(selector: Mapping[str, Any] | None, one: Matchable) -> bool:
    if selector is None:
        return True
    if one.is_namespace:
        return selects(selector, {NAME_LABEL: one.text("name")} | dict(one.own_labels()))
    if not one.namespace:
        return True
    known = {NAME_LABEL: one.namespace}
    if one.labels is not None:
        return selects(selector, known | dict(one.labels))
    try:
        return selects(selector, known, partial=True)
    except Unknown:
        raise Unknown(
            f"the labels of the Namespace {one.namespace} are not known: declare it in the "
            "repository, or select it by its name"
        ) from None
