"""A commit's files on disk, as a renderer needs them: regular files only, inside of one folder."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Protocol

from bot.model import TreeEntry
from bot.render.failures import failure
from bot.render.remote.places import FETCHED
from checks.model import RenderFailure

_SYMLINK = "120000"
_SUBMODULE = "160000"
# What one root may put on the disk; a repository of manifests has a hundredth of it.
MAX_BYTES = 256 * 1024 * 1024


class FileSource(Protocol):
    """One commit's files, as bot.render.roots.files.Files has them."""

    @property
    def entries(self) -> Mapping[str, TreeEntry]:
        """All files by their paths."""

    def read(self, paths: Collection[str]) -> Mapping[str, bytes]:
        """The contents of regular files; others are left out."""


def materialise(
    files: FileSource, paths: Collection[str], folder: Path, max_bytes: int = MAX_BYTES
) -> tuple[RenderFailure, ...]:
    """Write these files into `folder` at their paths, and say which could not be.

    Links and submodules are refused: what they stand for is elsewhere. Raises OSError.
    """
    contents = files.read(paths)
    refused: list[RenderFailure] = []
    made: set[Path] = set()
    room = max_bytes
    for path in sorted(paths):
        data = contents.get(path)
        why = _refused(files, path, data, room)
        if why is not None:
            refused.append(why)
        elif data is not None:
            room -= len(data)
            target = folder / path
            if target.parent not in made:
                target.parent.mkdir(parents=True, exist_ok=True)
                made.add(target.parent)
            target.write_bytes(data)
    return tuple(refused)


def _refused(files: FileSource, path: str, data: bytes | None, room: int) -> RenderFailure | None:
    entry = files.entries.get(path)
    if entry is None:
        # The renderer says which line asks for it.
        return None
    if entry.mode == _SYMLINK:
        return failure("symlink", path, 0, "the file is a symbolic link, which is not followed")
    if entry.mode == _SUBMODULE:
        return failure("submodule", path, 0, "not rendered: the submodule's content is elsewhere")
    if not _is_inside(path):
        return failure(
            "path", path, 0, "the path leads out of the repository, or to where files are fetched"
        )
    if data is None:
        return failure("too-large", path, 0, "the file is too large to be read, or is not there")
    if len(data) > room:
        return failure("too-large", path, 0, "the root's files together are too large to be read")
    return None


def _is_inside(path: str) -> bool:
    """git refuses to make such trees, but not to send them; nor is anything ours to fetch there."""
    parts = path.split("/")
    if parts[0] == FETCHED:
        return False
    return "\0" not in path and not any(part in ("", ".", "..") for part in parts)
