"""ConfigMaps and Secrets that a kustomization generates: the entry, and the place of each key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.render.kustomize.sources import Sources
from bot.render.roots.paths import join, parent
from bot.render.roots.reading import At
from checks.model import Location, Node, Pointer

_FIELDS = {
    "ConfigMapGenerator": "configMapGenerator",
    "SecretGenerator": "secretGenerator",
}


def entry_of(at: At, kind: str, name: str) -> Pointer | None:
    """The generator's entry that makes the object of this (rendered) name."""
    field = _FIELDS.get(kind)
    best: tuple[int, Pointer] | None = None
    for index, entry in enumerate(at.items(field) if field else ()):
        own = entry.get("name") if isinstance(entry, dict) else None
        if field and isinstance(own, str) and own in name and (not best or len(own) > best[0]):
            best = (len(own), (field, index))
    return best[1] if best else None


def origins(
    at: At, entry: Pointer, body: Mapping[str, Node], sources: Sources
) -> dict[Pointer, Location]:
    """Where each key of the object's data is from."""
    places = dict(_keys(at, entry, sources))
    return {
        (field, key): places[key]
        for field in ("data", "binaryData")
        if isinstance(data := body.get(field), dict)
        for key in data
        if key in places
    }


def _keys(at: At, entry: Pointer, sources: Sources) -> Iterator[tuple[str, Location]]:
    directory = parent(at.path)
    envs = [text for text, _ in at.strings(*entry, "envs")]
    for name in (*envs, at.text(*entry, "env")):
        path = join(directory, name) if name else None
        if path:
            yield from _environment(path, sources)
    for text, _ in at.strings(*entry, "files"):
        key, equals, name = text.partition("=")
        path = join(directory, name if equals else text)
        if path:
            yield (key if equals else text.rpartition("/")[2]), Location(path=path, line=1)
    for text, place in at.strings(*entry, "literals"):
        yield text.partition("=")[0], place


def _environment(path: str, sources: Sources) -> Iterator[tuple[str, Location]]:
    for number, row in enumerate(sources.content(path).split(b"\n"), start=1):
        key, equals, _ = row.partition(b"=")
        if equals and not key.startswith(b"#"):
            yield key.decode("utf-8", "replace").strip(), Location(path=path, line=number)
