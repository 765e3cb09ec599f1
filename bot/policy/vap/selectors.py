"""Label selectors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.policy.vap.definition import Malformed


def selects(selector: Any, labels: Mapping[str, str]) -> bool:
    """Whether a label selector fits labels; an empty one fits everything. Raises Malformed."""
    if not selector:
        return True
    if not isinstance(selector, dict):
        raise Malformed("a selector is no map")
    wanted = selector.get("matchLabels") or {}
    expressions = selector.get("matchExpressions") or []
    if not isinstance(wanted, dict) or not isinstance(expressions, list):
        raise Malformed("matchLabels is no map, or matchExpressions no list")
    return all(labels.get(key) == value for key, value in wanted.items()) and all(
        _holds(one, labels) for one in expressions
    )


def keys(selector: Any) -> set[str]:
    """The labels that a selector looks at."""
    if not isinstance(selector, dict):
        return set()
    expressions = selector.get("matchExpressions") or []
    named = {str(one.get("key")) for one in expressions if isinstance(one, dict)}
    return named | set(selector.get("matchLabels") or {})


def _holds(expression: Any, labels: Mapping[str, str]) -> bool:
    if not isinstance(expression, dict):
        raise Malformed("a requirement of matchExpressions is no map")
    key, values = expression.get("key"), expression.get("values") or []
    match expression.get("operator"):
        case "In":
            return labels.get(str(key)) in values
        case "NotIn":
            return labels.get(str(key)) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
    raise Malformed(f"unknown operator {expression.get('operator')!r} in matchExpressions")
