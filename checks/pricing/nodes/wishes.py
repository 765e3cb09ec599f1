"""What a pod demands of its node: the node selector and the required node affinity, read as one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from checks.model import Node

# The values that a label of the node may have, by the label. What is not in it may be anything.
Wishes: TypeAlias = Mapping[str, frozenset[str]]

INSTANCE_TYPES = ("node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type")
_SPOT = {
    "karpenter.sh/capacity-type": "spot",
    "eks.amazonaws.com/capacityType": "spot",
    "cloud.google.com/gke-spot": "true",
    "cloud.google.com/gke-preemptible": "true",
    "cloud.google.com/gke-provisioning": "spot",
    "kubernetes.azure.com/scalesetpriority": "spot",
    "node.kubernetes.io/lifecycle": "spot",
}
NO_WISHES: Wishes = {}


def wishes(spec: Mapping[str, Node]) -> Wishes:
    """What a pod spec demands."""
    selector = spec.get("nodeSelector")
    found: dict[str, frozenset[str]] = {}
    for key, value in selector.items() if isinstance(selector, dict) else ():
        if isinstance(value, str):
            found[key] = frozenset({value})
    affinity = _child(_child(spec.get("affinity"), "nodeAffinity"), _REQUIRED)
    terms = _child(affinity, "nodeSelectorTerms")
    if isinstance(terms, list) and terms:
        return both(found, _either([expressions(_child(t, "matchExpressions")) for t in terms]))
    return found


_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


def expressions(entries: Node) -> Wishes:
    """A list of {key, operator, values}; only the operator In says what a label must be."""
    found: Wishes = {}
    for entry in entries if isinstance(entries, list) else ():
        if not isinstance(entry, dict) or entry.get("operator") != "In":
            continue
        key, values = entry.get("key"), entry.get("values")
        if isinstance(key, str) and isinstance(values, list):
            allowed = frozenset(value for value in values if isinstance(value, str))
            found = both(found, {key: allowed})
    return found


def both(one: Wishes, other: Wishes) -> Wishes:
    """What meets both; an empty set of values is a contradiction."""
    found = dict(one)
    for key, values in other.items():
        found[key] = found[key] & values if key in found else values
    return found


def _either(terms: list[Wishes]) -> Wishes:
    """What meets one of several terms: only what all of them speak of is certain."""
    common = set(terms[0]).intersection(*terms[1:])
    return {key: frozenset().union(*(term[key] for term in terms)) for key in common}


def spot(wanted: Wishes, tolerations: Node) -> str:
    """ "spot" where a pod runs on interruptible nodes only, "either" where it may, else ""."""
    for key, word in _SPOT.items():
        values = {value.lower() for value in wanted.get(key, ())}
        if word in values:
            return "spot" if len(values) == 1 else "either"
    for key, value in _tolerated(tolerations):
        if key in _SPOT and value.lower() in ("", _SPOT[key]):
            return "either"
    return ""


def tolerates(tolerations: Node, key: str) -> bool:
    """Whether a toleration names the taint `key`."""
    return any(key == tolerated for tolerated, _ in _tolerated(tolerations))


def _tolerated(tolerations: Node) -> Iterator[tuple[str, str]]:
    for entry in tolerations if isinstance(tolerations, list) else ():
        key = entry.get("key") if isinstance(entry, dict) else None
        if isinstance(entry, dict) and isinstance(key, str):
            value = entry.get("value")
            yield key, value if isinstance(value, str) else ""


def _child(node: Node, key: str) -> Node:
    return node.get(key) if isinstance(node, dict) else None
