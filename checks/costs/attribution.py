"""Whose cost an object is: its cost center, team, model and environment, as labels say it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TypeAlias

from checks.alignment.workload import is_placeholder
from checks.labelling.places import places, strays
from checks.model import Attribution, AttributionRules, Node, Resource

__all__ = ["AttributionRules", "attribute", "namespaces_of"]

_Said: TypeAlias = Mapping[str, Node]
_TERRAFORM = "terraform"
# Nearest first: what the resource itself says, then what its provider puts on everything.
_TAGS = ("tags", "labels", "user_labels", "resource_labels", "tag", "tags_all")
_DEFAULT_TAGS = ("terraform_labels", "effective_labels", "default_tags")
_FILLING = re.compile(r"[-_.:/ ]")
NO_RULES = AttributionRules()


def attribute(
    resource: Resource,
    namespaces: Mapping[str, Resource],
    rules: AttributionRules = NO_RULES,
    domain: str = "apexlogic.com",
) -> Attribution:
    """Whose cost `resource` is; "" is unallocated.

    `namespaces` are the Namespace objects by name: what one says holds for what is in it. A label
    of ours in a wrong place is read as well; saying so is the business of the check label_place.
    The environment is the tier's word where no label says one.
    """
    loose = resource.group == _TERRAFORM
    said = tuple(_tags(resource) if loose else _labels(resource, namespaces, domain))
    names = _names(rules, domain, loose)
    return Attribution(
        cost_center=_first(said, names[0]),
        team=_first(said, names[1]),
        model=_first(said, names[2]),
        environment=_first(said, names[3]) or resource.tier.value,
    )


def namespaces_of(resources: Mapping[str, Resource]) -> Mapping[str, Resource]:
    """The Namespace objects among the objects of a snapshot, by name."""
    return {
        one.name: one for one in resources.values() if one.kind == "Namespace" and not one.group
    }


def _labels(resource: Resource, namespaces: Mapping[str, Resource], domain: str) -> Iterator[_Said]:
    namespace = namespaces.get(resource.namespace) if resource.namespace else None
    for one in (resource, namespace):
        if one is not None:
            yield from (values for _, values in places(one))
            if wrong := strays(one, domain):
                yield {stray.key: stray.value for stray in reversed(wrong)}


def _tags(resource: Resource) -> Iterator[_Said]:
    """The tags of a Terraform resource, by folded names: "CostCenter" is "cost-center", as many
    providers take no dashes, dots or capitals."""
    for name in (*_TAGS, *_DEFAULT_TAGS):
        values = _table(resource.get("spec", name))
        if values:
            yield {_folded(key): value for key, value in values.items()}


def _table(node: Node) -> Mapping[str, Node]:
    if isinstance(node, dict):
        # default_tags is a block around them.
        inner = node.get("tags")
        return inner if isinstance(inner, dict) else node
    found: dict[str, Node] = {}
    for entry in node if isinstance(node, list) else ():
        if isinstance(entry, dict) and isinstance(entry.get("key"), str):
            # An auto scaling group's blocks: {key, value, propagate_at_launch}.
            found[str(entry["key"])] = entry.get("value")
        elif isinstance(entry, dict):
            found |= _table(entry)
    return found


def _first(said: tuple[_Said, ...], names: tuple[str, ...]) -> str:
    for name in names:
        for values in said:
            if text := _text(values.get(name)):
                return text
    return ""


def _text(value: Node) -> str:
    """A value as text; "" for none, and for one that another tool fills in later."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or is_placeholder(value):
        return ""
    return value.strip()


@lru_cache(maxsize=64)
def _names(rules: AttributionRules, domain: str, loose: bool) -> tuple[tuple[str, ...], ...]:
    every = (rules.cost_center, rules.team, rules.model, rules.environment)
    written = (tuple(name.replace("{domain}", domain) for name in names) for names in every)
    return tuple(tuple(map(_folded, names)) if loose else names for names in written)


def _folded(text: str) -> str:
    return _FILLING.sub("", text).casefold()
