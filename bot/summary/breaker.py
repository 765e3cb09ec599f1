"""Leave a failing API alone for a while."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Breaker:
    """Opens after `failures` in a row; after `seconds` it lets one call through to try again."""

    def __init__(
        self, *, monotonic: Callable[[], float], failures: int = 3, seconds: float = 600.0
    ) -> None:
        self._monotonic = monotonic
        self._most = failures
        self._seconds = seconds
        self._lock = threading.Lock()
        self._failures = 0
        self._opened = 0.0

    def lets_through(self) -> bool:
        """Whether a call may be made now."""
        with self._lock:
            if self._failures < self._most:
                return True
            if self._monotonic() - self._opened < self._seconds:
                return False
            # This caller is the one that tries; the others wait for another round.
            self._opened = self._monotonic()
            return True

    def worked(self) -> None:
        """A call was answered."""
        with self._lock:
            self._failures = 0

    def failed(self) -> None:
        """A call was not answered."""
        with self._lock:
            self._failures += 1
            if self._failures >= self._most:
                self._opened = self._monotonic()
