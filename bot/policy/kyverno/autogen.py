"""The rules that Kyverno makes for pod controllers out of those for pods."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.policy.kyverno.kinds import names_kind

ANNOTATION = "pod-policies.kyverno.io/autogen-controllers"
_TEMPLATED = (
    "DaemonSet",
    "Deployment",
    "Job",
    "ReplicaSet",
    "ReplicationController",
    "StatefulSet",
)
_CONTROLLERS = frozenset((*_TEMPLATED, "CronJob"))
_GVK = {
    **{
        kind: f"apps/v1/{kind}" for kind in ("DaemonSet", "Deployment", "StatefulSet", "ReplicaSet")
    },
    "Job": "batch/v1/Job",
    "CronJob": "batch/v1/CronJob",
    "ReplicationController": "v1/ReplicationController",
    "Pod": "v1/Pod",
}
_KEPT = ("failureAction", "failureActionOverrides", "allowExistingViolations")
_LONGEST_NAME = 63
Rule = dict[str, Any]


def rules_for(spec: Mapping[str, Any], annotations: Mapping[str, Any], kind: str) -> list[Rule]:
    """The rules of a policy for a kind of object: its own and those made for the kind."""
    own = [rule for rule in spec.get("rules") or [] if isinstance(rule, dict)]
    if kind not in _CONTROLLERS or not _possible(own):
        return own
    wanted = annotations.get(ANNOTATION)
    if wanted is not None and kind not in str(wanted).split(","):
        return own
    made = list(_made(own, kind))
    if not made:
        return own
    return [rule for rule in own if not _is_made(rule)] + made


def _is_made(rule: Mapping[str, Any]) -> bool:
    return str(rule.get("name") or "").startswith("autogen-")


def _possible(rules: list[Rule]) -> bool:
    """Whether a policy is one to make rules of: all of it has to be."""
    needed = False
    for rule in rules:
        if rule.get("generate") or _patches(rule.get("mutate") or {}):
            return False
        for block in _resources(rule):
            kinds = block.get("kinds") or []
            if (
                block.get("name")
                or block.get("names")
                or (len(kinds) > 1 and names_kind(kinds, "Pod"))
            ):
                return False
            if block.get("selector") is not None or block.get("annotations") is not None:
                return False
            needed = needed or any(one in _CONTROLLERS or one == "Pod" for one in kinds)
    return needed


def _patches(mutate: Mapping[str, Any]) -> bool:
    loops = mutate.get("foreach") or []
    return bool(mutate.get("patchesJson6902")) or any(one.get("patchesJson6902") for one in loops)


def _resources(rule: Rule) -> Iterator[Mapping[str, Any]]:
    for name in ("match", "exclude"):
        block = rule.get(name)
        if not isinstance(block, dict):
            continue
        for one in (block, *(block.get("any") or []), *(block.get("all") or [])):
            resources = one.get("resources") if isinstance(one, dict) else None
            if isinstance(resources, dict):
                yield resources


def _made(rules: list[Rule], kind: str) -> Iterator[Rule]:
    for rule in rules:
        if _is_made(rule) or not _for_pods(rule):
            continue
        if kind == "CronJob":
            # Made in two steps: the pattern of the pod, its template, the job's template.
            inner = _wrapped(rule, "autogen-", "template", kind, every=False)
            outer = inner and _wrapped(inner, "autogen-cronjob-", "jobTemplate", kind, every=True)
            made = outer and _moved(outer, "spec.jobTemplate.spec.template")
            if made:
                yield {**made, "name": _name("autogen-cronjob-", rule)}
        else:
            wrapped = _wrapped(rule, "autogen-", "template", kind, every=False)
            if wrapped:
                yield _moved(wrapped, "spec.template")


def _for_pods(rule: Rule) -> bool:
    excluded = _kinds(rule.get("exclude"))
    return names_kind(_kinds(rule.get("match")), "Pod") and (
        not excluded or names_kind(excluded, "Pod")
    )


def _kinds(block: Any) -> list[str]:
    if not isinstance(block, dict):
        return []
    parts = (block, *(block.get("any") or []), *(block.get("all") or []))
    found = [one.get("resources") or {} for one in parts if isinstance(one, dict)]
    return [str(kind) for one in found for kind in one.get("kinds") or []]


def _name(prefix: str, rule: Rule) -> str:
    return f"{prefix}{rule.get('name')}"[:_LONGEST_NAME]


def _wrapped(rule: Rule, prefix: str, key: str, kind: str, *, every: bool) -> Rule | None:
    """The rule for another kind, its patterns one level deeper; None where none is made."""
    validate = rule.get("validate")
    if not isinstance(validate, dict):
        return None
    made = {**rule, "name": _name(prefix, rule), "match": _matching(rule["match"], kind, every)}
    exclude = rule.get("exclude")
    if isinstance(exclude, dict) and exclude:
        made["exclude"] = _excluding(exclude, kind, every)
    kept = {name: validate[name] for name in _KEPT if name in validate}
    kept["message"] = validate.get("message") or ""
    if validate.get("pattern") is not None:
        made["validate"] = {**kept, "pattern": {"spec": {key: validate["pattern"]}}}
        return made
    if validate.get("anyPattern") is not None:
        patterns = [{"spec": {key: one}} for one in validate["anyPattern"]]
        made["validate"] = {**kept, "anyPattern": patterns}
        return made
    for name in ("deny", "podSecurity", "foreach", "cel"):
        if validate.get(name) is not None:
            made["validate"] = {**kept, name: validate[name]}
            return made
    return None


def _matching(block: Mapping[str, Any], kind: str, every: bool) -> dict[str, Any]:
    for name in ("any", "all"):
        if block.get(name):
            return {**block, name: [_of_kind(one, kind, every) for one in block[name]]}
    resources = block.get("resources") or {}
    return {**block, "resources": {**resources, "kinds": [_GVK[kind]]}}


def _excluding(block: Mapping[str, Any], kind: str, every: bool) -> dict[str, Any]:
    if block.get("any") or block.get("all") or (block.get("resources") or {}).get("kinds"):
        return _matching(block, kind, every)
    return dict(block)


def _of_kind(block: Mapping[str, Any], kind: str, every: bool) -> dict[str, Any]:
    resources = block.get("resources") or {}
    if not every and not names_kind([str(k) for k in resources.get("kinds") or []], "Pod"):
        return dict(block)
    return {**block, "resources": {**resources, "kinds": [_GVK[kind]]}}


def _moved(rule: Rule, to: str) -> Rule:
    """The rule with what it reads of the pod read of the template."""
    validate = rule["validate"]
    # CEL names the object by itself as well.
    roots = ("object", "oldObject") if validate.get("cel") is not None else None
    names = roots or ("request.object", "request.oldObject")
    pairs = [
        (f"{name}.{part}", f"{name}.{to}.{part}") for part in ("spec", "metadata") for name in names
    ]
    found: Rule = _replaced(rule, pairs)
    return found


def _replaced(node: Any, pairs: list[tuple[str, str]]) -> Any:
    if isinstance(node, str):
        for old, new in pairs:
            node = node.replace(old, new)
        return node
    if isinstance(node, list):
        return [_replaced(one, pairs) for one in node]
    if isinstance(node, dict):
        return {_replaced(key, pairs): _replaced(value, pairs) for key, value in node.items()}
    return node
