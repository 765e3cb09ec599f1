"""A constraint as it is written: what it is about, with which parameters, and what comes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.policy.gatekeeper.match import SCHEMA as MATCH
from bot.policy.gatekeeper.openapi import Fit, defaulted, faults, nodes
from bot.policy.gatekeeper.template import Template, problem
from bot.policy.model import Document, Effect, PolicyRule, Problem
from checks.model import Location, Node

GROUP = "constraints.gatekeeper.sh"
_VERSIONS = ("v1beta1", "v1alpha1")
_EFFECTS = {"deny": Effect.DENY, "warn": Effect.WARN, "dryrun": Effect.AUDIT}
_STRENGTH = (Effect.DENY, Effect.WARN, Effect.AUDIT)
# Where a change is refused on its way into the cluster: what plumbline speaks for.
ADMISSION = "validation.gatekeeper.sh"
# Where Gatekeeper's own tests stand.
TESTS = "gator.gatekeeper.sh"
_VAP = "vap.k8s.io"
_POINTS = (ADMISSION, _VAP, "audit.gatekeeper.sh", TESTS, "*")
# Some seconds, at the worst.
_STEPS = 1_000_000
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
    """A constraint with the template that it is of. `rule` is what findings name, `completed` the
    body with the defaults of what it leaves out; `effect` is None where it is not enforced."""

    document: Document
    template: Template
    name: str
    rule: PolicyRule
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

    def problem(self, message: str, *pointer: str | int) -> Problem:
        """Something wrong with it, at a place in it."""
        return problem(self.document, message, *pointer)


def constraint_of(
    document: Document, template: Template, fit: Fit, point: str = ADMISSION
) -> Constraint | list[Problem]:
    """The constraint that a document is where it is enforced at `point`, or why it is none.
    Raises EngineError."""
    spec = document.body.get("spec")
    found = [*_shape(document), *invalid(document, template, fit)]
    if found:
        return found
    full: Any = defaulted(_schema(template), spec if isinstance(spec, dict) else {})
    effect, wrong = _effect(full, point, cel=template.cel is not None)
    if wrong:
        return [problem(document, wrong, "spec", "enforcementAction")]
    meta: Any = document.body["metadata"]
    return Constraint(
        document=document,
        template=template,
        name=str(meta["name"]),
        rule=_rule(document, template, str(meta["name"]), effect),
        completed={**document.body, "spec": full},
        effect=effect,
    )


def _rule(document: Document, template: Template, name: str, effect: Effect | None) -> PolicyRule:
    meta = template.document.body.get("metadata")
    notes = meta.get("annotations") if isinstance(meta, dict) else None
    title = notes.get("metadata.gatekeeper.sh/title") if isinstance(notes, dict) else None
    return PolicyRule(
        id=f"gatekeeper/{template.kind}/{name}",
        location=Location(path=document.path, line=document.line),
        effect=effect or Effect.AUDIT,
        title=title if isinstance(title, str) else f"{template.kind} {name}",
    )


def invalid(document: Document, template: Template, fit: Fit) -> list[Problem]:
    """Where a constraint breaks the schema of its kind. Raises EngineError."""
    spec = document.body.get("spec")
    if nodes(template.parameters) * nodes(spec) > _STEPS:
        said = "its parameters and their schema are too long to be checked"
        return [problem(document, said, "spec")]
    return [
        problem(document, f"{'.'.join(map(str, ('spec', *where)))}: {said}", "spec", *where)
        for where, said in faults(_schema(template), {} if spec is None else spec, fit)
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


def _effect(spec: Mapping[str, Any], point: str, *, cel: bool) -> tuple[Effect | None, str]:
    """What comes of a violation at an enforcement point, and what is wrong."""
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
        also = cel and point == ADMISSION and _VAP in points
        if also or {point, "*"} & set(points):
            found.append(_EFFECTS[one["action"]])
    return min(found, key=_STRENGTH.index, default=None), ""
