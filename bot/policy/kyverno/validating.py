"""ValidatingPolicies (policies.kyverno.io): CEL over whole objects, also made for controllers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.policy.kyverno.cel_rules import CelRule, Validation
from bot.policy.kyverno.match import Ternary, all_of, any_of, labelled, negated
from bot.policy.kyverno.request import Request
from bot.policy.kyverno.selectors import selects
from bot.policy.kyverno.shape import VALIDATING, misshapen, said
from bot.policy.model import Document, Effect, Problem
from checks.model import line_of

GROUP = "policies.kyverno.io"
KINDS = ("ValidatingPolicy", "NamespacedValidatingPolicy")
VERSIONS = ("v1alpha1", "v1beta1", "v1")
_EFFECTS = {"Deny": Effect.DENY, "Warn": Effect.WARN, "Audit": Effect.AUDIT}
_DEFAULTS = {
    "daemonsets": "apps",
    "deployments": "apps",
    "jobs": "batch",
    "replicasets": "apps",
    "statefulsets": "apps",
}
_CRONJOBS = {"cronjobs": "batch"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A policy for one kind of objects: as it is written, for controllers, or for CronJobs."""

    name: str
    match: Mapping[str, Any]
    rule: CelRule


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidatingPolicy:
    """A policy; `namespace` is "" where it is for all of them."""

    document: Document
    name: str
    namespace: str
    effect: Effect
    ignores: bool
    title: str
    variants: list[Variant] = field(default_factory=list)

    def id(self, index: int) -> str:
        """What findings and waivers name: the policy and the place of the validation."""
        return f"kyverno/{self.name}/{max(index, 0)}"

    def line(self, index: int = -1) -> int:
        """The line of a validation, or of the policy."""
        pointer = ("spec", "validations", index, "expression") if index >= 0 else ("metadata",)
        return line_of(self.document.lines, pointer) or self.document.line

    def problem(self, message: str, index: int = -1) -> Problem:
        """A problem of the policy or of one of its validations."""
        told = f"{self.name}: {message}"
        return Problem(path=self.document.path, line=self.line(index), message=told)


def is_for_json(document: Document) -> bool:
    """Whether a policy judges other things than objects of Kubernetes."""
    spec = document.body.get("spec")
    evaluation = spec.get("evaluation") if isinstance(spec, dict) else None
    mode = evaluation.get("mode") if isinstance(evaluation, dict) else None
    return mode not in (None, "", "Kubernetes")


def read(document: Document, first: int) -> tuple[ValidatingPolicy | None, list[Problem]]:
    """A policy and what is wrong with it; its rules are numbered from `first`."""
    body: Mapping[str, Any] = document.body
    metadata, spec = body.get("metadata"), body.get("spec")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    version = str(body.get("apiVersion") or "").rpartition("/")[2]
    told = ""
    if version not in VERSIONS:
        told = f"unsupported version {version} of {body.get('kind')}"
    elif not isinstance(metadata, dict) or not isinstance(name, str) or not name:
        told = f"a {body.get('kind')} without a name"
    elif not isinstance(spec, dict) or not isinstance(spec.get("validations"), list):
        told = f"{name}: spec.validations is no list"
    elif not isinstance(spec.get("matchConstraints"), dict):
        told = f"{name}: spec.matchConstraints is missing"
    elif wrong := next(misshapen(body, VALIDATING), None):
        told = f"{name}: {said(wrong)}"
    elif not _complete(spec):
        told = f"{name}: an expression is missing or no text"
    if told or not isinstance(metadata, dict) or not isinstance(spec, dict):
        return None, [Problem(path=document.path, line=document.line, message=told)]
    namespaced = body.get("kind") == "NamespacedValidatingPolicy"
    notes = metadata.get("annotations") or {}
    policy = ValidatingPolicy(
        document=document,
        name=str(name),
        namespace=str(metadata.get("namespace") or "default") if namespaced else "",
        effect=_effect(spec),
        ignores=spec.get("failurePolicy") == "Ignore",
        title=str(notes.get("policies.kyverno.io/title") or name),
    )
    for number, (variant, its_spec) in enumerate(_specs(spec), first):
        rule = _rule(its_spec, number)
        match = its_spec["matchConstraints"]
        policy.variants.append(Variant(name=variant, match=match, rule=rule))
    return policy, []


def _complete(spec: Mapping[str, Any]) -> bool:
    needed = {
        "validations": ("expression",),
        "variables": ("name", "expression"),
        "matchConditions": ("name", "expression"),
        "auditAnnotations": ("key", "valueExpression"),
    }
    return all(
        isinstance(one, dict) and all(isinstance(one.get(field), str) for field in fields)
        for key, fields in needed.items()
        for one in spec.get(key) or []
    )


def _effect(spec: Mapping[str, Any]) -> Effect:
    evaluation = spec.get("evaluation") or {}
    if (evaluation.get("admission") or {}).get("enabled") is False:
        return Effect.AUDIT
    actions = [str(one) for one in spec.get("validationActions") or ["Deny"]]
    return next((_EFFECTS[a] for a in _EFFECTS if a in actions), Effect.DENY)


