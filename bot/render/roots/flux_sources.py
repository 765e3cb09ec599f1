"""Flux's sources: which of them is this repository, and where the others' charts come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from bot.render.roots.ground import Ground
from bot.render.roots.paths import same_repository
from bot.render.roots.pointers import Pointer
from bot.render.roots.reading import At

_BOOTSTRAP = "flux-system"


@dataclass(frozen=True)
class Sources:
    """The sources that the commit declares, by kind."""

    ground: Ground
    declared: Mapping[str, Sequence[Pointer]]

    def find(self, kind: str, name: str, namespace: str = "") -> At | None:
        """The source that a reference means: of that namespace where its manifest names one."""
        named = self._named.get((kind, name), [])
        exact = [one for one in named if namespace and one.namespace == namespace]
        return (exact or named)[0].at if named else None

    @cached_property
    def _named(self) -> Mapping[tuple[str, str], list[Pointer]]:
        found: dict[tuple[str, str], list[Pointer]] = {}
        for kind, pointers in self.declared.items():
            for one in pointers:
                found.setdefault((kind, one.name), []).append(one)
        return found

    @cached_property
    def _own(self) -> frozenset[str]:
        """The URLs that are taken for this repository's: those that were told, else the one that
        Flux was bootstrapped from, else that of the only git source there is."""
        if self.ground.own:
            return self.ground.own
        repositories = self.declared.get("GitRepository", ())
        booted = [one for one in repositories if one.name == _BOOTSTRAP]
        urls = {same_repository(one.at.text("spec", "url")) for one in booted or repositories}
        return frozenset(urls) if len(urls) == 1 else frozenset()

    def foreign(self, kind: str, name: str, namespace: str, path: str | None) -> str | None:
        """The URL of a source that is not this repository ("" where it is not known), None for one
        that is taken for it: one of its URLs, or, where that cannot be told, one in which `path`
        is a directory here."""
        at = self.find(kind, name, namespace)
        here = path is not None and self.ground.files.is_directory(path)
        if kind != "GitRepository":
            return at.text("spec", "url") if at is not None else ""
        if at is None:
            return None if here else ""
        url = at.text("spec", "url")
        if self._own:
            return None if same_repository(url) in self._own else url
        # Every repository has a top directory.
        return None if here and path else url
