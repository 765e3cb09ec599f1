"""One commit's tree: every path at once, contents when they are asked for, each blob read once."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cached_property
from typing import TypeVar, cast
from weakref import WeakKeyDictionary

from bot.model import TreeEntry
from bot.render.limits import Limits
from bot.render.select import Trees

_REGULAR = ("100644", "100755")
# Paths beyond these no tool could check out in a folder of its own, and every parent of a path is
# kept as a string: hostile ones would fill the memory.
_LONGEST = 1_024
_DEEPEST = 64
_T = TypeVar("_T")


class _Blobs:
    """The contents of one repository's blobs, and what was made of them, whatever the commit."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.contents: dict[str, bytes] = {}
        self.size = 0
        self.made: dict[tuple[str, str], object] = {}

    def keep(self, blob: str, data: bytes, most: int) -> None:
        """Remember a content while there is room for it."""
        if blob not in self.contents and self.size + len(data) <= most:
            self.contents[blob] = data
            self.size += len(data)


# Both sides of a change are of one repository, and share nearly all of their blobs.
_shared: WeakKeyDictionary[Trees, _Blobs] = WeakKeyDictionary()


class Files:
    """The files of one commit. Raises what the repository raises."""

    def __init__(self, repo: Trees, sha: str, limits: Limits, blobs: _Blobs) -> None:
        self._repo = repo
        self._blobs = blobs
        self.sha = sha
        self.limits = limits

    @classmethod
    def of(cls, repo: Trees, sha: str, limits: Limits) -> Files:
        """The files of the commit `sha`; contents are shared with other commits of `repo`."""
        return cls(repo, sha, limits, _shared.setdefault(repo, _Blobs()))

    @cached_property
    def entries(self) -> Mapping[str, TreeEntry]:
        """Every file, link and submodule by its path; without paths of more than 1,024 characters
        or 64 parts."""
        return {
            entry.path: entry
            for entry in self._repo.tree(self.sha, ("",), recursive=True)
            if len(entry.path) <= _LONGEST and entry.path.count("/") < _DEEPEST
        }

    @cached_property
    def below(self) -> Mapping[str, tuple[str, ...]]:
        """The files directly in each directory that there is, by its path ("" is the top), sorted.
        A directory that holds only directories has none."""
        found: dict[str, list[str]] = {"": []}
        for path in self.paths:
            directory = path.rpartition("/")[0]
            if directory in found:
                found[directory].append(path)
                continue
            found[directory] = [path]
            while directory and (directory := directory.rpartition("/")[0]) not in found:
                found[directory] = []
        return {directory: tuple(paths) for directory, paths in found.items()}

    @cached_property
    def paths(self) -> list[str]:
        """All paths, sorted."""
        return sorted(self.entries)

    @cached_property
    def directories(self) -> list[str]:
        """All directories, sorted; "" is the top."""
        return sorted(self.below)

    @cached_property
    def size_of_paths(self) -> int:
        """The characters of all paths together."""
        return sum(map(len, self.entries))

    def under(self, directory: str) -> Iterator[str]:
        """The regular files in a directory and all below it, in the order of paths."""
        prefix = f"{directory}/" if directory else ""
        for index in range(bisect_left(self.paths, prefix), len(self.paths)):
            path = self.paths[index]
            if not path.startswith(prefix):
                return
            if self.is_regular(path):
                yield path

    def is_regular(self, path: str) -> bool:
        """Whether there is a file of that path, and no link or submodule."""
        entry = self.entries.get(path)
        return entry is not None and entry.mode in _REGULAR

    def is_directory(self, path: str) -> bool:
        """Whether there is a directory of that path ("" is the top)."""
        return path in self.below

    def blob(self, path: str) -> str:
        """The id of the content at `path`, "" where there is nothing."""
        entry = self.entries.get(path)
        return entry.blob if entry is not None else ""

    def read(self, paths: Collection[str]) -> Mapping[str, bytes]:
        """The contents of regular files by path, in one batch. What is absent, no regular file, too
        large by itself or beyond `max_total_bytes` together is left out."""
        wanted = {path: self.blob(path) for path in paths if self.is_regular(path)}
        found: dict[str, bytes] = {}
        room = self.limits.max_total_bytes
        with self._blobs.lock:
            for blob, data in self._contents(dict.fromkeys(wanted.values())):
                if len(data) <= room:
                    found[blob] = data
                    room -= len(data)
        return {path: found[blob] for path, blob in wanted.items() if blob in found}

    def made(
        self, name: str, paths: Collection[str], make: Callable[[bytes], _T]
    ) -> Mapping[str, _T]:
        """What `make` says of each content, by path; asked once for a content, whatever the path
        and the commit. `name` tells one `make` from another. Contents are not kept for it."""
        wanted = {path: self.blob(path) for path in paths if self.is_regular(path)}
        known = self._blobs.made
        missing = {blob: None for blob in wanted.values() if (name, blob) not in known}
        with self._blobs.lock:
            for blob, data in self._contents(missing, keep=False):
                known[name, blob] = make(data)
        return {
            path: cast("_T", known[name, blob])
            for path, blob in wanted.items()
            if (name, blob) in known
        }

    def _contents(
        self, ids: Mapping[str, object], *, keep: bool = True
    ) -> Iterator[tuple[str, bytes]]:
        """Each blob with its content, read in portions that fit in memory."""
        contents = self._blobs.contents
        missing: list[str] = []
        for blob in ids:
            if blob in contents:
                yield blob, contents[blob]
            else:
                missing.append(blob)
        # There is always room for one file at least, so each portion brings the end nearer.
        portion = max(self.limits.max_total_bytes // 4, self.limits.max_file_bytes)
        while missing:
            got = self._repo.blobs(missing, self.limits.max_file_bytes, portion)
            left: list[str] = []
            for blob in missing:
                data = got.get(blob)
                if isinstance(data, bytes):
                    if keep:
                        self._blobs.keep(blob, data, self.limits.max_total_bytes)
                    yield blob, data
                elif data is not None and data.size <= self.limits.max_file_bytes:
                    left.append(blob)
            missing = left
