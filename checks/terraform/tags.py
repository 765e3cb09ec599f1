"""The tags or labels that a Terraform resource will have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from checks.model import Pointer, Resource
from checks.terraform.attributes import Attributes


class Answer(Enum):
    """Whether a resource has a tag."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tags:
    """What a resource is tagged with: `names` (as they are compared), and whether there may be
    more that nobody knows before apply. `pointer` leads to where the resource itself says it."""

    names: frozenset[str]
    open: bool
    pointer: Pointer

    def has(self, name: str) -> Answer:
        """Whether one of that name, spelled in any of the usual ways, is there."""
        if spelled(name) in self.names:
            return Answer.YES
        return Answer.UNKNOWN if self.open else Answer.NO


def spelled(name: str) -> str:
    """A name as it is compared: CostCenter, cost-center and cost_center are one."""
    return "".join(char for char in name.casefold() if char.isalnum())


def tags_of(resource: Resource, path: Sequence[str]) -> Tags:
    """The tags at an attribute, with what the provider adds."""
    own = Attributes(resource=resource)
    steps: tuple[str | int, ...] = tuple(int(s) if s.isdecimal() else s for s in path)
    names = {*_names(own.get(*steps)), *_unknown_names(own, steps)}
    open_ = own.unknown_whole(*steps)
    # What an autoscaling group makes is tagged with its own blocks alone.
    if resource.kind.startswith(("aws_", "google_")) and path[-1] != "tag":
        added = _added(own)
        names |= added or set()
        open_ = open_ or added is None
    return Tags(names=frozenset(map(spelled, names)), open=open_, pointer=own.at(*steps))


def _added(own: Attributes) -> set[str] | None:
    """What the provider's defaults add, None where that is not known."""
    given = own.resource.body.get("default_tags")
    if isinstance(given, dict):
        return _names(given)
    # A plan says it: what a resource will be tagged with in all.
    for name in ("tags_all", "terraform_labels", "effective_labels"):
        if own.get(name) is not None or own.unknown(name):
            whole = own.unknown_whole(name)
            return None if whole else {*_names(own.get(name)), *_unknown_names(own, (name,))}
    return None


def _names(value: object) -> set[str]:
    """The names that have a value; "tag" blocks of key and value are read, too."""
    if isinstance(value, list):
        pairs = [
            (one.get("key"), one.get("value", "")) for one in value if isinstance(one, Mapping)
        ]
        return {str(key) for key, said in pairs if isinstance(key, str) and said != ""}
    found = value if isinstance(value, Mapping) else {}
    return {str(key) for key, said in found.items() if said not in ("", None)}


def _unknown_names(own: Attributes, steps: tuple[str | int, ...]) -> set[str]:
    """The names whose values alone are not known: the tags are there."""
    path = tuple(map(str, steps))
    return {one[len(path)] for one in own.unknown_paths() if one[: len(path)] == path != one}
