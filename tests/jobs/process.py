"""A worker in a process of its own, to be killed: python -m tests.jobs.process URL JOURNAL EXECUTOR

The journal is a file with one line for whatever happened. The pull request's number says what its
job does: see `Scripted.judge`.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bot.jobs import Ticket, Worker
from bot.model import Command, Job, Rightsize, Sweep
from tests.jobs.recorder import QUICK

PASSES, HANGS_THE_FIRST_TIME, KILLS, KILLS_IN_THE_END_TOO = 1, 2, 3, 4


class Scripted:
    """Handlers that write the journal."""

    def __init__(self, journal: Path) -> None:
        self._journal = journal

    def note(self, *words: object) -> None:
        with self._journal.open("a", encoding="utf-8") as file:
            file.write(" ".join(str(word) for word in words) + "\n")

    def judge(self, job: Job, ticket: Ticket) -> str:
        self.note("judge", job.delivery_id, ticket.attempt)
        if job.number == HANGS_THE_FIRST_TIME and ticket.attempt == 1:
            time.sleep(600)
        if job.number in (KILLS, KILLS_IN_THE_END_TOO):
            os.kill(os.getpid(), signal.SIGKILL)
        self.note("end", job.delivery_id)
        return "pass"

    def sweep(self, sweep: Sweep, enqueue: Callable[[Job], bool]) -> None:
        self.note("sweep", sweep.delivery_id)

    def errand(
        self, errand: Command | Rightsize, enqueue: Callable[[Job | Rightsize], bool]
    ) -> str:
        return "done"

    def give_up(self, job: Job, ticket: Ticket, why: str) -> None:
        self.note("give_up", job.delivery_id, why)
        if job.number == KILLS_IN_THE_END_TOO:
            os.kill(os.getpid(), signal.SIGKILL)


def main(url: str, journal: str, executor: str) -> None:
    scripted = Scripted(Path(journal))

    def note_connection(event: str, args: tuple[object, ...]) -> None:
        if event in ("socket.connect", "socket.getaddrinfo"):
            scripted.note("network", event, args[-1])

    # Named once for all: what the journal does not show was not sent.
    sys.addaudithook(note_connection)
    worker = Worker(url, scripted, executor_id=executor or None, forges=(), timing=QUICK)
    worker.start()
    scripted.note("started", os.getpid())
    sys.stdin.read()
    worker.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
