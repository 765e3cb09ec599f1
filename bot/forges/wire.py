"""What every adapter's requests have in common: how they fail, and how far apart writes are."""

from __future__ import annotations

import threading

from bot.forges import ForgeError
from bot.retry import Policy, RateLimited, Transient


class WireError(ForgeError):
    """A request failed. `status` is 0 where it was never answered; `meaning` is for the policy."""

    def __init__(
        self, message: str, *, status: int = 0, meaning: Transient | RateLimited | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.meaning = meaning


def classify(error: BaseException) -> Transient | RateLimited | None:
    """What an exception means to the retry policy."""
    return error.meaning if isinstance(error, WireError) else None


class Pace:
    """Keeps writes to one project `pause` seconds apart, over all threads."""

    def __init__(self, pause: float, policy: Policy) -> None:
        self._pause = pause
        self._policy = policy
        self._lock = threading.Lock()
        self._free_at: dict[str, float] = {}

    def wait(self, project: str) -> None:
        """Returns once a write to the project may be sent."""
        if self._pause <= 0:
            return
        with self._lock:
            now = self._policy.clock()
            at = max(now, self._free_at.get(project, now))
            self._free_at[project] = at + self._pause
        if at > now:
            self._policy.sleep(at - now)
