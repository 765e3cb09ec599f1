"""Kinds as Kyverno's policies name them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from bot.policy.kyverno.wildcard import matches

_VERSION = re.compile(r"(v\d+((alpha|beta)\d+)?|\*)", re.ASCII)


class Selector(NamedTuple):
    """What a policy's kind selects, each with wildcards."""

    group: str
    version: str
    kind: str
    subresource: str

    def fits(self, group: str, version: str, kind: str, subresource: str = "") -> bool:
        """Whether it selects a kind of object."""
        return (
            matches(self.group, group)
            and matches(self.version, version)
            and matches(self.kind, kind)
            and matches(self.subresource, subresource)
        )


@lru_cache(maxsize=4096)
def selector(text: str) -> Selector:
    """ "Pod", "apps/v1/Deployment", "*/Deployment", "Pod/exec", "Deployment.scale", "*/*"."""
    *front, last = text.split("/")
    parts = [*front, *last.split(".")]
    match parts:
        case [kind]:
            return Selector("*", "*", kind, "")
        case ["*", "*"]:
            return Selector("*", "*", "*", "*")
        case ["*", name] if name.lower() == name:
            return Selector("*", "*", "*", name)
        case [version, kind] if _VERSION.fullmatch(version):
            return Selector("*", version, kind, "")
        case [kind, subresource]:
            return Selector("*", "*", kind, subresource)
        case [version, kind, subresource] if _VERSION.fullmatch(version):
            return Selector("*", version, kind, subresource)
        case [group, version, kind]:
            return Selector(group, version, kind, "")
        case [group, version, kind, subresource]:
            return Selector(group, version, kind, subresource)
    return Selector("", "", "", "")


def names_kind(kinds: list[str], kind: str) -> bool:
    """Whether a kind is among those that a policy names, without its group and version."""
    return any(_bare(one) == kind for one in kinds)


def _bare(text: str) -> str:
    """The kind as Kyverno's autogen reads it: the subresource does not count."""
    parts = text.split("/")
    match len(parts):
        case 1:
            name = text.replace(".", "/", 1)
        case 2:
            versioned = parts != ["*", "*"] and _VERSION.fullmatch(parts[0])
            name = parts[1].replace(".", "/", 1) if versioned else text
        case 3:
            if _VERSION.fullmatch(parts[0]):
                name = f"{parts[1]}/{parts[2]}"
            else:
                name = parts[2].replace(".", "/", 1)
        case 4:
            name = f"{parts[2]}/{parts[3]}"
        case _:
            name = ""
    found = name.split("/")
    return found[0] if len(found) == 2 else name
