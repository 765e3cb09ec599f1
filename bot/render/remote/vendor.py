"""A root's files on disk with everything it needs of other places put beside them, so that whoever
renders it asks nobody."""

from __future__ import annotations

import json
import posixpath
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from bot.render.remote.address import Repository, understood
from bot.render.remote.places import CHARTS, FETCHED
from bot.render.remote.store import Fetched, Store
from bot.render.remote.trouble import NotFetched, shown
from bot.render.roots.kustomization import NAMES
from bot.render.roots.model import Root, RootKind
from bot.render.roots.paths import is_remote
from bot.render.yaml_reader import read
from checks.model import Lines, Location, RenderFailure, line_of

_BUILT = ("resources", "bases", "components")
# A stranger's base may refer to another stranger's, and so on.
_MOST_FETCHED = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendored:
    """`root` as it can be rendered now, or why it cannot be. `pins` say exactly what was fetched,
    for the key of a cache; `notes` what of it may be another thing tomorrow."""

    root: Root
    pins: tuple[str, ...] = ()
    notes: tuple[RenderFailure, ...] = ()
    failure: RenderFailure | None = None


def vendor(root: Root, folder: Path, store: Store) -> Vendored:
    """Fetch what `root.remote` is about into `folder`, which holds the files of `root.reads`.

    Files there may be changed, line by line. Nothing is raised for what cannot be fetched.
    """
    vendoring = _Vendoring(root, folder, store)
    try:
        if root.kind is RootKind.KUSTOMIZE:
            vendoring.follow(root.path)
        elif root.kind is RootKind.HELM and root.helm is not None and root.helm.chart:
            return vendoring.chart(root.helm.chart, root.helm.version)
        elif root.kind is RootKind.HELM:
            vendoring.dependencies()
    except NotFetched as no:
        return Vendored(root=root, failure=no.at(vendoring.at))
    return vendoring.done(replace(root, remote=()))


