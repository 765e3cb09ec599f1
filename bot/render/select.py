"""Which files of one side of a change are read, and which cannot be, before any is opened."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.model import FileChange, TooLarge, TreeEntry
from bot.render import paths
from bot.render.failures import failure
from bot.render.limits import Limits
from checks.model import RenderFailure

_SYMLINK = "120000"
_SUBMODULE = "160000"
_REGULAR = ("100644", "100755")


class Trees(Protocol):
    """What reading needs of a repository."""

    def tree(
        self, sha: str, directories: Collection[str], recursive: bool = False
    ) -> tuple[TreeEntry, ...]:
        """The entries of these directories."""

    def blobs(
        self, ids: Collection[str], max_bytes: int, max_total_bytes: int
    ) -> dict[str, bytes | TooLarge]:
        """The content of these blobs, in one batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file to read. `changed` is False for one that is read for context only."""

    path: str
    blob: str
    changed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The files of one side, by path, and why others are not among them."""

    sources: tuple[Source, ...]
    unreadable: tuple[RenderFailure, ...]


def select(
    repo: Trees,
    sha: str,
    changes: Sequence[tuple[str, str, str]],
    reached: Collection[str],
    limits: Limits,
    taken: Collection[str] = (),
) -> Selection:
    """What to read at commit `sha`, where (path, mode, blob) of `changes` exist there. `reached`
    are the paths that change on either side: the neighbours of a file that is new here were there
    before, and must not look new too. What is `taken` is read through a root, and not here."""
    manifests = [path for path in reached if paths.is_manifest(path) and path not in taken]
    directories = {paths.directory_and_name(path)[0] for path in manifests}
    roots = {root for path in manifests for root in paths.chart_roots(path)}
    entries = repo.tree(sha, directories | roots) if manifests else ()
    charts = {
        paths.directory_and_name(entry.path)[0]
        for entry in entries
        if paths.directory_and_name(entry.path)[1] == "Chart.yaml"
    }
    sources: list[Source] = []
    unreadable: list[RenderFailure] = []
    for path, mode, blob in changes:
        if path in taken:
            continue
        refused = _refused(path, mode, charts)
        if refused is not None:
            unreadable.append(refused)
        elif paths.is_manifest(path):
            sources.append(Source(path=path, blob=blob, changed=True))
    apart = {path for path, _, _ in changes} | set(taken)
    sources += _context(entries, directories, charts, apart, limits)
    return Selection(
        sources=tuple(sorted(sources, key=lambda source: source.path)),
        unreadable=tuple(unreadable),
    )


def select_all(entries: Sequence[TreeEntry]) -> Selection:
    """All manifests among the entries of a whole tree."""
    charts = {
        paths.directory_and_name(entry.path)[0]
        for entry in entries
        if paths.directory_and_name(entry.path)[1] == "Chart.yaml"
    }
    sources: list[Source] = []
    unreadable: list[RenderFailure] = []
    for entry in entries:
        refused = _refused(entry.path, entry.mode, charts)
        if refused is not None:
            unreadable.append(refused)
        elif paths.is_manifest(entry.path):
            sources.append(Source(path=entry.path, blob=entry.blob, changed=True))
    return Selection(
        sources=tuple(sorted(sources, key=lambda source: source.path)),
        unreadable=tuple(unreadable),
    )


def side(changes: Sequence[FileChange], *, old: bool) -> list[tuple[str, str, str]]:
    """(path, mode, blob) of what exists on the old or the new side."""
    rows = (
        (c.path, c.old_mode, c.old_blob) if old else (c.path, c.new_mode, c.new_blob)
        for c in changes
    )
    return [row for row in rows if row[1]]


def _refused(path: str, mode: str, charts: Collection[str]) -> RenderFailure | None:
    if mode == _SUBMODULE:
        return failure("submodule", path, 0, "not rendered: the submodule's content is elsewhere")
    if not paths.is_manifest(path):
        return None
    if mode == _SYMLINK:
        return failure("symlink", path, 0, "the manifest is a symbolic link, which is not followed")
    if paths.needs_helm(path, charts):
        return failure("helm-template", path, 0, "not rendered: this part of a chart needs Helm")
    return None


def _context(
    entries: Sequence[TreeEntry],
    directories: Collection[str],
    charts: Collection[str],
    apart: Collection[str],
    limits: Limits,
) -> list[Source]:
    """The neighbours of changed manifests but those that are set `apart`, up to the limits, in the
    order of paths."""
    taken: defaultdict[str, int] = defaultdict(int)
    context: list[Source] = []
    for entry in sorted(entries, key=lambda entry: entry.path):
        directory, _ = paths.directory_and_name(entry.path)
        if (
            directory not in directories
            or entry.path in apart
            or entry.mode not in _REGULAR
            or not paths.is_manifest(entry.path)
            or paths.needs_helm(entry.path, charts)
        ):
            continue
        if taken[directory] < limits.max_context_files and len(context) < limits.max_context_total:
            taken[directory] += 1
            context.append(Source(path=entry.path, blob=entry.blob, changed=False))
    return context
