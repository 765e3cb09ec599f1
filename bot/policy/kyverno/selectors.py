"""Label selectors, with Kyverno's wildcards in matchLabels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.policy.kyverno.wildcard import has_wildcard, matches

OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")


def selects(selector: Mapping[str, Any], labels: Mapping[str, str], *, wild: bool = True) -> bool:
    """Whether labels are as a selector says; an empty one takes all. One with an unknown operator
    takes none."""
    wanted = selector.get("matchLabels") or {}
    if not all(_has(str(k), str(v), labels, wild) for k, v in wanted.items()):
        return False
    return all(_holds(one, labels) for one in selector.get("matchExpressions") or [])


def keys(selector: Mapping[str, Any]) -> set[str]:
    """The labels that a selector asks for."""
    found = {str(key) for key in selector.get("matchLabels") or {}}
    return found | {str(one.get("key")) for one in selector.get("matchExpressions") or []}


def _has(key: str, value: str, labels: Mapping[str, str], wild: bool) -> bool:
    if wild and (has_wildcard(key) or has_wildcard(value)):
        return any(matches(key, k) and matches(value, v) for k, v in labels.items())
    return labels.get(key) == value


def _holds(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    key, values = str(expression.get("key")), [str(v) for v in expression.get("values") or []]
    match expression.get("operator"):
        case "In":
            return bool(values) and labels.get(key) in values
        case "NotIn":
            return bool(values) and labels.get(key) not in values
        case "Exists":
            return not values and key in labels
        case "DoesNotExist":
            return not values and key not in labels
    return False
