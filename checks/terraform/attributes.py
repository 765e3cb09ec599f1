"""The attributes of a Terraform resource or of one of its blocks, with where they stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from checks.model import Node, Pointer, Resource
from checks.workloads.pods import mappings

API_VERSION = "terraform/v1"
_MASK = "(sensitive)"
_Path: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Attributes:
    """What a resource or a block says; `pointer` leads to it. Reading one that is unknown, secret
    or of another shape gives the same as reading one that is not there: `unknown` tells them
    apart."""

    resource: Resource
    pointer: Pointer = ("spec",)

    def at(self, *steps: str | int) -> Pointer:
        """Where an attribute stands."""
        return (*self.pointer, *steps)

    def get(self, *steps: str | int) -> Node:
        """The value of an attribute, None where it is not known."""
        value = self.resource.get(*self.at(*steps))
        return None if value == _MASK else value

    def text(self, name: str) -> str:
        """A text; "" where it is not known."""
        value = self.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value) if abs(value) < 2**63 else ""
        return value if isinstance(value, str) else ""

    def flag(self, name: str) -> bool | None:
        """True or false, also as a text; None where it is not known."""
        value = self.get(name)
        if isinstance(value, str):
            return {"true": True, "false": False}.get(value.lower())
        return value if isinstance(value, bool) else None

    def number(self, name: str) -> int | None:
        """A whole number; None where it is not known."""
        text = self.text(name)
        return int(text) if text.lstrip("-").isdecimal() and len(text) < 12 else None

    def texts(self, name: str) -> tuple[str, ...]:
        """The texts of a list; a single one may stand without it."""
        value = self.get(name)
        found = value if isinstance(value, list) else [value]
        return tuple(one for one in found if isinstance(one, str) and one != _MASK)

    def blocks(self, name: str) -> Iterator[Attributes]:
        """The blocks of a name; a single one may stand without its list."""
        value = self.get(name)
        if isinstance(value, dict):
            yield Attributes(resource=self.resource, pointer=self.at(name))
        for index, _ in mappings(value):
            yield Attributes(resource=self.resource, pointer=self.at(name, index))

    def unknown(self, *steps: str | int) -> bool:
        """Whether an attribute, or a part of it, is known only after apply or is secret."""
        path = _path(self.at(*steps)[1:])
        value = self.resource.get(*self.at(*steps))
        if value == _MASK or (isinstance(value, list) and _MASK in value):
            return True
        return any(
            one[: len(path)] == path or path[: len(one)] == one for one in _unknown(self.resource)
        )

    def unknown_whole(self, *steps: str | int) -> bool:
        """Whether all of an attribute is, and not only parts of it."""
        path = _path(self.at(*steps)[1:])
        if self.resource.get(*self.at(*steps)) == _MASK:
            return True
        return any(path[: len(one)] == one for one in _unknown(self.resource))

    def unknown_paths(self) -> Iterator[tuple[str, ...]]:
        """The paths of all that is unknown, from the resource's attributes on."""
        return _unknown(self.resource)

    @cached_property
    def references(self) -> Mapping[str, tuple[str, ...]]:
        """What the attributes of the resource refer to, by the first step of their paths."""
        found = self.resource.body.get("references")
        return {
            key: tuple(one for one in value if isinstance(one, str))
            for key, value in (found.items() if isinstance(found, dict) else ())
            if isinstance(value, list)
        }

    def refers(self, name: str, to: Resource) -> bool:
        """Whether an attribute refers to a resource."""
        return any(
            one == to.name or one.startswith(f"{to.name}.") for one in self.references.get(name, ())
        )


def is_terraform(resource: Resource) -> bool:
    """Whether it is a resource of Terraform."""
    return resource.api_version == API_VERSION


def _unknown(resource: Resource) -> Iterator[_Path]:
    """The paths of what is unknown: lists of steps, or dotted."""
    listed = resource.body.get("unknown")
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, str):
            yield tuple(one.split("."))
        elif isinstance(one, list):
            yield tuple(str(step) for step in one)


def _path(steps: Pointer) -> _Path:
    return tuple(str(step) for step in steps)
