"""What was fetched has no line in the repository: it is told as the entry that asks for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from bot.render.kustomize.sources import Sources
from bot.render.remote.places import FETCHED
from bot.render.rendered import RenderedObject
from bot.render.roots.paths import above, join
from checks.model import Location, RenderFailure

_BUILT = ("resources", "bases", "components")


class Askers:
    """For each thing that was fetched, the line of the repository that leads to it."""

    def __init__(self, directory: str, sources: Sources) -> None:
        self._sources = sources
        self._directory = directory
        self._found: Mapping[str, Location] | None = None

    def object(self, one: RenderedObject) -> RenderedObject:
        """The object with places in the repository only."""
        origins = {pointer: self.place(at) for pointer, at in one.origins.items()}
        if not _is_fetched(one.source.path):
            return replace(one, origins=origins) if origins != one.origins else one
        source = self.place(one.source)
        return replace(one, source=source, lines=source.line, origins=origins)

    def failure(self, one: RenderFailure) -> RenderFailure:
        """The failure at a place in the repository."""
        return replace(one, location=self.place(one.location))

    def place(self, at: Location) -> Location:
        """The place itself, or what asks for it."""
        if not _is_fetched(at.path):
            return at
        if self._found is None:
            self._found = dict(self._walked())
        for path in (at.path, *above(at.path)):
            if path in self._found:
                return self._found[path]
        return Location(path=self._directory)

    def _walked(self) -> Iterator[tuple[str, Location]]:
        waiting: list[tuple[str, Location | None]] = [(self._directory, None)]
        seen: set[str] = set()
        while waiting:
            directory, asker = waiting.pop()
            at = self._sources.kustomization(directory) if directory not in seen else None
            seen.add(directory)
            entries = [entry for name in _BUILT for entry in at.strings(name)] if at else []
            for text, place in entries:
                path = join(directory, text)
                if path is None:
                    continue
                here = asker or (place if _is_fetched(path) else None)
                if here is not None:
                    yield path, here
                waiting.append((path, here))


def _is_fetched(path: str) -> bool:
    return path.startswith(f"{FETCHED}/")
