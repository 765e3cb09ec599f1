"""Carries webhooks to their receiver in order, and loses, delays or repeats them on demand."""

from __future__ import annotations

import queue
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Generic, TypeVar

TIMEOUT = 10.0
D = TypeVar("D")


class Mishap(Enum):
    """What can happen to a webhook on its way."""

    TWICE = "it arrives twice"
    LATE = "it arrives after the next one, or when the rest is through"
    LOST = "the forge never sends it and has no record"
    FAILED = "the forge could not connect, and has a record"


class Courier(Generic[D]):
    """A forge's webhooks on their way. `send` delivers one and records the attempt, `fail` records
    that it could not be delivered.

    `threads` above 1 lets deliveries overtake each other as they do in life.
    """

    def __init__(self, send: Callable[[D], None], fail: Callable[[D], None], threads: int) -> None:
        self._deliver, self._fail = send, fail
        self._queue: queue.Queue[D | None] = queue.Queue()
        self._rules: list[tuple[str, Mishap]] = []
        self._chances: Mapping[Mishap, float] = {}
        self._random = random.Random(0)
        self._held: list[D] = []
        self._lock = threading.Lock()
        self._stopping = False
        self._threads = [
            threading.Thread(target=self._work, name="fake-webhooks", daemon=True)
            for _ in range(threads)
        ]
        # What happened to webhooks so far.
        self.mishaps: Counter[Mishap] = Counter()

    def start(self) -> None:
        """Start sending."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Send nothing more, not even what waits."""
        self._stopping = True
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join(timeout=TIMEOUT + 1)

    def disturb(self, mishap: Mishap, event: str = "", times: int = 1) -> None:
        """Let `mishap` befall the next `times` webhooks, of one kind of event or of any."""
        with self._lock:
            self._rules += [(event, mishap)] * times

    def chaos(self, seed: int, chances: Mapping[Mishap, float]) -> None:
        """Let each mishap befall any webhook with its chance, repeatably."""
        with self._lock:
            self._random, self._chances = random.Random(seed), dict(chances)

    def flush(self, timeout: float = 30.0) -> None:
        """Wait until everything is sent, what is held back too. Raises TimeoutError."""
        with self._lock:
            held, self._held = self._held, []
        for delivery in held:
            self._queue.put(delivery)
        self.settle(timeout)

    def settle(self, timeout: float = 30.0) -> None:
        """Wait until what is not held back is sent. Raises TimeoutError."""
        deadline = time.monotonic() + timeout
        while self._queue.unfinished_tasks:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self._queue.unfinished_tasks} webhooks are still unsent")
            time.sleep(0.002)

    def post(self, delivery: D) -> None:
        """Send it now, whatever mishaps wait."""
        self._queue.put(delivery)

    def dispatch(self, delivery: D, event: str) -> None:
        """Send it, unless a mishap befalls it."""
        with self._lock:
            mishap = self._mishap(event)
            if mishap is not None:
                self.mishaps[mishap] += 1
            if mishap is Mishap.LATE:
                self._held.append(delivery)
                return
            released, self._held = self._held, []
        if mishap is Mishap.FAILED:
            self._fail(delivery)
        elif mishap is not Mishap.LOST:
            for _ in range(2 if mishap is Mishap.TWICE else 1):
                self._queue.put(delivery)
        for late in released:
            self._queue.put(late)

    def _mishap(self, event: str) -> Mishap | None:
        for number, (wanted, mishap) in enumerate(self._rules):
            if wanted in ("", event):
                del self._rules[number]
                return mishap
        draw = self._random.random() if self._chances else 1.0
        for mishap, chance in self._chances.items():
            if draw < chance:
                return mishap
            draw -= chance
        return None

    def _work(self) -> None:
        while (delivery := self._queue.get()) is not None:
            try:
                if not self._stopping:
                    self._deliver(delivery)
            finally:
                self._queue.task_done()
        self._queue.task_done()