def _rule(spec: Mapping[str, Any], number: int) -> CelRule:
    return CelRule(
        number=number,
        conditions=[one["expression"] for one in spec.get("matchConditions") or []],
        variables=[(one["name"], one["expression"]) for one in spec.get("variables") or []],
        validations=[
            Validation(
                expression=one["expression"],
                message=str(one.get("message") or f"CEL expression validation failed at index {n}"),
                message_expression=str(one.get("messageExpression") or ""),
            )
            for n, one in enumerate(spec["validations"])
        ],
        annotations=[one["valueExpression"] for one in spec.get("auditAnnotations") or []],
    )


def _specs(spec: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The policy as it is written and as it is made for controllers."""
    yield "", spec
    match = spec["matchConstraints"]
    if not _for_pods_only(match):
        return
    wanted = ((spec.get("autogen") or {}).get("podControllers") or {}).get("controllers")
    for name, known, to in (
        ("cronjobs", _CRONJOBS, "spec.jobTemplate.spec.template"),
        ("defaults", _DEFAULTS, "spec.template"),
    ):
        targets = [one for one in known if wanted is None or one in wanted]
        if targets:
            rules = _targeted(targets, known, match["resourceRules"][0].get("operations"))
            made = _moved({**spec, "matchConstraints": {}}, to)
            selector = match.get("namespaceSelector")
            made["matchConstraints"] = {"resourceRules": rules, "namespaceSelector": selector}
            yield name, made


def _targeted(
    targets: Sequence[str], groups: Mapping[str, str], operations: Any
) -> list[dict[str, Any]]:
    return [
        {
            "apiGroups": [groups[one]],
            "apiVersions": ["v1"],
            "resources": [one],
            "operations": operations,
        }
        for one in targets
    ]


def _for_pods_only(match: Mapping[str, Any]) -> bool:
    selector = match.get("objectSelector") or {}
    rules = match.get("resourceRules") or []
    if selector.get("matchLabels") or selector.get("matchExpressions"):
        return False
    if match.get("excludeResourceRules") or len(rules) != 1 or rules[0].get("resourceNames"):
        return False
    wanted = {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}
    return all(rules[0].get(key) == value for key, value in wanted.items())


def _moved(node: Any, to: str) -> Any:
    """The policy with what it reads of the pod read of the template."""
    if isinstance(node, str):
        for part in ("spec", "metadata"):
            for root in ("object", "oldObject"):
                node = _replaced(node, f"{root}.{part}", f"{root}.{to}.{part}")
        return node
    if isinstance(node, list):
        return [_moved(one, to) for one in node]
    if isinstance(node, dict):
        return {key: _moved(value, to) for key, value in node.items()}
    return node


def _replaced(text: str, old: str, new: str) -> str:
    """Every occurrence, but for that before `.namespace`, which a template does not have."""
    first, *rest = text.split(old)
    parts = [first]
    for one in rest:
        tail = one.removeprefix(".namespace")
        kept = tail != one and not (tail[:1].isascii() and (tail[:1].isalnum() or tail[:1] == "_"))
        parts += [old if kept else new, one]
    return "".join(parts)


def applies(policy: ValidatingPolicy, match: Mapping[str, Any], request: Request) -> Ternary:
    """Whether a policy's matchConstraints are for an object."""
    if policy.namespace and policy.namespace != request.namespace:
        return False
    bodies = [one for one in (request.object, request.old) if one is not None]
    selector = match.get("objectSelector") or {}
    if not any(selects(selector, _labels(one), wild=False) for one in bodies):
        return False
    rules = match.get("resourceRules") or []
    wanted: Ternary = not rules or any_of(_resource(rule, request) for rule in rules)
    excluded = any_of(_resource(rule, request) for rule in match.get("excludeResourceRules") or [])
    return all_of((wanted, negated(excluded), _in_namespace(match, request)))


def _labels(body: Mapping[str, Any]) -> Mapping[str, str]:
    metadata = body.get("metadata")
    labels = metadata.get("labels") if isinstance(metadata, dict) else None
    return labels if isinstance(labels, dict) else {}


def _in_namespace(match: Mapping[str, Any], request: Request) -> Ternary:
    selector = match.get("namespaceSelector")
    if not selector:
        return True
    if request.kind == "Namespace" and not request.group:
        return selects(selector, request.labels, wild=False)
    if request.namespaced is False:
        return True
    return labelled(selector, request, wild=False)


def _resource(rule: Mapping[str, Any], request: Request) -> Ternary:
    listed = (
        ("operations", request.operation),
        ("apiGroups", request.group),
        ("apiVersions", request.version),
    )
    for key, value in listed:
        values = rule.get(key) or []
        if value not in values and "*" not in values:
            return False
    if not any(_is_resource(str(one), request.plural) for one in rule.get("resources") or []):
        return False
    names = rule.get("resourceNames") or []
    if names and request.name not in names:
        return False
    scope = rule.get("scope") or "*"
    if scope == "*":
        return True
    if request.namespaced is None:
        return f"whether {request.kind} is in namespaces is not known here"
    return request.namespaced is (scope == "Namespaced")


def _is_resource(pattern: str, plural: str) -> bool:
    name, _, below = pattern.partition("/")
    return name in ("*", plural) and below in ("", "*")
