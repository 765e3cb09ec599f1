"""The files that a release is of: the repository's, and those of a chart that was fetched."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

# Where a fetched chart is said to be; no repository has such a folder.
FETCHED = "\0fetched"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """Files by path. Those below FETCHED are in the folder `fetched`."""

    folder: Path
    fetched: Path | None = None
    _read: dict[str, bytes | None] = field(default_factory=dict)

    def has(self, path: str) -> bool:
        """Whether it is a file of the repository."""
        return not path.startswith(FETCHED) and self.read(path) is not None

    def read(self, path: str) -> bytes | None:
        """The file's content, None where there is no such file."""
        if path not in self._read:
            self._read[path] = self._content(path)
        return self._read[path]

    def _content(self, path: str) -> bytes | None:
        base, name = self.folder, path
        if path.startswith(FETCHED):
            if self.fetched is None:
                return None
            base, name = self.fetched, path[len(FETCHED) + 1 :]
        try:
            return (base / name).read_bytes()
        except OSError:
            return None
