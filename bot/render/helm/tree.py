"""The files that a release is of: the repository's, and those of charts that were fetched."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from bot.render.remote.places import FETCHED


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """The files below `folder` by their paths, each read once."""

    folder: Path
    _read: dict[str, bytes | None] = field(default_factory=dict)

    def has(self, path: str) -> bool:
        """Whether it is a file of the repository."""
        return not path.startswith(f"{FETCHED}/") and self.read(path) is not None

    def read(self, path: str) -> bytes | None:
        """The file's content, None where there is no such file."""
        if path not in self._read:
            try:
                self._read[path] = (self.folder / path).read_bytes()
            except (OSError, ValueError):
                self._read[path] = None
        return self._read[path]
