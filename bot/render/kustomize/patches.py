"""The patches of a kustomization: which of them gives an object a value, and on which line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

from bot.render.build import Document
from bot.render.kustomize.compare import identity
from bot.render.kustomize.sources import Sources
from bot.render.roots.paths import join, parent
from bot.render.roots.reading import At
from bot.render.yaml_reader import read
from checks.model import Lines, Location, Node, Pointer, line_of

_PATCHES = ("patches", "patchesJson6902")
# Of a regular expression that matches a name more is not worth the time.
_LONGEST_NAME = 300
# Nor is looking for a plain value in a list of more.
_LONGEST_LIST = 1_000


@dataclass(frozen=True, slots=True)
class Subject:
    """A rendered object and the names by which a patch may know it."""

    body: Mapping[str, Node]
    kind: str
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a value is given, with the lines of what is in it."""

    path: str
    lines: Lines
    # Added to every line: where an inline patch begins, less one.
    offset: int = 0
    # An inline patch whose lines are not those of the file.
    flat: bool = False

    def at(self, pointer: Pointer = ()) -> Location:
        """The line of the value, or of what is in it."""
        line = 0 if self.flat else line_of(self.lines, pointer)
        return Location(path=self.path, line=line + self.offset)


@dataclass(frozen=True, slots=True)
class Patch:
    """One document of a patch, or all the operations of a JSON 6902 patch."""

    path: str
    document: Document
    target: Mapping[str, Node] | None
    offset: int
    flat: bool

    @property
    def weight(self) -> int:
        """How much work it is to ask it."""
        return len(self.document.value) if isinstance(self.document.value, list) else 1

    def gives(self, pointer: Pointer, value: Node, subject: Subject) -> Hit | None:
        """Where it gives the object this value at `pointer`."""
        if not self._applies(subject):
            return None
        if isinstance(self.document.value, list):
            return self._operations(pointer, value, removes=False)
        found = _walked(self.document, subject.body, pointer)
        if found is None or found[0] != value or (value is None and not pointer):
            return None
        return self._hit(found[1])

    def removes(self, pointer: Pointer, subject: Subject) -> Hit | None:
        """Where it takes away what the object had at `pointer`."""
        if not self._applies(subject):
            return None
        if isinstance(self.document.value, list):
            return self._operations(pointer, None, removes=True)
        for length in range(len(pointer), 0, -1):
            found = _walked(self.document, subject.body, pointer[:length])
            if found is None:
                continue
            if found[0] is None or (isinstance(found[0], dict) and "$patch" in found[0]):
                return self._hit(found[1])
            return None
        return None

    def _hit(self, lines: Lines) -> Hit:
        return Hit(self.path, lines, self.offset, self.flat)

    def _applies(self, subject: Subject) -> bool:
        if self.target is not None:
            kind, name = self.target.get("kind"), self.target.get("name")
            return _fits(kind, {subject.kind}) and _fits(name, subject.names)
        body = self.document.value
        if not isinstance(body, dict):
            return True
        metadata = body.get("metadata")
        name = metadata.get("name") if isinstance(metadata, dict) else None
        return body.get("kind") == subject.kind and name in subject.names

    def _operations(self, pointer: Pointer, value: Node, *, removes: bool) -> Hit | None:
        operations = cast("list[Node]", self.document.value)
        for index in range(len(operations) - 1, -1, -1):
            operation = operations[index]
            if not isinstance(operation, dict):
                continue
            at = _steps(operation.get("path"), pointer)
            if at is None or (operation.get("op") == "remove") is not removes:
                continue
            lines = _child(self.document.lines, index)
            if removes:
                return self._hit(lines)
            if "value" not in operation:
                return self._hit(lines) if at == len(pointer) else None
            found = _reached(operation["value"], _child(lines, "value"), pointer[at:])
            if found is not None and found[0] == value:
                return self._hit(found[1])
        return None


