"""The plain renderer: every changed YAML file of both sides, and its neighbours for context."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from bot.model import Change, TooLarge
from bot.render import paths
from bot.render.collector import without_collector
from bot.render.failures import failure
from bot.render.identity import Key, identify
from bot.render.limits import DEFAULT, Limits
from bot.render.objects import Object, objects
from bot.render.select import Selection, Source, Trees, select, side
from bot.render.yaml_reader import read
from checks.model import Location, RenderFailure, Resource, Snapshot, Tier

__all__ = ["Limits", "snapshots"]

_LFS = b"version https://git-lfs.github.com/spec/"
# JSON writes what is beyond U+FFFF as two escapes, of which YAML takes neither.
_SURROGATES = re.compile(rb"(?<!\\)((?:\\\\)*)\\u([dD][89abAB]..)\\u([dD][c-fC-F]..)", re.DOTALL)


def snapshots(
    repo: Trees, change: Change, tier_of: Callable[[str], Tier], limits: Limits = DEFAULT
) -> tuple[Snapshot, Snapshot]:
    """What the repository declares at the merge base and at the head, as far as files changed.

    What cannot be read is in `unreadable` of its side, and the rest is read nevertheless. Raises
    what `repo` raises.
    """
    reached = [file.path for file in change.files]
    before = select(repo, change.merge_base, side(change.files, old=True), reached, limits)
    after = select(repo, change.head_sha, side(change.files, old=False), reached, limits)
    contents = _Contents(repo, before, after, limits)
    with without_collector():
        base, head = _Side.of(before, contents), _Side.of(after, contents)
        tier = lru_cache(maxsize=None)(tier_of)
        base_ids, head_ids = identify(base.keys(), head.keys())
        return (
            base.snapshot(change.merge_base, base_ids, tier),
            head.snapshot(change.head_sha, head_ids, tier),
        )


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


@dataclass(frozen=True, slots=True)
class _Side:
    """One side's objects with their files, in the order of paths, and what could not be read."""

    found: Sequence[tuple[Source, Object]]
    unreadable: Sequence[RenderFailure]

    @classmethod
    def of(cls, selection: Selection, contents: _Contents) -> _Side:
        found: list[tuple[Source, Object]] = []
        unreadable = list(selection.unreadable)
        for source in selection.sources:
            here, failures = contents.of(source)
            found += ((source, item) for item in here)
            # A neighbour that cannot be read is none of this change's business.
            if source.changed:
                unreadable += failures
        unreadable.sort(key=lambda f: (f.location.path, f.location.line, f.code))
        return cls(found, unreadable)

    def keys(self) -> list[Key]:
        return [
            Key(source.path, item.group, item.kind, item.namespace, item.name)
            for source, item in self.found
        ]

    def snapshot(self, sha: str, ids: Sequence[str], tier: Callable[[str], Tier]) -> Snapshot:
        resources = {
            key: _resource(key, source, item, tier(source.path))
            for key, (source, item) in zip(ids, self.found, strict=True)
        }
        return Snapshot(sha=sha, resources=resources, unreadable=tuple(self.unreadable))


def _resource(key: str, source: Source, item: Object, tier: Tier) -> Resource:
    return Resource(
        id=key,
        api_version=item.api_version,
        kind=item.kind,
        namespace=item.namespace,
        name=item.name,
        body=item.body,
        source=Location(path=source.path, line=item.line),
        lines=item.lines,
        tier=tier,
        changed=source.changed,
    )
