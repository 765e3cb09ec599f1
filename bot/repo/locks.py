"""File locks between threads and processes: released by the system when their holder dies."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.repo.git import GitError

_PAUSE = 0.05


class FileLock:
    """A lock on a file that stays where it is. Each instance is one holder of its own."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle = -1

    def try_exclusive(self) -> bool:
        """Take it alone if nobody has it."""
        return self._try(fcntl.LOCK_EX)

    def shared(self, timeout: float) -> None:
        """Take it along with others; what this instance holds of it alone becomes shared."""
        self._wait(fcntl.LOCK_SH, timeout)

    def release(self) -> None:
        """Give it back. Safe to call twice."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    @contextmanager
    def exclusively(self, timeout: float) -> Iterator[None]:
        """Have it alone for a while. Raises GitError where another has it for over `timeout` s."""
        self._wait(fcntl.LOCK_EX, timeout)
        try:
            yield
        finally:
            self.release()

    def _wait(self, kind: int, timeout: float) -> None:
        until = time.monotonic() + timeout
        while not self._try(kind):
            if time.monotonic() > until:
                raise GitError(
                    f"another process kept {self._path.name} locked for {timeout:.0f} s; try again"
                )
            time.sleep(_PAUSE)

    def _try(self, kind: int) -> bool:
        opened = self._handle < 0
        if opened:
            self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._handle, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if opened:
                self.release()
            return False
        return True
