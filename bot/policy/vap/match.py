"""Whether a policy or a binding is about an object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.policy.vap.definition import Malformed
from bot.policy.vap.selectors import keys, selects
from bot.policy.vap.subject import Subject


class Unknown(Exception):  # noqa: N818 - what is not known, told in words
    """It cannot be told here whether the rules are about the object."""


def is_by_kind(match: Mapping[str, Any]) -> bool:
    """Whether it hangs on nothing of an object but its kind, and what is done to it."""
    rules = [*(match.get("resourceRules") or []), *(match.get("excludeResourceRules") or [])]
    named = any(rule.get("resourceNames") for rule in rules if isinstance(rule, dict))
    return not (match.get("objectSelector") or match.get("namespaceSelector") or named)


def matches(match: Mapping[str, Any], subject: Subject) -> bool:
    """Whether matchConstraints or matchResources fit; without resourceRules, those of the policy
    decide. Raises Unknown or Malformed."""
    rules = match.get("resourceRules") or []
    excluded = match.get("excludeResourceRules") or []
    exact = match.get("matchPolicy", "Equivalent") == "Exact"
    unsure: Unknown | None = None
    try:
        if rules and not any_of(rules, subject, exact=exact):
            return False
    except Unknown as error:
        unsure = error
    selector = match.get("objectSelector")
    if selector and not any(selects(selector, labels) for labels in subject.labels()):
        return False
    try:
        if not _in_namespace(match.get("namespaceSelector"), subject):
            return False
    except Unknown as error:
        unsure = unsure or error
    if excluded and any_of(excluded, subject, exact=exact):
        return False
    if unsure is not None:
        raise unsure
    return True


def any_of(rules: Any, subject: Subject, *, exact: bool) -> bool:
    """Whether one of some rules fits. Raises Unknown where that hangs on what is not known."""
    if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
        raise Malformed("resourceRules is no list of maps")
    unsure: Unknown | None = None
    for rule in rules:
        try:
            if _fits(rule, subject, exact=exact):
                return True
        except Unknown as error:
            unsure = error
    if unsure is not None:
        raise unsure
    return False


def _fits(rule: Mapping[str, Any], subject: Subject, *, exact: bool) -> bool:
    kind = subject.kind
    plain = (
        _listed(rule, "operations", subject.operation)
        and _listed(rule, "apiGroups", kind.group)
        and any(_is_resource(str(one), kind.plural) for one in rule.get("resources") or [])
        and _named(rule, subject)
    )
    if not plain:
        return False
    versions = [str(one) for one in rule.get("apiVersions") or []]
    if kind.version in versions or "*" in versions:
        return _in_scope(rule, subject)
    return not exact and _equivalent(versions, subject) and _in_scope(rule, subject)


def _listed(rule: Mapping[str, Any], key: str, value: str) -> bool:
    values = rule.get(key) or []
    return "*" in values or value in values


def _is_resource(pattern: str, plural: str) -> bool:
    """As the cluster does it: "pods/*" is pods as well as what is under them, "*" is everything
    that is under nothing."""
    name, _, under = pattern.partition("/")
    return name in ("*", plural) and under in ("", "*")


def _named(rule: Mapping[str, Any], subject: Subject) -> bool:
    names = rule.get("resourceNames") or []
    return not names or subject.question.resource.name in names


def _equivalent(versions: list[str], subject: Subject) -> bool:
    """matchPolicy Equivalent: another version that is served too fits as well, and the policy sees
    the object converted to it, which only the cluster can do."""
    kind = subject.kind
    for version in versions:
        if kind.is_converted_to(version) is not False:
            raise Unknown(
                f"the rule is for {kind.plural} in {version}, the object is in {kind.version}:"
                " the cluster would convert it, which cannot be done here"
            )
    return False


def _in_scope(rule: Mapping[str, Any], subject: Subject) -> bool:
    scope = rule.get("scope", "*")
    if scope == "*":
        return True
    if subject.kind.namespaced is None:
        raise Unknown(f"whether {subject.kind.kind} is in namespaces is not known here")
    return subject.kind.namespaced is (scope == "Namespaced")


def _in_namespace(selector: Any, subject: Subject) -> bool:
    if not selector:
        return True
    if subject.is_namespace:
        return any(selects(selector, {**labels, **subject.names}) for labels in subject.labels())
    if subject.kind.namespaced is False:
        return True
    labels = subject.namespace_labels
    if labels is None and keys(selector) <= set(subject.names):
        labels = subject.names
    if labels is None:
        raise Unknown(_not_known(subject))
    return selects(selector, labels)


def _not_known(subject: Subject) -> str:
    if subject.kind.namespaced is None:
        return f"whether {subject.kind.kind} is in namespaces is not known here"
    if subject.namespace is None:
        return "the manifest names no namespace, and the policy asks for the namespace's labels"
    return (
        f"no manifest of the namespace {subject.namespace} is here, and the policy asks for its"
        " labels"
    )