class _Vendoring:
    def __init__(self, root: Root, folder: Path, store: Store) -> None:
        self._root = root
        self._folder = folder
        self._store = store
        self._seen: set[str] = set()
        self._fetched: dict[str, Fetched] = {}
        self._notes: list[RenderFailure] = []
        # Of the repository, what is being looked at.
        self.at = root.by or Location(path=root.path)

    def done(self, root: Root) -> Vendored:
        """The result, when all is fetched."""
        pins = tuple(sorted(f"{what} {one.pin}" for what, one in self._fetched.items()))
        notes = sorted(self._notes, key=lambda note: (note.location.path, note.location.line))
        return Vendored(root=root, pins=pins, notes=tuple(notes))

    def follow(self, directory: str) -> None:
        """Go through a kustomization and what it is built on; remote references become local."""
        if directory in self._seen:
            return
        self._seen.add(directory)
        for name in NAMES:
            path = posixpath.join(directory, name)
            if (self._folder / path).is_file():
                for below in self._localised(path, directory):
                    self.follow(below)
                return

    def _localised(self, path: str, directory: str) -> list[str]:
        """Have all references of a kustomization local; the directories among them."""
        file = self._folder / path
        data = file.read_bytes()
        rows = data.decode("utf-8", "surrogateescape").split("\n")
        found = []
        for entry, line in list(_references(path, data)):
            target = posixpath.normpath(posixpath.join(directory, entry))
            if is_remote(entry) and not (self._folder / target).exists():
                if not path.startswith(f"{FETCHED}/"):
                    self.at = Location(path=path, line=line)
                target = self._placed(entry)
                local = posixpath.relpath(target, directory or ".")
                if not 0 < line <= len(rows) or entry not in rows[line - 1]:
                    said = f"{shown(entry)} is not written in one line, so it is not followed"
                    raise NotFetched("remote-unsupported", said)
                rows[line - 1] = rows[line - 1].replace(entry, local, 1)
            found.append(target)
        file.write_text("\n".join(rows), "utf-8", "surrogateescape")
        return found

    def _placed(self, entry: str) -> str:
        """The path below `folder` at which what `entry` refers to is now."""
        meant = understood(entry)
        home = meant.url if isinstance(meant, Repository) else meant
        fetched = self._once(entry)
        name = f"{PurePosixPath(home).name.removesuffix('.git')}-{fetched.pin[:12]}"
        at = f"{FETCHED}/{name}"
        target = self._folder / at
        if isinstance(meant, str):
            # kustomize takes no file from outside of the root, but it does take a kustomization.
            file = PurePosixPath(home).name
            _copy_file(fetched.path, target / file)
            made = {"resources": [file]}
            (target / "kustomization.yaml").write_text(json.dumps(made), "utf-8")
            return at
        if not target.exists():
            shutil.copytree(fetched.path, target)
        inside = f"{at}/{meant.path}" if meant.path else at
        if not (self._folder / inside).exists():
            said = f"{shown(meant.url)} has no {shown(meant.path)} at {fetched.pin[:12]}"
            raise NotFetched("remote-failed", said)
        return inside

    def _once(self, entry: str) -> Fetched:
        if entry not in self._fetched:
            if len(self._fetched) >= _MOST_FETCHED:
                said = f"more than {_MOST_FETCHED} things would have to be fetched"
                raise NotFetched("remote-too-large", said)
            fetched = self._fetched[entry] = self._store.reference(entry)
            if fetched.moves:
                said = f"{shown(entry)} may be another thing tomorrow; this is about "
                self._notes.append(
                    NotFetched("remote-unpinned", f"{said}{fetched.pin[:12]}").at(self.at)
                )
        return self._fetched[entry]

    def chart(self, name: str, version: str) -> Vendored:
        """Have the chart that the root installs."""
        repository = self._root.remote[0] if self._root.remote else ""
        fetched = self._chart(repository, name, version)
        return self.done(replace(self._root, path=fetched, remote=()))

    def dependencies(self) -> None:
        """Have the charts that the root's chart depends on and that are not in its charts/."""
        known: dict[str, dict[str, dict[str, str]]] = {}
        for path in sorted(self._root.reads):
            directory, _, name = path.rpartition("/")
            if name == "Chart.yaml":
                self.at = Location(path=path)
                known[directory or "."] = dict(self._depended_on(path, directory))
        (self._folder / FETCHED).mkdir(exist_ok=True)
        (self._folder / CHARTS).write_text(json.dumps(known))

    def _depended_on(self, path: str, directory: str) -> Iterator[tuple[str, dict[str, str]]]:
        """(name, where it is now or why it is not here) of each. Whether it is needed at all is
        decided by values, so that one is not here is not yet a failure."""
        locked = {
            entry.get("name"): entry.get("version")
            for entry in _dependencies(self._folder / directory / "Chart.lock")
        }
        for entry in _dependencies(self._folder / path):
            name, repository = entry.get("name"), str(entry.get("repository") or "")
            if not isinstance(name, str) or not repository or repository.startswith("file:"):
                continue
            version = str(locked.get(name) or entry.get("version") or "")
            try:
                yield name, {"folder": self._chart(repository, name, version)}
            except NotFetched as no:
                yield name, {"error": no.error}

    def _chart(self, repository: str, name: str, version: str) -> str:
        fetched = self._store.chart(repository, name, version)
        self._fetched[f"{repository} {name}"] = fetched
        target = f"{FETCHED}/{name}-{version.replace(':', '-')}/{fetched.path.name}"
        if not (self._folder / target).exists():
            shutil.copytree(fetched.path, self._folder / target)
        return target


def _references(path: str, data: bytes) -> Iterator[tuple[str, int]]:
    """(entry, line) of what a kustomization is built on."""
    documents, _ = read(path, data)
    body = documents[0].value if documents else None
    lines: Lines = documents[0].lines if documents else 0
    for field in _BUILT if isinstance(body, dict) else ():
        entries: Any = body.get(field) if isinstance(body, dict) else None
        for index, entry in enumerate(entries if isinstance(entries, list) else ()):
            if isinstance(entry, str):
                yield entry, line_of(lines, (field, index))


def _dependencies(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        return []
    documents, _ = read(path.name, path.read_bytes())
    body = documents[0].value if documents else None
    entries = body.get("dependencies") if isinstance(body, dict) else None
    return [e for e in entries if isinstance(e, dict)] if isinstance(entries, list) else []


def _copy_file(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
