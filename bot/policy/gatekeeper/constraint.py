"""A constraint as it is written: what it is about, with which parameters, and what comes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.policy.gatekeeper.match import SCHEMA as MATCH
from bot.policy.gatekeeper.openapi import defaulted, faults
from bot.policy.gatekeeper.template import Template, problem
from bot.policy.model import Document, Effect, PolicyRule, Problem
from checks.model import Location, Node

GROUP = "constraints.gatekeeper.sh"
_VERSIONS = ("v1beta1", "v1alpha1")
_EFFECTS = {"deny": Effect.DENY, "warn": Effect.WARN, "dryrun": Effect.AUDIT}
_STRENGTH = (Effect.DENY, Effect.WARN, Effect.AUDIT)
# The points at which a change is refused on its way into the cluster: what plumbline speaks for.
_WEBHOOK = "validation.gatekeeper.sh"
_VAP = "vap.k8s.io"
_POINTS = (_WEBHOOK, _VAP, "audit.gatekeeper.sh", "gator.gatekeeper.sh", "*")
_TEXT = {"type": "string"}
_SCOPED = {
    "type": "object",
    "properties": {
        "action": _TEXT,
        "enforcementPoints": {
            "type": "array",
            "items": {"type": "object", "properties": {"name": _TEXT}},
        },
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """A constraint with the template that it is of. `completed` is its body with the defaults of
    what it leaves out; `effect` is None where it is not enforced when a change enters the
    cluster."""

    document: Document
    template: Template
    name: str
    completed: Mapping[str, Any]
    effect: Effect | None

    @property
    def match(self) -> Mapping[str, Any]:
        """What it is about."""
        found: Mapping[str, Any] = self.completed["spec"].get("match") or {}
        return found

    @property
    def parameters(self) -> Node:
        """What its template is given."""
        found: Node = self.completed["spec"].get("parameters")
        return found

    @property
    def rule(self) -> PolicyRule:
        """The rule that findings name."""
        body = self.template.document.body.get("metadata")
        notes = body.get("annotations") if isinstance(body, dict) else None
        title = notes.get("metadata.gatekeeper.sh/title") if isinstance(notes, dict) else None
        return PolicyRule(
            id=f"gatekeeper/{self.template.kind}/{self.name}",
            location=Location(path=self.document.path, line=self.document.line),
            effect=self.effect or Effect.AUDIT,
            title=title if isinstance(title, str) else f"{self.template.kind} {self.name}",
        )

    def problem(self, message: str, *pointer: str | int) -> Problem:
        """Something wrong with it, at a place in it."""
        return problem(self.document, message, *pointer)


def constraint_of(document: Document, template: Template) -> Constraint | list[Problem]:
    """The constraint that a document is, or why it is none."""
    spec = document.body.get("spec")
    found = [*_shape(document), *invalid(document, template)]
    if found:
        return found
    full: Any = defaulted(_schema(template), spec if isinstance(spec, dict) else {})
    effect, wrong = _effect(full, cel=template.cel is not None)
    if wrong:
        return [problem(document, wrong, "spec", "enforcementAction")]
    meta: Any = document.body["metadata"]
    return Constraint(
        document=document,
        template=template,
        name=str(meta["name"]),
        completed={**document.body, "spec": full},
        effect=effect,
    )


def invalid(document: Document, template: Template) -> list[Problem]:
    """Where a constraint breaks the schema of its kind."""
    spec = document.body.get("spec")
    return [
        problem(document, f"{'.'.join(map(str, ('spec', *where)))}: {said}", "spec", *where)
        for where, said in faults(_schema(template), {} if spec is None else spec)
    ]


def _schema(template: Template) -> Mapping[str, Any]:
    fields: dict[str, Any] = {
        "match": MATCH,
        "enforcementAction": {"type": "string", "default": "deny"},
        "scopedEnforcementActions": {"type": "array", "items": _SCOPED},
    }
    if template.parameters is not None:
        fields["parameters"] = template.parameters
    return {"type": "object", "properties": fields}


def _shape(document: Document) -> Iterator[Problem]:
    version = str(document.body["apiVersion"]).rpartition("/")[2]
    if version not in _VERSIONS:
        yield problem(document, f"there is no version {version} of constraints", "apiVersion")
    meta = document.body.get("metadata")
    if not isinstance(meta, dict) or not isinstance(meta.get("name"), str) or not meta["name"]:
        yield problem(document, "the constraint has no name", "metadata")


def _effect(spec: Mapping[str, Any], *, cel: bool) -> tuple[Effect | None, str]:
    """What comes of a violation when a change enters the cluster, and what is wrong."""
    action = spec.get("enforcementAction") or "deny"
    if action in _EFFECTS:
        return _EFFECTS[action], ""
    if action != "scoped":
        return None, f"there is no enforcementAction {action}: deny, warn, dryrun or scoped"
    scoped = spec.get("scopedEnforcementActions")
    if not scoped:
        return None, "enforcementAction scoped needs scopedEnforcementActions"
    found: list[Effect] = []
    for one in scoped:
        points = [point.get("name") for point in one.get("enforcementPoints") or ()]
        if one.get("action") not in _EFFECTS:
            return None, f"there is no scoped action {one.get('action')}: deny, warn or dryrun"
        if not points or any(point not in _POINTS for point in points):
            return None, f"expected enforcement points of {', '.join(_POINTS)}"
        if {_WEBHOOK, "*"} & set(points) or (cel and _VAP in points):
            found.append(_EFFECTS[one["action"]])
    return min(found, key=_STRENGTH.index, default=None), ""
