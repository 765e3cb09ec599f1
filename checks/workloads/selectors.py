"""Label selectors, as Kubernetes reads them."""

from __future__ import annotations

from collections.abc import Mapping

from checks.model import Node
from checks.workloads.pods import texts


def selects(selector: Node, labels: Mapping[str, str]) -> bool:
    """Whether a selector with matchLabels and matchExpressions means these labels.

    An empty one means everything, none at all (null) nothing. What Kubernetes would refuse means
    nothing.
    """
    if not isinstance(selector, dict):
        return False
    wanted = selector.get("matchLabels")
    if wanted is not None and not _holds(wanted, labels):
        return False
    rules = selector.get("matchExpressions")
    if rules is None:
        return True
    return isinstance(rules, list) and all(_fits(rule, labels) for rule in rules)


def service_selects(service_selector: Node, labels: Mapping[str, str]) -> bool:
    """Whether the selector of a Service, labels alone, means these; an empty one means nobody."""
    return bool(service_selector) and _holds(service_selector, labels)


def _holds(wanted: Node, labels: Mapping[str, str]) -> bool:
    pairs = texts(wanted)
    if not isinstance(wanted, dict) or len(pairs) != len(wanted):
        return False
    return all(labels.get(key) == value for key, value in pairs.items())


def _fits(rule: Node, labels: Mapping[str, str]) -> bool:
    if not isinstance(rule, dict) or not isinstance(rule.get("key"), str):
        return False
    key, values = str(rule["key"]), rule.get("values")
    among = labels.get(key) in (values if isinstance(values, list) else ())
    operators = {
        "In": key in labels and among,
        "NotIn": not (key in labels and among),
        "Exists": key in labels,
        "DoesNotExist": key not in labels,
    }
    return operators.get(str(rule.get("operator")), False)
