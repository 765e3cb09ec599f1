"""A rendered object beside the document that it was made of: what stands where, and what does not
come from there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from checks.model import Lines, Node, Pointer

# What tells the entries of Kubernetes' lists apart.
_IDENTITIES = (
    "name",
    "mountPath",
    "devicePath",
    "containerPort",
    "port",
    "key",
    "topologyKey",
    "ip",
)


@dataclass(slots=True)
class Comparison:
    """`changed` are the values that the document has not, with what it has there instead (None for
    nothing), `removed` those that only the document has."""

    changed: list[tuple[Pointer, Node, Node]] = field(default_factory=list)
    removed: list[Pointer] = field(default_factory=list)

    def lines(self, new: Node, old: Node, lines: Lines, pointer: Pointer = ()) -> Lines:
        """The lines of the document in the shape of the rendered object. What is not in the
        document is on the line of what it is in."""
        if new == old:
            return lines
        here, children = lines if isinstance(lines, tuple) else (lines, None)
        if isinstance(new, dict) and isinstance(old, dict) and isinstance(children, dict):
            return here, self._mapping(new, old, (here, children), pointer)
        if isinstance(new, list) and isinstance(old, list) and isinstance(children, list):
            partners = matched(new, old)
            if partners is not None:
                return here, self._sequence(new, old, partners, (here, children), pointer)
        self.changed.append((pointer, new, old))
        return here

    def _mapping(
        self,
        new: dict[str, Node],
        old: dict[str, Node],
        lines: tuple[int, dict[str, Lines]],
        pointer: Pointer,
    ) -> dict[str, Lines]:
        here, children = lines
        found: dict[str, Lines] = {}
        for key, value in new.items():
            if key in old:
                found[key] = self.lines(value, old[key], children[key], (*pointer, key))
            else:
                self.changed.append(((*pointer, key), value, None))
                found[key] = here
        # A field that is given as null is as good as not given.
        self.removed += ((*pointer, k) for k, v in old.items() if k not in new and v is not None)
        return found

    def _sequence(
        self,
        new: list[Node],
        old: list[Node],
        partners: Sequence[int | None],
        lines: tuple[int, list[Lines]],
        pointer: Pointer,
    ) -> list[Lines]:
        here, children = lines
        found: list[Lines] = []
        for index, (value, partner) in enumerate(zip(new, partners, strict=True)):
            if partner is None:
                self.changed.append(((*pointer, index), value, None))
                found.append(here)
            else:
                at = (*pointer, index)
                found.append(self.lines(value, old[partner], children[partner], at))
        return found


def matched(new: Sequence[Node], old: Sequence[Node]) -> list[int | None] | None:
    """For each entry of `new` the one of `old` that it is; None where that cannot be told."""
    for key in _IDENTITIES:
        names = _names(new, key)
        if names is None:
            continue
        before = _names(old, key)
        if before is not None:
            place = {name: index for index, name in enumerate(before)}
            return [place.get(name) for name in names]
    if len(new) == len(old) and all(isinstance(x, (dict, list)) for x in (*new, *old)):
        return list(range(len(new)))
    return None


def identity(entry: Node) -> tuple[str, Node] | None:
    """(field, value) that tells an entry of a list from the others."""
    if isinstance(entry, dict):
        for key in _IDENTITIES:
            value = entry.get(key)
            if isinstance(value, (str, int)):
                return key, value
    return None


def _names(entries: Sequence[Node], key: str) -> list[Node] | None:
    """What tells the entries apart if it is `key`."""
    names: list[Node] = []
    for entry in entries:
        name = entry.get(key) if isinstance(entry, dict) else None
        if not isinstance(name, (str, int)):
            return None
        names.append(name)
    return names if len(set(map(str, names))) == len(names) else None
