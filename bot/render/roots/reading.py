"""YAML files of a commit as values with lines, parsed once for a content."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from bot.render.build import Document
from bot.render.roots.files import Files
from bot.render.yaml_reader import read
from checks.model import Lines, Location, Node, RenderFailure, line_of


@dataclass(frozen=True, slots=True)
class Parsed:
    """One file: its documents, and what of it cannot be read."""

    documents: tuple[Document, ...]
    failures: tuple[RenderFailure, ...]


def documents(files: Files, paths: Collection[str]) -> Mapping[str, Parsed]:
    """What each file holds; those that cannot be read at all (absent, too large) are left out."""

    def make(data: bytes) -> Parsed:
        found, failures = read("", data, files.limits)
        return Parsed(tuple(found), tuple(failures))

    parsed = files.made("yaml", paths, make)
    return {path: _at(path, one) if one.failures else one for path, one in parsed.items()}


def _at(path: str, one: Parsed) -> Parsed:
    failures = (
        replace(f, location=Location(path=path, line=f.location.line)) for f in one.failures
    )
    return Parsed(one.documents, tuple(failures))


@dataclass(frozen=True, slots=True)
class At:
    """A mapping of a file, and where each of its fields stands."""

    path: str
    body: Mapping[str, Node]
    lines: Lines

    def place(self, *pointer: str | int) -> Location:
        """Where a field stands, or its nearest parent that does."""
        return Location(path=self.path, line=line_of(self.lines, pointer))

    def get(self, *pointer: str | int) -> Node:
        """The value at a path into the mapping, None where there is none."""
        value: Any = self.body
        for step in pointer:
            if isinstance(value, dict) and isinstance(step, str):
                value = value.get(step)
            elif isinstance(value, list) and isinstance(step, int) and step < len(value):
                value = value[step]
            else:
                return None
        return cast("Node", value)

    def text(self, *pointer: str | int) -> str:
        """A string, "" where there is none."""
        value = self.get(*pointer)
        return value if isinstance(value, str) else ""

    def mapping(self, *pointer: str | int) -> Mapping[str, Node]:
        """A mapping, an empty one where there is none."""
        value = self.get(*pointer)
        return value if isinstance(value, dict) else {}

    def items(self, *pointer: str | int) -> list[Node]:
        """A list, an empty one where there is none."""
        value = self.get(*pointer)
        return value if isinstance(value, list) else []

    def strings(self, *pointer: str | int) -> Iterator[tuple[str, Location]]:
        """The strings of a list, each with its place."""
        for index, value in enumerate(self.items(*pointer)):
            if isinstance(value, str):
                yield value, self.place(*pointer, index)

    def inside(self, *pointer: str | int) -> At:
        """A mapping inside this one, an empty one where there is none."""
        lines = self.lines
        for step in pointer:
            children = lines[1] if isinstance(lines, tuple) else None
            if isinstance(children, dict) and isinstance(step, str) and step in children:
                lines = children[step]
            elif isinstance(children, list) and isinstance(step, int) and step < len(children):
                lines = children[step]
            else:
                # Where it does not stand, its parent's line is said.
                lines = line_of(lines, ())
        return At(self.path, self.mapping(*pointer), lines)
