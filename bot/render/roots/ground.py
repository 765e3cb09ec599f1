"""What Applications and Flux's objects point into: the charts, kustomizations and files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from bot.render.roots.files import Files
from bot.render.roots.helm import Charts
from bot.render.roots.kustomization import NAMES
from bot.render.roots.kustomize import Kustomizations
from bot.render.roots.made import Draft, Made
from bot.render.roots.paths import above, same_repository
from bot.render.roots.pointers import Pointer, pointers
from checks.model import RenderFailure

_OBJECT = re.compile(rb"^[ \t{-]*[\"']?apiVersion[\"']?[ \t]*:", re.MULTILINE)


# A root that reads five thousand files two hundred times over; real repositories stay far below.
_MOST_READS = 1_000_000
_MOST_ROOTS = 10_000


class TooMany(Exception):  # noqa: N818 - a verdict on a repository, not a fault
    """A commit with more roots than can be kept."""


@dataclass(slots=True)
class Work:
    """How much matching of patterns against paths is left: in characters of the one times those of
    the other. A set over five thousand paths takes some millions."""

    left: int = 2_000_000_000

    def spend(self, characters: int) -> None:
        """Take from it. Raises TooMany."""
        self.left -= characters
        if self.left < 0:
            raise TooMany("the patterns of the ApplicationSets take too long to be matched")


@dataclass(slots=True)
class Found:
    """What was found so far. `built_on` are directories that are no roots of their own because
    something points at them, `failures` what could not be told at all."""

    drafts: list[Draft] = field(default_factory=list)
    failures: list[RenderFailure] = field(default_factory=list)
    built_on: set[str] = field(default_factory=set)
    _reads: int = 0

    def add(self, one: Draft) -> None:
        """Take a root in. Raises TooMany."""
        self._reads += len(one.root.reads)
        if self._reads > _MOST_READS or len(self.drafts) >= _MOST_ROOTS:
            raise TooMany(
                f"the repository has more than {_MOST_ROOTS:,} roots, or they read more than "
                f"{_MOST_READS:,} files together"
            )
        self.drafts.append(one)


@dataclass(frozen=True, kw_only=True)
class Ground:
    """One commit. `own` are the URLs of this repository, in one form; empty where nobody told."""

    files: Files
    charts: Charts
    kustomizations: Kustomizations
    own: frozenset[str]
    hosts: tuple[str, ...]
    work: Work = field(default_factory=Work)

    @cached_property
    def declared(self) -> tuple[Mapping[str, Sequence[Pointer]], list[RenderFailure]]:
        """The objects of Argo CD and Flux by kind, and what kept some from being looked for."""
        templates = {path for path in self.files.paths if self.charts.is_template(path)}
        return pointers(self.files, self.kustomizations.not_objects | templates)

    def is_foreign(self, url: str) -> bool:
        """Whether a repository is known to be another one than this."""
        return bool(self.own) and same_repository(url) not in self.own

    def manifests(self, directory: str, *, recurse: bool, takes: Callable[[str], bool]) -> set[str]:
        """The files in a directory that hold Kubernetes objects, by their path in it."""
        start = len(directory) + 1 if directory else 0
        inside = self.files.under(directory) if recurse else self.files.below.get(directory, ())
        named = [
            path
            for path in inside
            if path.endswith((".yaml", ".yml", ".json"))
            and path.rpartition("/")[2] not in NAMES
            and takes(path[start:])
        ]
        # A file without an apiVersion is data of somebody's, and no tool could apply it.
        holds = self.files.made("object", named, lambda data: bool(_OBJECT.search(data)))
        return {path for path, is_object in holds.items() if is_object}

    def generated(self, directory: str) -> tuple[Made, set[str]]:
        """What Flux makes of a directory without a kustomization: all manifests in it and below,
        except that a directory with a kustomization is taken as that. The second are these."""
        inner = self._outermost(directory)
        made = self.kustomizations.made(sorted(inner))
        made.reads.update(
            path
            for path in self.files.under(directory)
            if path.endswith((".yaml", ".yml")) and inner.isdisjoint(above(path))
        )
        return made, inner

    def _outermost(self, directory: str) -> set[str]:
        """The directories below with a kustomization, without those below another such."""
        prefix = f"{directory}/" if directory else ""
        found: set[str] = set()
        for name in sorted(self.kustomizations.all):
            if name.startswith(prefix) and name != directory and found.isdisjoint(above(name)):
                found.add(name)
        return found


def unique(drafts: Iterable[Draft]) -> list[Draft]:
    """The drafts with keys of their own: where two have the same, the file that points at them,
    what renders them, and then a number, tell them apart."""
    seen: set[str] = set()
    found: list[Draft] = []
    for one in drafts:
        root = one.root
        key = root.key
        if key in seen:
            key += f" from {root.by.path}" if root.by else f" ({root.kind.value})"
        number, first = 2, key
        while key in seen:
            key = f"{first} ~{number}"
            number += 1
        seen.add(key)
        found.append(replace(one, root=replace(root, key=key)) if key != root.key else one)
    return found
