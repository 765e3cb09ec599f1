"""A ValidatingAdmissionPolicy and its bindings, read from their documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from bot.policy.model import Document, Effect, PolicyRule, Problem
from checks.model import Location, line_of

GROUP = "admissionregistration.k8s.io"
POLICY = f"{GROUP}/ValidatingAdmissionPolicy"
BINDING = f"{GROUP}/ValidatingAdmissionPolicyBinding"
_EFFECTS = {"Deny": Effect.DENY, "Warn": Effect.WARN, "Audit": Effect.AUDIT}
_STRICTEST = (Effect.DENY, Effect.WARN, Effect.AUDIT)
_VERSIONS = ("v1", "v1beta1", "v1alpha1")

Body: TypeAlias = "Mapping[str, Any]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """One validation; its index is its place in the policy."""

    index: int
    expression: str
    message: str
    message_expression: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A policy. `match` is its matchConstraints, `kind` the apiVersion and kind of its parameters
    ("" for none), `ignore` whether an error admits the object (failurePolicy)."""

    name: str
    document: Document
    match: Body
    conditions: Sequence[str]
    variables: Sequence[tuple[str, str]]
    validations: Sequence[Validation]
    annotations: Sequence[str]
    kind: tuple[str, str] = ("", "")
    ignore: bool = False
    bindings: list[Binding] = field(default_factory=list)

    def problem(self, message: str, line: int = 0) -> Problem:
        """A problem of this policy, at a line of its file."""
        at = line or line_of(self.document.lines, ("metadata", "name")) or self.document.line
        return Problem(path=self.document.path, line=at, message=f"{self.name}: {message}")

    def rule(self, validation: Validation, effect: Effect) -> PolicyRule:
        """The rule that a validation is."""
        shown = " ".join(validation.expression.split())
        return PolicyRule(
            id=f"vap/{self.name}/{validation.index}",
            location=Location(path=self.document.path, line=validation.line),
            effect=effect,
            title=f"{self.name}: {shown}"[:200],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """What puts a policy to work."""

    name: str
    policy: str
    document: Document
    effect: Effect
    match: Body
    params: Body | None

    def problem(self, message: str) -> Problem:
        """A problem of this binding."""
        at = line_of(self.document.lines, ("metadata", "name")) or self.document.line
        return Problem(path=self.document.path, line=at, message=f"{self.name}: {message}")


class Malformed(Exception):  # noqa: N818 - what is wrong, told in words
    """A document that the cluster would refuse; the pointer says where."""

    def __init__(self, message: str, *pointer: str | int) -> None:
        super().__init__(message)
        self.pointer = pointer


def definition(document: Document) -> Definition:
    """Read a policy. Raises Malformed."""
    _check_version(document)
    spec = _map(document.body, "spec")
    if _map(spec, "paramKind", default={}) and not spec["paramKind"].get("kind"):
        raise Malformed("paramKind names no kind", "spec", "paramKind")
    failure = spec.get("failurePolicy", "Fail")
    if failure not in ("Fail", "Ignore"):
        raise Malformed("failurePolicy is neither Fail nor Ignore", "spec", "failurePolicy")
    validations = [
        _validation(document, index, body) for index, body in enumerate(_maps(spec, "validations"))
    ]
    annotations = _expressions(spec, "auditAnnotations", "valueExpression")
    if not validations and not annotations:
        raise Malformed("it has neither validations nor auditAnnotations", "spec")
    match = _match(spec, "matchConstraints")
    if not match.get("resourceRules"):
        raise Malformed("matchConstraints has no resourceRules", "spec", "matchConstraints")
    kind = spec.get("paramKind") or {}
    return Definition(
        name=_name(document),
        document=document,
        match=match,
        conditions=_expressions(spec, "matchConditions", "expression"),
        variables=[
            (_text(one, "name"), _text(one, "expression")) for one in _maps(spec, "variables")
        ],
        validations=validations,
        annotations=annotations,
        kind=(str(kind.get("apiVersion") or ""), str(kind.get("kind") or "")),
        ignore=failure == "Ignore",
    )


def binding(document: Document) -> Binding:
    """Read a binding. Raises Malformed."""
    _check_version(document)
    spec = _map(document.body, "spec")
    actions = spec.get("validationActions")
    known = isinstance(actions, list) and all(
        isinstance(action, str) and action in _EFFECTS for action in actions
    )
    if not known or not actions:
        raise Malformed(
            "validationActions is to name Deny, Warn or Audit", "spec", "validationActions"
        )
    if {"Deny", "Warn"} <= set(actions):
        raise Malformed("validationActions names both Deny and Warn", "spec", "validationActions")
    effects = {_EFFECTS[action] for action in actions}
    return Binding(
        name=_name(document),
        policy=_text(spec, "policyName"),
        document=document,
        effect=strictest(effects),
        match=_match(spec, "matchResources", default={}),
        params=_map(spec, "paramRef", default={}) or None,
    )


def strictest(effects: set[Effect]) -> Effect:
    """The hardest of some effects."""
    return next((effect for effect in _STRICTEST if effect in effects), Effect.DENY)


def name_of(document: Document) -> str:
    """The name of a document, "" where it has none."""
    metadata = document.body.get("metadata")
    return str(metadata.get("name") or "") if isinstance(metadata, dict) else ""


def _check_version(document: Document) -> None:
    version = str(document.body.get("apiVersion")).rpartition("/")[2]
    if version not in _VERSIONS:
        raise Malformed(f"unsupported version {version}", "apiVersion")


def _match(spec: Body, key: str, default: Body | None = None) -> Body:
    """What is matched, each of its rules complete: one that names no operation fits nothing."""
    match = _map(spec, key, default)
    for rules in ("resourceRules", "excludeResourceRules"):
        for at, rule in enumerate(_maps(match, rules)):
            for part in ("apiGroups", "apiVersions", "operations", "resources"):
                values = rule.get(part)
                if not isinstance(values, list) or not values:
                    raise Malformed(f"a rule names no {part}", "spec", key, rules, at)
    return match


def _validation(document: Document, index: int, body: Body) -> Validation:
    pointer = ("spec", "validations", index, "expression")
    return Validation(
        index=index,
        expression=_text(body, "expression"),
        message=str(body.get("message") or "").strip(),
        message_expression=str(body.get("messageExpression") or ""),
        line=line_of(document.lines, pointer) or document.line,
    )


def _name(document: Document) -> str:
    return _text(_map(document.body, "metadata"), "name")


def _expressions(spec: Body, key: str, field_name: str) -> list[str]:
    return [_text(one, field_name) for one in _maps(spec, key)]


def _text(body: Body, key: str) -> str:
    value = body.get(key)
    if not isinstance(value, str) or not value.strip():
        raise Malformed(f"`{key}` is missing or no text", key)
    return value


def _map(body: Body, key: str, default: Body | None = None) -> Body:
    value = body.get(key)
    if value is None and default is not None:
        return default
    if not isinstance(value, dict):
        raise Malformed(f"`{key}` is missing or no map", key)
    return value


def _maps(body: Body, key: str) -> list[Body]:
    value = body.get(key) or []
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise Malformed(f"`{key}` is no list of maps", key)
    return value
