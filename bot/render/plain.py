"""The plain renderer: every changed YAML file of both sides, and its neighbours for context."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from bot.model import Change, TooLarge, TreeEntry
from bot.render import paths
from bot.render.collector import without_collector
from bot.render.failures import failure
from bot.render.limits import DEFAULT, Limits
from bot.render.objects import Object, objects
from bot.render.select import Selection, Source, Trees, select, select_all, side
from bot.render.yaml_reader import read
from checks.model import Location, RenderFailure, Resource

_LFS = b"version https://git-lfs.github.com/spec/"
# JSON writes what is beyond U+FFFF as two escapes, of which YAML takes neither.
_SURROGATES = re.compile(rb"(?<!\\)((?:\\\\)*)\\u([dD][89abAB]..)\\u([dD][c-fC-F]..)", re.DOTALL)


def sides(
    repo: Trees,
    change: Change,
    taken: tuple[Collection[str], Collection[str]] = ((), ()),
    limits: Limits = DEFAULT,
) -> tuple[Plain, Plain]:
    """What the manifests declare at the merge base and at the head, as far as files changed.

    `taken` are the paths of either side that something else reads. What cannot be read is in
    `unreadable` of its side, and the rest is read nevertheless. Raises what `repo` raises.
    """
    reached = [file.path for file in change.files]
    old, new = (side(change.files, old=old) for old in (True, False))
    before = select(repo, change.merge_base, old, reached, limits, taken[0])
    after = select(repo, change.head_sha, new, reached, limits, taken[1])
    contents = _Contents(repo, before, after, limits)
    with without_collector():
        return _plain(before, contents), _plain(after, contents)


def everything(
    repo: Trees, entries: Iterable[TreeEntry], taken: Collection[str], limits: Limits
) -> Plain:
    """What all manifests of a commit declare, but those that are `taken`. Raises what `repo`
    raises."""
    wanted = [entry for entry in entries if entry.path not in taken]
    selection = select_all(wanted)
    contents = _Contents(repo, selection, Selection(sources=(), unreadable=()), limits)
    with without_collector():
        return _plain(selection, contents)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """One side's objects, still without an id, in the order of paths; and what cannot be read."""

    resources: Sequence[Resource]
    unreadable: Sequence[RenderFailure]


class _Contents:
    """The objects in blobs, each parsed once however often it is used."""

    def __init__(self, repo: Trees, before: Selection, after: Selection, limits: Limits) -> None:
        sources = [*before.sources, *after.sources]
        # What changed comes first, so that context never uses up the room for it.
        ordered = sorted(sources, key=lambda source: not source.changed)
        ids = list(dict.fromkeys(source.blob for source in ordered))
        self._raw = repo.blobs(ids, limits.max_file_bytes, limits.max_total_bytes) if ids else {}
        self._limits = limits
        self._parsed: dict[tuple[str, bool], tuple[list[Object], list[RenderFailure]]] = {}

    def of(self, source: Source) -> tuple[list[Object], list[RenderFailure]]:
        """What the file declares, and what of it cannot be read."""
        key = (source.blob, paths.is_json(source.path))
        if key not in self._parsed:
            self._parsed[key] = self._parse(source)
        found, failures = self._parsed[key]
        here = [
            replace(f, location=Location(path=source.path, line=f.location.line)) for f in failures
        ]
        return found, here

    def _parse(self, source: Source) -> tuple[list[Object], list[RenderFailure]]:
        raw = self._raw.get(source.blob)
        if raw is None:
            error = "the file's content is missing in the repository's object store"
            return [], [failure("missing-content", source.path, 0, error)]
        if isinstance(raw, TooLarge):
            return [], [self._too_large(source.path, raw.size)]
        if raw.startswith(_LFS):
            error = "not rendered: the content is in Git LFS, here is only its pointer"
            return [], [failure("git-lfs", source.path, 1, error)]
        if paths.is_json(source.path):
            if b'"apiVersion"' not in raw or b'"kind"' not in raw:
                return [], []
            raw = _SURROGATES.sub(_character, raw)
        documents, failures = read(source.path, raw, self._limits)
        found, misshapen = objects(source.path, documents)
        return found, failures + misshapen

    def _too_large(self, path: str, size: int) -> RenderFailure:
        if size > self._limits.max_file_bytes:
            most = self._limits.max_file_bytes
            error = f"the file has {size:,} bytes, more than the {most:,} that are read"
            return failure("too-large", path, 0, error)
        most = self._limits.max_total_bytes
        error = f"the change's manifests together have more than the {most:,} bytes that are read"
        return failure("too-large", path, 0, error, "Split the change into smaller ones.")


def _character(found: re.Match[bytes]) -> bytes:
    """Two escaped surrogates as the one character they stand for; as they were if they are none."""
    slashes, high, low = found.groups()
    try:
        units = int(high, 16).to_bytes(2, "big") + int(low, 16).to_bytes(2, "big")
        return slashes + units.decode("utf-16-be").encode()
    except ValueError:
        return found.group()


def _plain(selection: Selection, contents: _Contents) -> Plain:
    found: list[Resource] = []
    unreadable = list(selection.unreadable)
    for source in selection.sources:
        here, failures = contents.of(source)
        found += (_resource(source, item) for item in here)
        # A neighbour that cannot be read is none of this change's business.
        if source.changed:
            unreadable += failures
    return Plain(resources=found, unreadable=unreadable)


def _resource(source: Source, item: Object) -> Resource:
    return Resource(
        id="",
        api_version=item.api_version,
        kind=item.kind,
        namespace=item.namespace,
        name=item.name,
        body=item.body,
        source=Location(path=source.path, line=item.line),
        lines=item.lines,
        changed=source.changed,
    )
