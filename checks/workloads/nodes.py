"""Which nodes the pods of a workload can go to, as far as their labels decide it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from checks.model import Node, Pointer
from checks.workloads.pods import Pods, listed, mappings, texts

_REQUIRED = ("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One thing asked of a label of the node: In, NotIn, Exists or DoesNotExist, and where."""

    label: str
    operator: str
    values: frozenset[str]
    pointer: Pointer

    @property
    def words(self) -> str:
        """What the label must be: "arm64", "not arm64", "there", "absent"."""
        values = listed(sorted(self.values), "or")
        known = {"In": values, "NotIn": f"not {values}", "Exists": "there"}
        return known.get(self.operator, "absent")


# Everything that one kind of node must have.
Wishes = tuple[Wish, ...]


def alternatives(pods: Pods) -> tuple[Wishes, ...]:
    """The kinds of nodes that will do, each with all that is asked of it; () where any will."""
    selector = texts(pods.get("nodeSelector"))
    always = tuple(
        Wish(
            label=label,
            operator="In",
            values=frozenset({value}),
            pointer=pods.at("nodeSelector", label),
        )
        for label, value in sorted(selector.items())
    )
    terms = tuple(
        (*always, *_wishes(term, pods.at(*_REQUIRED, "nodeSelectorTerms", index)))
        for index, term in mappings(pods.get(*_REQUIRED, "nodeSelectorTerms"))
        # One that asks for nothing means no node at all.
        if term.get("matchExpressions") or term.get("matchFields")
    )
    return terms or ((always,) if always else ())


def _wishes(term: Mapping[str, Node], pointer: Pointer) -> Iterator[Wish]:
    for index, rule in mappings(term.get("matchExpressions")):
        label, operator, values = rule.get("key"), rule.get("operator"), rule.get("values")
        if isinstance(label, str) and isinstance(operator, str):
            found = values if isinstance(values, list) else []
            yield Wish(
                label=label,
                operator=operator,
                values=frozenset(one for one in found if isinstance(one, str)),
                pointer=(*pointer, "matchExpressions", index),
            )


def impossible(wishes: Wishes) -> tuple[Wish, Wish] | None:
    """Two wishes about one label that no node can fulfil together, if there are such."""
    for index, one in enumerate(wishes):
        for other in wishes[index + 1 :]:
            if one.label == other.label and _exclude(one, other):
                return one, other
    return None


def _exclude(one: Wish, other: Wish) -> bool:
    both = {one.operator: one, other.operator: other}
    if one.operator == other.operator == "In":
        return not one.values & other.values
    if "DoesNotExist" in both:
        return bool(both.keys() & {"In", "Exists"})
    if both.keys() == {"In", "NotIn"}:
        return both["In"].values <= both["NotIn"].values
    return False


def only(pods: Pods, known: Mapping[str, Collection[str]]) -> Wish | None:
    """The wish by which pods go to nodes with such labels alone, whichever alternative is taken;
    None where they can go elsewhere. `known` has the values of each label."""
    found: list[Wish] = []
    for wishes in alternatives(pods):
        binding = [
            wish
            for wish in wishes
            if wish.operator == "In"
            and wish.values
            and wish.values <= set(known.get(wish.label, ()))
        ]
        if not binding:
            return None
        found.append(binding[0])
    return found[0] if found else None


def tolerates(pods: Pods, key: str, value: str) -> bool:
    """Whether the pods tolerate a taint of this key and value that keeps others off a node."""
    for _, one in mappings(pods.get("tolerations")):
        if one.get("effect") not in (None, "", "NoSchedule"):
            continue
        if one.get("operator") == "Exists":
            if one.get("key") in (None, "", key):
                return True
        elif one.get("key") == key and one.get("value", "") == value:
            return True
    return False
