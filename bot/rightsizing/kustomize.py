"""What a repository's kustomizations do to its manifests, as far as an edit has to know.

Nothing is built: this only tells which overlays a file ends up in, and whether something on the way
changes a workload after the file has said its word.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bot.render.yaml_reader import read
from checks.model import Node

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_LISTS = ("resources", "bases", "components")


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch:
    """A patch of a kustomization. `kind` and `name` are expressions that must match whole; None
    where it does not say, and so may mean every object. `path` is the patch's own file."""

    kind: str | None
    name: str | None
    path: str = ""

    def hits(self, kind: str, name: str) -> bool:
        """Whether it may change the object."""
        return _matches(self.kind, kind) and _matches(self.name, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kustomization:
    """One kustomization: where it is, what it takes in (paths of files and directories), and how it
    changes that. `namespace` is what it puts everything into, "" for nothing."""

    path: str
    takes: frozenset[str]
    touches: tuple[Touch, ...]
    namespace: str = ""

    @property
    def directory(self) -> str:
        """How another one takes it in."""
        return posixpath.dirname(self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kustomize:
    """All kustomizations of a commit."""

    all: tuple[Kustomization, ...] = ()
    patch_files: frozenset[str] = field(default=frozenset())

    def around(self, path: str) -> list[Kustomization]:
        """Every kustomization that the file goes through, the nearest first."""
        found: list[Kustomization] = []
        wanted = [path]
        while wanted:
            name = wanted.pop(0)
            for one in self.all:
                if name in one.takes and one not in found:
                    found.append(one)
                    wanted.append(one.directory)
        return found

    def tops(self, path: str) -> list[Kustomization]:
        """Those of `around` that no other one takes in: what is deployed."""
        around = self.around(path)
        return [one for one in around if not any(one.directory in o.takes for o in around)]


def kustomizations(files: Mapping[str, bytes]) -> Kustomize:
    """The kustomizations among files by path. One that cannot be read is taken to touch all that
    is in its directory."""
    found = tuple(
        _kustomization(path, files) for path in sorted(files) if posixpath.basename(path) in NAMES
    )
    patch_files = frozenset(touch.path for one in found for touch in one.touches if touch.path)
    return Kustomize(all=found, patch_files=patch_files)


def _kustomization(path: str, files: Mapping[str, bytes]) -> Kustomization:
    here = posixpath.dirname(path)
    documents, failures = read(path, files[path])
    body = documents[0].value if documents else None
    if failures or not isinstance(body, dict):
        beside = frozenset(p for p in files if posixpath.dirname(p) == here)
        return Kustomization(path=path, takes=beside, touches=(Touch(kind=None, name=None),))
    takes = {
        _join(here, entry)
        for name in _LISTS
        for entry in _items(body.get(name))
        if isinstance(entry, str) and "://" not in entry
    }
    namespace = body.get("namespace")
    return Kustomization(
        path=path,
        takes=frozenset(takes),
        touches=tuple(_touches(body, here, files)),
        namespace=namespace if isinstance(namespace, str) else "",
    )


def _touches(body: Mapping[str, Node], here: str, files: Mapping[str, bytes]) -> Iterator[Touch]:
    for entry in _items(body.get("patchesStrategicMerge")):
        yield from _strategic(entry, here, files)
    for name in ("patches", "patchesJson6902"):
        for entry in _items(body.get(name)):
            yield from _targeted(entry, here, files)
    # What they do is in files of many forms; that they are there is reason enough.
    if _items(body.get("transformers")):
        yield Touch(kind=None, name=None)
    if "resources" in json.dumps(body.get("replacements")):
        yield Touch(kind=None, name=None)


def _targeted(entry: Node, here: str, files: Mapping[str, bytes]) -> Iterator[Touch]:
    if not isinstance(entry, dict):
        yield Touch(kind=None, name=None)
        return
    target, path = entry.get("target"), entry.get("path")
    if isinstance(target, dict):
        own = _join(here, path) if isinstance(path, str) else ""
        kind, name = target.get("kind"), target.get("name")
        yield Touch(
            kind=kind if isinstance(kind, str) else None,
            name=name if isinstance(name, str) else None,
            path=own,
        )
    else:
        yield from _strategic(path or entry.get("patch"), here, files)


def _strategic(entry: Node, here: str, files: Mapping[str, bytes]) -> Iterator[Touch]:
    """A patch that is an object itself: a file's path, or its text."""
    path = _join(here, entry) if isinstance(entry, str) and "\n" not in entry else ""
    raw = files.get(path) if path else str(entry).encode()
    documents, failures = read(path or "patch", raw) if raw is not None else ([], [])
    if failures or not documents:
        yield Touch(kind=None, name=None, path=path)
    for document in documents:
        body = document.value
        metadata = body.get("metadata") if isinstance(body, dict) else None
        kind = body.get("kind") if isinstance(body, dict) else None
        name = metadata.get("name") if isinstance(metadata, dict) else None
        yield Touch(
            kind=re.escape(kind) if isinstance(kind, str) else None,
            name=re.escape(name) if isinstance(name, str) else None,
            path=path,
        )


def _matches(expression: str | None, text: str) -> bool:
    if not expression:
        return True
    try:
        return re.fullmatch(expression, text) is not None
    except re.error:
        return True


def _items(value: Node) -> list[Node]:
    return value if isinstance(value, list) else []


def _join(here: str, entry: str) -> str:
    joined = posixpath.normpath(posixpath.join(here, entry))
    return "" if joined == "." else joined
