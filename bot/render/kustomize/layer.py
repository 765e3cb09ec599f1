"""One kustomization as a layer over what it builds on: which of its lines sets a field."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from bot.render.kustomize.patches import Hit, Patch, Subject, patches
from bot.render.kustomize.sources import Sources
from bot.render.roots.paths import join, parent
from bot.render.roots.reading import At
from checks.model import Location, Node, Pointer

_LABELS = ("commonLabels", "commonAnnotations")
# The parts of a field path: names, and what is in brackets or after a dot that is no name.
_PART = re.compile(r"\[[^\]]*\]|[^.\[]+")
# What an image is called, its tag and its digest.
_LONGEST_IMAGE = 1_000
_IMAGE = re.compile(r"(?P<name>[^@]*?)(?::(?P<tag>[^:/@]+))?(?:@(?P<digest>.+))?")


class Layer:
    """The transformers of one kustomization."""

    def __init__(self, at: At, sources: Sources) -> None:
        self._at = at
        self._sources = sources
        self._patches: tuple[Patch, ...] = tuple(patches(at, sources))
        entries = sum(len(at.items(name)) for name in ("images", "replicas", "labels"))
        # How much work it is to ask it, in patches.
        self.weight = 1 + entries + sum(patch.weight for patch in self._patches)
        self._replacements = tuple(self._targets())
        self.weight += len(self._replacements)

    @property
    def path(self) -> str:
        """Its file."""
        return self._at.path

    def gives(self, pointer: Pointer, value: Node, subject: Subject) -> Hit | None:
        """Where it gives the object this value at `pointer`, None where it does not."""
        for patch in self._patches:
            found = patch.gives(pointer, value, subject)
            if found is not None:
                return found
        place = self._built_in(pointer, value, subject) or self._replaced(pointer, subject)
        return None if place is None else Hit(place.path, place.line)

    def removes(self, pointer: Pointer, subject: Subject) -> Hit | None:
        """Where it takes away what the object had at `pointer`."""
        hits = (patch.removes(pointer, subject) for patch in self._patches)
        return next((hit for hit in hits if hit is not None), None)

    def _built_in(self, pointer: Pointer, value: Node, subject: Subject) -> Location | None:
        at, last = self._at, pointer[-1] if pointer else ""
        if last == "image" and isinstance(value, str):
            return self._image(value)
        if last == "replicas":
            return self._replicas(value, subject)
        if last == "namespace" and value == at.body.get("namespace"):
            return at.place("namespace")
        if pointer == ("metadata", "name") and isinstance(value, str):
            return self._affix(value)
        if isinstance(last, str) and isinstance(value, str):
            return self._label(last, value)
        return None

    def _image(self, value: str) -> Location | None:
        parts = _IMAGE.fullmatch(value) if len(value) <= _LONGEST_IMAGE else None
        for index, entry in enumerate(self._at.items("images")):
            if parts is None or not isinstance(entry, dict):
                continue
            if parts["name"] not in (entry.get("newName"), entry.get("name")):
                continue
            for field, part in (("digest", "digest"), ("newTag", "tag"), ("newName", "name")):
                if field in entry and str(entry[field]) == parts[part]:
                    return self._at.place("images", index, field)
        return None

    def _replicas(self, value: Node, subject: Subject) -> Location | None:
        for index, entry in enumerate(self._at.items("replicas")):
            if not isinstance(entry, dict) or entry.get("count") != value:
                continue
            if entry.get("name") in subject.names:
                return self._at.place("replicas", index, "count")
        return None

    def _affix(self, value: str) -> Location | None:
        prefix, suffix = self._at.text("namePrefix"), self._at.text("nameSuffix")
        if prefix and value.startswith(prefix):
            return self._at.place("namePrefix")
        if suffix and value.endswith(suffix):
            return self._at.place("nameSuffix")
        return None

    def _label(self, key: str, value: str) -> Location | None:
        for name in _LABELS:
            if self._at.mapping(name).get(key) == value:
                return self._at.place(name, key)
        for index in range(len(self._at.items("labels"))):
            if self._at.mapping("labels", index, "pairs").get(key) == value:
                return self._at.place("labels", index, "pairs", key)
        return None

    def _replaced(self, pointer: Pointer, subject: Subject) -> Location | None:
        names = [step for step in pointer if isinstance(step, str)]
        for at, target in self._replacements:
            select = at.mapping(*target, "select")
            kind = select.get("kind")
            if kind is not None and kind != subject.kind:
                continue
            for text, place in at.strings(*target, "fieldPaths"):
                if _names(text) == names:
                    return place
        return None

    def _targets(self) -> Iterator[tuple[At, Pointer]]:
        """Every target of every replacement, with the file it is in."""
        for at, pointer in self._listed():
            for index in range(len(at.items(*pointer, "targets"))):
                yield at, (*pointer, "targets", index)

    def _listed(self) -> Iterator[tuple[At, Pointer]]:
        for index in range(len(self._at.items("replacements"))):
            text = self._at.text("replacements", index, "path")
            if not text:
                yield self._at, ("replacements", index)
                continue
            path = join(parent(self._at.path), text)
            for document in self._sources.documents(path) if path else ():
                # A list of replacements or a single one.
                whole: Mapping[str, Node] = {"": document.value}
                inside = At(path or "", whole, (document.line, {"": document.lines}))
                if isinstance(document.value, list):
                    yield from ((inside, ("", number)) for number in range(len(document.value)))
                else:
                    yield inside, ("",)


def _names(field_path: str) -> list[str]:
    """The names of a field path, without what picks entries of lists: `a.[b=c].d.0` is a, d."""
    parts = (part.strip("'\"") for part in _PART.findall(field_path))
    return [part for part in parts if part[:1] != "[" and part != "*" and not part.isdigit()]
