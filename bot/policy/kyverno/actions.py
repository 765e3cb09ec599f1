"""What a rule does where it objects: refuse, warn or note."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.policy.kyverno.match import Ternary, all_of, labelled
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
        action = str(one.get("action") or "").lower()
        spaces, selector = one.get("namespaces"), one.get("namespaceSelector")
        if action not in ("audit", "enforce"):
            continue
        # What cannot be told makes nothing milder.
        known: list[Ternary] = []
        if spaces is not None:
            found = any(matches(str(space), request.namespace) for space in spaces)
            known.append(found if request.namespace_known else "its namespace is not known")
        if selector is not None:
            known.append(labelled(selector, request))
        holds = all_of(known)
        if holds is True or (isinstance(holds, str) and action == "enforce"):
            return action
    return None
