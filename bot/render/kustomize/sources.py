"""The files that a root is made of, as they were committed, parsed when they are asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from bot.render.build import Document
from bot.render.limits import Limits
from bot.render.objects import Object, objects
from bot.render.roots.kustomization import NAMES
from bot.render.roots.reading import At
from bot.render.yaml_reader import read

# The head of a block scalar: its text begins on the next line.
_BLOCK = re.compile(rb"[|>][-+0-9]*[ \t]*(#.*)?$")

# The objects of a file by (group, kind) and then by name.
Declared: TypeAlias = dict[tuple[str, str], dict[str, list[Object]]]


class Sources:
    """The files below `folder` by their paths in the repository. `committed` are the contents of
    those that stand there otherwise."""

    def __init__(self, folder: Path, limits: Limits, committed: Mapping[str, bytes]) -> None:
        self._folder = folder
        self._limits = limits
        self._contents = dict(committed)
        self._documents: dict[str, list[Document]] = {}
        self._objects: dict[str, Declared] = {}
        self._rows: dict[str, list[bytes]] = {}

    def content(self, path: str) -> bytes:
        """The bytes of a file, none where there is no such."""
        if path not in self._contents:
            try:
                self._contents[path] = (self._folder / path).read_bytes()
            except (OSError, ValueError):
                self._contents[path] = b""
        return self._contents[path]

    def documents(self, path: str) -> list[Document]:
        """What can be read of a YAML file."""
        if path not in self._documents:
            self._documents[path] = read(path, self.content(path), self._limits)[0]
        return self._documents[path]

    def objects(self, path: str) -> Declared:
        """The Kubernetes objects in a file."""
        if path not in self._objects:
            found: Declared = {}
            for one in objects(path, self.documents(path))[0]:
                named = found.setdefault((one.group, one.kind), {})
                named.setdefault(one.name, []).append(one)
            self._objects[path] = found
        return self._objects[path]

    def mapping(self, path: str) -> At | None:
        """The mapping that a file consists of, None where it does not."""
        for document in self.documents(path)[:1]:
            if isinstance(document.value, dict):
                return At(path, document.value, document.lines)
        return None

    def kustomization(self, directory: str) -> At | None:
        """The kustomization in a directory, None where there is none."""
        for name in NAMES:
            path = f"{directory}/{name}" if directory else name
            found = self.mapping(path) if self.content(path) else None
            if found is not None:
                return found
        return None

    def text_begins(self, path: str, line: int) -> tuple[int, bool]:
        """The line on which the text of a scalar begins whose node is on `line`, and whether its
        lines are those of the file (they are in a block)."""
        if path not in self._rows:
            self._rows[path] = self.content(path).split(b"\n")
        rows = self._rows[path]
        if 0 < line <= len(rows) and _BLOCK.search(rows[line - 1].rstrip(b"\r")):
            return line + 1, True
        return line, False
