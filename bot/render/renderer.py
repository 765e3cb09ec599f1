"""Roots into objects: each content once, what is known from the cache, the rest side by side."""

from __future__ import annotations

import hashlib
import importlib
import json
import tempfile
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Protocol, cast

from bot.render.cache import Cache
from bot.render.collector import without_collector
from bot.render.failures import failure
from bot.render.materialise import FileSource, materialise
from bot.render.remote.store import Store
from bot.render.remote.vendor import vendor
from bot.render.rendered import Rendered
from bot.render.rendered_json import dumped, loaded
from bot.render.roots.model import Rendering, Root, RootKind
from checks.model import Location, RenderFailure

# A change of what is stored, or of how it is made, makes all that was stored before useless.
_FORMAT = "1"
_MODULES: Mapping[RootKind, str] = {
    RootKind.KUSTOMIZE: "bot.render.kustomize",
    RootKind.HELM: "bot.render.helm",
    RootKind.TERRAFORM: "bot.render.terraform",
}
# What is due to the moment, and may be otherwise the next time.
_PASSING = frozenset({"render-timeout", "render-memory", "render-tool", "render-crashed"})


class _Module(Protocol):
    """What renders one kind."""

    def render(self, root: Root, folder: Path, rendering: Rendering) -> Rendered:
        """The output of a root whose files are in `folder`."""

    def version(self) -> str:
        """Of the tool, "" where there is none."""


@dataclass(frozen=True, slots=True)
class _Task:
    """One thing to render: `key` is of all that its output depends on."""

    root: Root
    files: FileSource
    key: str


class Renderer:
    """Renders roots of any commits. Safe to use from several threads; `cache` None keeps nothing.

    `workers` is how many tools run at a time; without a `store` nothing is fetched.
    """

    def __init__(
        self,
        cache: Cache | None,
        rendering: Rendering,
        workers: int = 2,
        store: Store | None = None,
    ) -> None:
        self._cache = cache
        self._store = store
        self._rendering = rendering
        self._workers = workers
        self._versions: dict[RootKind, str] = {}
        self._lock = threading.Lock()

    def render(self, wanted: Sequence[tuple[Root, FileSource]]) -> list[Rendered]:
        """The output of each root, in order, with the root's notes. Whatever goes wrong with a root
        is a failure of it; raises only what reading the repository raises."""
        tasks = [self._task(root, files) for root, files in wanted]
        once = {task.key: task for task in tasks if task is not None}
        if len(once) > 1:
            with ThreadPoolExecutor(self._workers, "render") as pool:
                done = dict(zip(once, pool.map(self._rendered, once.values()), strict=True))
        else:
            done = {key: self._rendered(task) for key, task in once.items()}
        return [
            self._whole(root, None if task is None else done[task.key])
            for (root, _), task in zip(wanted, tasks, strict=True)
        ]

    def _whole(self, root: Root, rendered: Rendered | None) -> Rendered:
        if rendered is None:
            why = root.failure or _failed(root, "render-off", "its kind of rendering is off")
            return Rendered(failures=(why, *root.notes))
        if root.notes:
            return replace(rendered, failures=(*rendered.failures, *root.notes))
        return rendered

    def _task(self, root: Root, files: FileSource) -> _Task | None:
        """None where there is nothing to try."""
        if root.failure is not None or root.kind not in self._rendering.enabled:
            return None
        return _Task(root, files, self._key(root, files))

    def _key(self, root: Root, files: FileSource) -> str:
        entries = files.entries
        made_of = {
            "format": _FORMAT,
            "version": self._version(root.kind),
            # The place of what points at it is in messages.
            "root": {**asdict(root), "kind": root.kind.value, "notes": ()},
            "settings": (
                self._rendering.hosts,
                self._rendering.kube_version,
                self._rendering.api_versions,
            ),
            "files": [
                (path, entries[path].mode, entries[path].blob)
                for path in sorted(root.reads)
                if path in entries
            ],
        }
        text = json.dumps(made_of, sort_keys=True, default=sorted)
        return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()

    def _version(self, kind: RootKind) -> str:
        with self._lock:
            if kind not in self._versions:
                self._versions[kind] = f"{_module(kind).version()} {_code(kind)}"
            return self._versions[kind]

    def _rendered(self, task: _Task) -> Rendered:
        with without_collector():
            try:
                if task.root.remote and self._store is not None:
                    return self._fetched(task, self._store)
                return self._known(task.key) or self._fresh(task)
            except Exception as error:  # noqa: BLE001 - one root's trouble must not be the others'
                said = f"rendering it failed in a way that nobody foresaw: {type(error).__name__}"
                return Rendered(failures=(_failed(task.root, "render-crashed", said),))

    def _known(self, key: str) -> Rendered | None:
        known = self._cache.get(key) if self._cache else None
        if known is None:
            return None
        try:
            return loaded(known)
        except (ValueError, KeyError, TypeError, IndexError, RecursionError):
            # Of another release, or not ours: as if it were not there.
            return None

    def _fresh(self, task: _Task) -> Rendered:
        with _folder() as at:
            folder = Path(at).resolve()
            refused = materialise(task.files, task.root.reads, folder)
            return self._made(task.root, folder, task.key, refused)

    def _fetched(self, task: _Task, store: Store) -> Rendered:
        """With what the root needs of other places, as it is there now."""
        with _folder() as at:
            folder = Path(at).resolve()
            refused = materialise(task.files, task.root.reads, folder)
            local = vendor(task.root, folder, store)
            if local.failure is not None:
                return Rendered(failures=(*refused, local.failure, *local.notes))
            key = hashlib.sha256("\n".join((task.key, *local.pins)).encode()).hexdigest()
            rendered = self._known(key) or self._made(local.root, folder, key, refused)
            return replace(rendered, failures=(*rendered.failures, *local.notes))

    def _made(
        self, root: Root, folder: Path, key: str, refused: tuple[RenderFailure, ...]
    ) -> Rendered:
        """Rendered by the tool, and kept under `key` where it would be the same again."""
        rendered = _module(root.kind).render(root, folder, self._rendering)
        rendered = replace(rendered, failures=(*refused, *rendered.failures))
        if self._cache and not {one.code for one in rendered.failures} & _PASSING:
            self._keep(self._cache, key, rendered)
        return rendered

    def _keep(self, cache: Cache, key: str, rendered: Rendered) -> None:
        try:
            data = dumped(rendered)
        except (ValueError, RecursionError):
            # JSON cannot say it (a NaN): it is made anew each time.
            return
        cache.put(key, data)


def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="plumbline-", ignore_cleanup_errors=True)


def _code(kind: RootKind) -> str:
    """What our own part of a renderer is, so that what an older one made is not taken for its."""
    file = importlib.import_module(_MODULES[kind]).__file__ or ""
    digest = hashlib.sha256()
    for path in sorted(Path(file).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _module(kind: RootKind) -> _Module:
    return cast("_Module", importlib.import_module(_MODULES[kind]))


def _failed(root: Root, code: str, error: str) -> RenderFailure:
    at = root.by or Location(path=root.path)
    return failure(code, at.path, at.line, error)
