"""What a rule does where it objects: refuse, warn or note."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.policy.kyverno import selectors
from bot.policy.kyverno.request import Request
from bot.policy.kyverno.wildcard import matches
from bot.policy.model import Effect


def effect(spec: Mapping[str, Any], rule: Mapping[str, Any], request: Request | None) -> Effect:
    """The effect of a rule on an object; in general where there is none."""
    action = _action(spec, rule, request)
    if spec.get("admission") is False:
        # Such a policy looks at what is in the cluster and never at what comes.
        return Effect.AUDIT
    if str(action).lower() == "enforce":
        return Effect.DENY
    return Effect.WARN if spec.get("emitWarning") else Effect.AUDIT


def _action(spec: Mapping[str, Any], rule: Mapping[str, Any], request: Request | None) -> Any:
    validate = rule.get("validate") or {}
    for overrides, fallback in (
        (validate.get("failureActionOverrides"), validate.get("failureAction")),
        (spec.get("validationFailureActionOverrides"), spec.get("validationFailureAction")),
    ):
        found = _override(overrides or [], request) if request else None
        if found or fallback:
            return found or fallback
    return "Audit"


def _override(overrides: list[Mapping[str, Any]], request: Request) -> Any:
    for one in overrides:
        spaces, selector = one.get("namespaces"), one.get("namespaceSelector")
        if not str(one.get("action") or "").lower() in ("audit", "enforce"):
            continue
        if not spaces and not (selector and _in(selector, request)):
            continue
        if spaces and not any(matches(str(space), request.namespace) for space in spaces):
            continue
        if selector is None or _in(selector, request):
            return one["action"]
    return None


def _in(selector: Mapping[str, Any], request: Request) -> bool:
    return selectors.selects(selector, request.namespace_labels or {})