def patches(at: At, sources: Sources) -> Iterator[Patch]:
    """The patches of a kustomization, those that are applied last first."""
    for name in reversed(_PATCHES):
        for index in range(len(at.items(name)) - 1, -1, -1):
            entry = at.items(name)[index]
            if isinstance(entry, dict):
                target = entry.get("target")
                selector = target if isinstance(target, dict) else None
                for field in ("path", "patch"):
                    text = at.text(name, index, field)
                    if text:
                        where = at.place(name, index, field)
                        yield from _read(
                            at, sources, text, where, selector, inline=field == "patch"
                        )
    found = list(at.strings("patchesStrategicMerge"))
    for text, where in reversed(found):
        yield from _read(at, sources, text, where, None, inline="\n" in text)


def _read(
    at: At,
    sources: Sources,
    text: str,
    where: Location,
    target: Mapping[str, Node] | None,
    *,
    inline: bool,
) -> Iterator[Patch]:
    if not inline:
        path = join(parent(at.path), text)
        for document in reversed(sources.documents(path) if path else ()):
            yield Patch(path or "", document, target, 0, flat=False)
        return
    begins, block = sources.text_begins(where.path, where.line)
    for document in reversed(read("", text.encode("utf-8", "replace"))[0]):
        offset = begins - 1 if block else where.line
        yield Patch(where.path, document, target, offset, flat=not block)


# A value with its lines.
_Found: TypeAlias = "tuple[Node, Lines]"


def _walked(document: Document, body: Mapping[str, Node], pointer: Pointer) -> _Found | None:
    """What a merge patch has for `pointer` into `body`: entries of lists are found by their names,
    not by where they are."""
    value: Node = document.value
    lines: Lines = document.lines
    beside: Node = cast("Node", body)
    for step in pointer:
        key: str | int | None = step
        if isinstance(step, int):
            entry = beside[step] if isinstance(beside, list) and step < len(beside) else None
            key = _index(value, entry, step)
            beside = entry
        else:
            beside = beside.get(step) if isinstance(beside, dict) else None
        if key is None:
            return None
        found = _reached(value, lines, (key,))
        if found is None:
            return None
        value, lines = found
    return value, lines


def _index(value: Node, entry: Node, step: int) -> int | None:
    """Where a patch's list has the entry that is `entry` in the object."""
    if not isinstance(value, list):
        return None
    wanted = identity(entry)
    if wanted is None:
        known = len(value) <= _LONGEST_LIST and entry in value
        return value.index(entry) if known else step
    key, name = wanted
    for index, one in enumerate(value):
        if isinstance(one, dict) and one.get(key) == name:
            return index
    return None


def _reached(value: Node, lines: Lines, pointer: Pointer) -> _Found | None:
    for step in pointer:
        if isinstance(value, dict) and isinstance(step, str) and step in value:
            value = value[step]
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
        lines = _child(lines, step)
    return value, lines


def _child(lines: Lines, step: str | int) -> Lines:
    if not isinstance(lines, tuple):
        return lines
    here, children = lines
    if isinstance(children, dict) and isinstance(step, str):
        return children.get(step, here)
    if isinstance(children, list) and isinstance(step, int) and step < len(children):
        return children[step]
    return here


def _steps(path: Node, pointer: Pointer) -> int | None:
    """How many steps of `pointer` the path of an operation is; None where it leads elsewhere."""
    if not isinstance(path, str):
        return None
    steps: Sequence[str] = path.split("/")[1:]
    if len(steps) > len(pointer):
        return None
    for step, wanted in zip(steps, pointer, strict=False):
        plain = step.replace("~1", "/").replace("~0", "~")
        if plain != str(wanted) and not (plain == "-" and isinstance(wanted, int)):
            return None
    return len(steps)


def _fits(pattern: Node, names: set[str] | frozenset[str]) -> bool:
    """Whether a selector's field means one of these names; an absent one means all."""
    if not isinstance(pattern, str) or not pattern:
        return True
    if pattern in names:
        return True
    if len(pattern) > _LONGEST_NAME or not _SIMPLE.fullmatch(pattern):
        # Anything more could take for ever; the values still have to agree.
        return True
    return any(re.fullmatch(pattern, name) for name in names)


# A pattern without anything that makes a matcher go back over the same text again and again.
_SIMPLE = re.compile(r"\^?[\w-]*(\.[*+]?)?[\w-]*(\.[*+]?)?[\w-]*\$?")
