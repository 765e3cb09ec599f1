"""What Gatekeeper reviews: the admission request of an object, and where the object stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.engines.admission import as_json, request_of
from bot.policy.gatekeeper.match import Matchable
from bot.policy.model import Question
from bot.policy.vap.kinds import Kinds
from bot.policy.vap.subject import Subject
from checks.model import Node, ResourceRef

# What of a request nobody knows before the merge.
UNKNOWN = (("input", "review", "userInfo"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One request. `matchables` are the object and the one that it replaces. `space` is the
    Namespace that the object stands in; `space_known` is False where there is one that nobody
    declares. `bindings` is what CEL sees, without parameters."""

    label: str
    request: Mapping[str, Any]
    matchables: tuple[Matchable, ...]
    bindings: Mapping[str, Any]
    space: Mapping[str, Node] | None = None
    space_known: bool = True

    @property
    def operation(self) -> str:
        """CREATE, UPDATE, …; "" where a test does not say."""
        return str(self.request.get("operation") or "")

    def as_json(self) -> str:
        """`input.review` for Rego."""
        spaces = {"namespaceObject": self.space, "_unstable": {"namespace": self.space}}
        return as_json({**self.request, **spaces})


def review_of(question: Question, kinds: Kinds) -> Review:
    """The request that would write the object of a question."""
    resource, before = question.resource, question.before
    kind = kinds.of(resource)
    scope = {True: "Namespaced", False: "Cluster", None: ""}[kind.namespaced]
    bodies = [resource.body] if before is None else [resource.body, before.body]
    place = "" if scope == "Cluster" else resource.namespace
    space = question.namespace if place else None
    return Review(
        label=str(ResourceRef.of(resource)),
        request=request_of(resource, before),
        matchables=tuple(
            Matchable(body=body, namespace=place, labels=labels_of(space), scope=scope)
            for body in bodies
        ),
        bindings=Subject(question, kind).bindings,
        space=space,
        space_known=space is not None or not place,
    )


def labels_of(namespace: Mapping[str, Node] | None) -> Mapping[str, str] | None:
    """The labels of a Namespace, None where it is not known."""
    return None if namespace is None else Matchable(body=namespace).own_labels()
