"""Whom the policy of an AWS resource lets in."""

from __future__ import annotations

import json
from typing import Any

_LONGEST = 60


def public_statement(policy: str) -> str:
    """What a policy lets everybody do, "" for nothing that is certain: under a condition not
    everybody is meant."""
    try:
        document = json.loads(policy) if policy else {}
    except (ValueError, RecursionError):
        return ""
    statements = document.get("Statement") if isinstance(document, dict) else None
    for one in statements if isinstance(statements, list) else [statements]:
        if isinstance(one, dict) and one.get("Effect") == "Allow" and not one.get("Condition"):
            action = _actions(one.get("Action"))
            if action and _everybody(one.get("Principal")):
                return action
    return ""


def _everybody(principal: Any) -> bool:
    named = principal.get("AWS") if isinstance(principal, dict) else principal
    return "*" in (named if isinstance(named, list) else [named])


def _actions(action: Any) -> str:
    found = action if isinstance(action, list) else [action]
    return ", ".join(one for one in found if isinstance(one, str))[:_LONGEST]
