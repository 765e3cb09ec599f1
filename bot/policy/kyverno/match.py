"""Whether a rule is for an object: `match` and `exclude`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bot.policy.kyverno import kinds, selectors
from bot.policy.kyverno.request import Request
from bot.policy.kyverno.wildcard import matches

# True, False, or why it cannot be told.
Ternary = bool | str
_USERS = ("roles", "clusterRoles", "subjects")
_NO_NAMESPACE = "the manifest names no namespace, and the rule asks for it"
_NAME_LABEL = "kubernetes.io/metadata.name"


def applies(rule: Mapping[str, Any], namespace: str, request: Request) -> Ternary:
    """Whether a rule is for an object; `namespace` is the policy's, "" for a ClusterPolicy."""
    if namespace and request.namespace_known and namespace != request.namespace:
        return False
    match = _blocks(rule.get("match"))
    wanted = _combined(match, request, excluding=False)
    if wanted is False:
        return False
    exclude = rule.get("exclude")
    if namespace and not request.namespace_known:
        wanted = all_of((wanted, _NO_NAMESPACE))
    if not exclude:
        return wanted
    return all_of((wanted, negated(_combined(_blocks(exclude), request, excluding=True))))


def all_of(parts: Iterable[Ternary]) -> Ternary:
    """Whether all are true; one that is false decides."""
    found = list(parts)
    if False in found:
        return False
    return next((one for one in found if isinstance(one, str)), True)


def any_of(parts: Iterable[Ternary]) -> Ternary:
    """Whether one is true; that one decides."""
    found = list(parts)
    if True in found:
        return True
    return next((one for one in found if isinstance(one, str)), False)


def negated(one: Ternary) -> Ternary:
    """The opposite; what cannot be told stays that."""
    return one if isinstance(one, str) else not one


def _blocks(block: Any) -> tuple[str, list[Mapping[str, Any]]]:
    block = block if isinstance(block, dict) else {}
    for name in ("any", "all"):
        if block.get(name):
            return name, [one if isinstance(one, dict) else {} for one in block[name]]
    return "all", [block]


def _combined(
    blocks: tuple[str, list[Mapping[str, Any]]], request: Request, *, excluding: bool
) -> Ternary:
    how, filters = blocks
    found = [_filter(one, request, excluding=excluding) for one in filters]
    return any_of(found) if how == "any" else all_of(found)


def _filter(block: Mapping[str, Any], request: Request, *, excluding: bool) -> Ternary:
    """One block: everything that it names must fit. An empty one fits nothing."""
    wanted = block.get("resources")
    wanted = wanted if isinstance(wanted, dict) else {}
    users = any(block.get(name) for name in _USERS)
    if users and request.ignore_users and not excluding:
        users = False
    if not users and not any(wanted.values()):
        return False
    fits = _described(wanted, request)
    if excluding and fits == _NO_NAMESPACE:
        # What names no namespace is seldom meant for those that a policy leaves alone.
        return False
    if not users or fits is False:
        return fits
    # Nobody is exempt: who will apply it is not known, and most are not.
    return False if excluding else "it is for some users only, and who will apply it is not known"


def _described(wanted: Mapping[str, Any], request: Request) -> Ternary:
    if wanted.get("operations") and request.operation not in wanted["operations"]:
        return False
    named = [
        not wanted.get("kinds") or _kind(wanted["kinds"], request),
        not wanted.get("name") or matches(str(wanted["name"]), request.name),
        not wanted.get("names") or any(matches(str(n), request.name) for n in wanted["names"]),
        not wanted.get("annotations") or _annotated(wanted["annotations"], request),
        wanted.get("selector") is None or selectors.selects(wanted["selector"], request.labels),
    ]
    if not all(named):
        return False
    spaces, selector = wanted.get("namespaces"), wanted.get("namespaceSelector")
    return all_of(
        (
            not spaces or _namespace(spaces, request),
            selector is None or in_namespace(selector, request),
        )
    )


def _kind(wanted: list[str], request: Request) -> bool:
    gvk = request.group, request.version, request.kind
    return any(kinds.selector(str(one)).fits(*gvk) for one in wanted)


def _namespace(wanted: list[str], request: Request) -> Ternary:
    if not request.namespace_known and request.kind != "Namespace":
        return True if "*" in wanted else _NO_NAMESPACE
    name = request.name if request.kind == "Namespace" else request.namespace
    return any(matches(str(one), name) for one in wanted)


def _annotated(wanted: Mapping[str, str], request: Request) -> bool:
    actual = request.annotations.items()
    return all(
        any(matches(str(k), key) and matches(str(v), value) for key, value in actual)
        for k, v in wanted.items()
    )


def in_namespace(selector: Mapping[str, Any], request: Request) -> Ternary:
    """Whether the namespace of an object has labels; for a Namespace there is none."""
    if request.kind == "Namespace":
        return False
    return labelled(selector, request)


def labelled(selector: Mapping[str, Any], request: Request, *, wild: bool = True) -> Ternary:
    """Whether the labels of the namespace fit, where they are known or do not matter."""
    labels = request.namespace_labels
    if labels is None and not request.namespace_known:
        return _NO_NAMESPACE
    if labels is None:
        if selectors.keys(selector) - {_NAME_LABEL}:
            return f"no manifest of the namespace {request.namespace} is here, for its labels"
        labels = {_NAME_LABEL: request.namespace}
    return selectors.selects(selector, labels, wild=wild)
