"""What was fetched, on disk: by what it is, whole or not at all, as much as there is room for."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bot.render.remote import archive, charts, checkout, web
from bot.render.remote.address import Allowed, Repository, understood

# How long a branch or tag is taken for what it was: both sides of a change see the same.
_SAME_SECONDS = 600.0
_FILE_BYTES = 8 * 1024 * 1024
# What was used so recently may be in use.
_IN_USE_SECONDS = 3600.0
_CONTENT = "content"
_SIZE = "bytes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """Something that is on this machine now: a folder or a file, not to be changed. `pin` says what
    exactly it is: a commit, a version, a digest; `moves` whether what was asked for may be another
    thing tomorrow."""

    path: Path
    pin: str
    moves: bool = False


class Store:
    """Fetches what is not yet here. Safe for threads and processes that share a directory."""

    def __init__(
        self,
        directory: Path,
        allowed: Allowed,
        *,
        seconds: float = 60.0,
        max_bytes: int = 2 * 1024**3,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._directory = directory
        self.allowed = allowed
        self._seconds = seconds
        self._max_bytes = max_bytes
        self._clock = clock

    def reference(self, entry: str) -> Fetched:
        """What an entry of a kustomization refers to: a file, or a folder of a repository, whose
        content is at `path` as a whole repository. Raises NotFetched."""
        meant = understood(entry)
        return self.file(meant) if isinstance(meant, str) else self.repository(meant)

    def repository(self, meant: Repository) -> Fetched:
        """A whole repository at the commit that is meant. Raises NotFetched."""
        self.allowed.check(meant.url)
        commit, moves = self._commit(meant)

        def write(folder: Path) -> None:
            checkout.checkout(meant, commit, folder, self.allowed, self._seconds)

        path = self._have("git", f"{meant.url} {commit}", write)
        return Fetched(path=path, pin=commit, moves=moves)

    def file(self, url: str) -> Fetched:
        """One file, by its address as it is today. Raises NotFetched."""
        self.allowed.check(url)

        def write(folder: Path) -> None:
            data = web.get(url, self.allowed, seconds=self._seconds, most_bytes=_FILE_BYTES)
            (folder / "file").write_bytes(data)

        period = int(self._clock() // _SAME_SECONDS)
        path = self._have("file", f"{url} {period}", write) / "file"
        return Fetched(path=path, pin=hashlib.sha256(path.read_bytes()).hexdigest(), moves=True)

    def chart(self, repository: str, name: str, version: str) -> Fetched:
        """A chart of an exact version, unpacked. Raises NotFetched."""
        charts.check_pinned(name, version)
        self.allowed.check(repository.replace("oci://", f"{self.allowed.best}://", 1))

        def write(folder: Path) -> None:
            data = charts.archive_of(repository, name, version, self.allowed, self._seconds)
            archive.extract(data, folder, f"the archive of {name} {version}")

        folder = self._have("chart", f"{repository} {name} {version}", write)
        return Fetched(path=next(folder.iterdir()), pin=version)

    def _commit(self, meant: Repository) -> tuple[str, bool]:
        """What a reference means, the same for a while, and whether it is a branch."""
        if meant.is_commit:
            return meant.ref, False
        path = self._entry("ref", f"{meant.url} {meant.ref}")
        with suppress(OSError, ValueError, KeyError):
            known = json.loads(path.read_text())
            if 0 <= self._clock() - known["at"] < _SAME_SECONDS:
                return str(known["commit"]), bool(known["moves"])
        commit, moves = checkout.resolve(meant, self.allowed, self._seconds)
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:
            json.dump({"commit": commit, "moves": moves, "at": self._clock()}, file)
        Path(file.name).replace(path)
        return commit, moves

    def _have(self, kind: str, what: str, write: Callable[[Path], None]) -> Path:
        """The folder with `what`, written by `write` if it is not there yet."""
        entry = self._entry(kind, what)
        if not entry.is_dir():
            entry.parent.mkdir(parents=True, exist_ok=True)
            new = Path(tempfile.mkdtemp(prefix=".new-", dir=entry.parent))
            try:
                (new / _CONTENT).mkdir()
                write(new / _CONTENT)
                (new / _SIZE).write_text(str(_size(new / _CONTENT)))
                with suppress(OSError):
                    # Where another was faster, what it wrote is the same.
                    new.rename(entry)
            finally:
                shutil.rmtree(new, ignore_errors=True)
            self._make_room()
        with suppress(OSError):
            os.utime(entry)
        return entry / _CONTENT

    def _entry(self, kind: str, what: str) -> Path:
        return self._directory / kind / hashlib.sha256(what.encode()).hexdigest()

    def _make_room(self) -> None:
        entries = []
        for path in self._directory.glob(f"*/*/{_SIZE}"):
            with suppress(OSError, ValueError):
                used = path.parent.stat().st_mtime
                entries.append((used, int(path.read_text()), path.parent))
        total = sum(size for _, size, _ in entries)
        for used, size, path in sorted(entries):
            if total <= self._max_bytes or self._clock() - used < _IN_USE_SECONDS:
                return
            shutil.rmtree(path, ignore_errors=True)
            total -= size


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
