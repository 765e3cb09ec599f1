"""Which object of a snapshot another one means by a name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from checks.model import Resource, Snapshot

_PLAIN = "plain"


def together(one: Resource, other: Resource) -> bool:
    """Whether two objects are rolled out together: by the same root, or from the same folder."""
    if one.rendered_from != other.rendered_from:
        return False
    if one.rendered_from != _PLAIN:
        return True
    return folder(one) == folder(other)


def folder(resource: Resource) -> str:
    """The folder of the file it stands in."""
    return resource.source.path.rpartition("/")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Objects:
    """The objects of a snapshot by kind, each list ordered by id."""

    by_kind: Mapping[str, tuple[Resource, ...]]

    @classmethod
    def of(cls, snapshot: Snapshot) -> Objects:
        """The index of one snapshot."""
        found: dict[str, list[Resource]] = {}
        for resource in snapshot.resources.values():
            found.setdefault(resource.kind, []).append(resource)
        return cls(
            by_kind={
                kind: tuple(sorted(them, key=lambda one: one.id)) for kind, them in found.items()
            }
        )

    def kind(self, kind: str, group: str | None = None) -> tuple[Resource, ...]:
        """All of a kind."""
        found = self.by_kind.get(kind, ())
        return found if group is None else tuple(one for one in found if one.group == group)

    def named(self, beside: Resource, kind: str, name: object) -> Resource | None:
        """The object of this kind and name in the namespace of `beside`; of several the nearest."""
        them = [
            one
            for one in self.by_kind.get(kind, ())
            if one.name == name and one.namespace in ("", beside.namespace)
        ]
        return nearest(beside, them)


def nearest(beside: Resource, them: Sequence[Resource]) -> Resource | None:
    """Of several objects of a name the one that is rolled out together with `beside`, else one at
    the same place, else the first."""
    for one in them:
        if together(beside, one):
            return one
    for one in them:
        if one.place == beside.place:
            return one
    return them[0] if them else None
