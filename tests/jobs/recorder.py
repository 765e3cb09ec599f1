"""Handlers that remember what they were asked to do, and the parts to run them with."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bot.jobs import Intake, Ticket, Timing, Worker, counts
from bot.model import Command, Delivery, Job, Rightsize, Sweep

QUICK = Timing(poll=0.05, beat=0.2, dead=3, reap=0.2, retry=(0.1, 0.1), drain=5)
_DONE = ("SUCCESS", "ERROR", "CANCELLED")


def job(number: int = 1, delivery: str = "d1") -> Job:
    """A job of one pull request."""
    return Job(
        forge="github", project="acme/infra", number=number, trigger="push", delivery_id=delivery
    )


def delivery(number: int = 1, name: str = "d1") -> Delivery:
    """A delivery with one job."""
    return Delivery(id=name, event="push", work=(job(number, name),))


@dataclass(slots=True)
class Recorder:
    """`body` is what judging does; everything is recorded in the order it began."""

    body: Callable[[Job, Ticket], str] = lambda *_: "pass"
    farewell: Callable[[Job], None] = lambda *_: None
    sweeping: Callable[[Sweep, Callable[[Job], bool]], None] = lambda *_: None
    judged: list[tuple[Job, Ticket]] = field(default_factory=list)
    ended: list[Job] = field(default_factory=list)
    swept: list[Sweep] = field(default_factory=list)
    given_up: list[tuple[Job, str]] = field(default_factory=list)
    most_at_once: dict[tuple[str, str, int], int] = field(default_factory=dict)
    most: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _now: dict[tuple[str, str, int], int] = field(default_factory=dict)

    def judge(self, job: Job, ticket: Ticket) -> str:
        self._count(job, 1)
        try:
            self.judged.append((job, ticket))
            word = self.body(job, ticket)
            self.ended.append(job)
            return word
        finally:
            self._count(job, -1)

    def sweep(self, sweep: Sweep, enqueue: Callable[[Job], bool]) -> None:
        self.swept.append(sweep)
        self.sweeping(sweep, enqueue)

    def errand(
        self, errand: Command | Rightsize, enqueue: Callable[[Job | Rightsize], bool]
    ) -> str:
        return "done"

    def give_up(self, job: Job, ticket: Ticket, why: str) -> None:
        self.given_up.append((job, why))
        self.farewell(job)

    def _count(self, job: Job, change: int) -> None:
        with self._lock:
            self._now[job.key] = self._now.get(job.key, 0) + change
            self.most_at_once[job.key] = max(self.most_at_once.get(job.key, 0), self._now[job.key])
            self.most = max(self.most, sum(self._now.values()))


class Rig:
    """An intake and a worker that share a database."""

    def __init__(self, url: str, handlers: Recorder) -> None:
        self.url = url
        self.handlers = handlers
        self.intake = Intake(url)
        self._worker: Worker | None = None

    def start(
        self,
        timing: Timing = QUICK,
        *,
        concurrency: int = 4,
        catch_up_minutes: float = 30,
        forges: Sequence[str] = (),
    ) -> None:
        """Start the worker; nothing is caught up with unless a forge is named."""
        worker = Worker(
            self.url,
            self.handlers,
            concurrency=concurrency,
            catch_up_minutes=catch_up_minutes,
            forges=forges,
            timing=timing,
        )
        worker.start()
        self._worker = worker

    def stop(self) -> None:
        """Stop the worker, if one was started."""
        if self._worker is not None:
            self._worker.stop()
            self._worker = None

    def settle(self, seconds: float = 20) -> dict[str, int]:
        """Wait until nothing waits or runs; the number of runs by state."""
        wait_for(lambda: counts(self.url).keys() <= set(_DONE), seconds)
        return dict(counts(self.url))

    def close(self) -> None:
        self.stop()
        self.intake.close()


def wait_for(condition: Callable[[], bool], seconds: float = 20) -> None:
    """Fails where the condition does not become true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
