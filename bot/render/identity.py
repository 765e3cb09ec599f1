"""Which objects of the two sides of a change are the same one, and the id they then share.

An object is the same where path, API group, kind, namespace and name are; else where only its file
was renamed within a directory; else where it moved anywhere and is the only one of that name.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple

# What separates the parts of an id, and so is escaped inside of them.
_RESERVED = re.compile(r"[%/#~]")


class Key(NamedTuple):
    """What tells one object from another; not the version: v1beta1 → v1 makes no new object."""

    path: str
    group: str
    kind: str
    namespace: str
    name: str

    @property
    def directory(self) -> str:
        """Where its file is."""
        return self.path.rpartition("/")[0]

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """What it is wherever it is."""
        return self[1:]


def identify(base: Sequence[Key], head: Sequence[Key]) -> tuple[list[str], list[str]]:
    """An id for each object of both sides, in order: equal across the sides for the same object,
    unique within a side. Like "prod/app.yaml#apps/Deployment/ns/name", "~2" for a repetition."""
    ids = _numbered(head)
    own = _numbered(base)
    partner: dict[int, int] = {}
    for same, single in _RULES:
        left = [i for i in range(len(base)) if i not in partner]
        taken = set(partner.values())
        free = [j for j in range(len(head)) if j not in taken]
        groups: defaultdict[Hashable, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
        for i in left:
            groups[same(base[i])][0].append(i)
        for j in free:
            groups[same(head[j])][1].append(j)
        for before, after in groups.values():
            if not single or len(before) == len(after) == 1:
                partner.update(zip(before, after, strict=False))
    return [ids[partner[i]] if i in partner else own[i] for i in range(len(base))], ids


# From the surest to the loosest: what makes two objects the same, and whether only where there is
# a single candidate on either side.
_RULES: tuple[tuple[Callable[[Key], Hashable], bool], ...] = (
    (lambda key: key, False),
    (lambda key: (key.directory, key.identity), False),
    (lambda key: key.identity, True),
)


def _numbered(keys: Sequence[Key]) -> list[str]:
    seen: defaultdict[Key, int] = defaultdict(int)
    ids = []
    for key in keys:
        seen[key] += 1
        repeated = f"~{seen[key]}" if seen[key] > 1 else ""
        ids.append(f"{key.path}#{'/'.join(map(_escaped, key.identity))}{repeated}")
    return ids


def _escaped(part: str) -> str:
    return _RESERVED.sub(lambda found: f"%{ord(found.group()):02X}", part)
