"""What the jobs hand to the app, and what they want from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from bot.model import Command, Job, Rightsize, Sweep

_DAY = 86_400.0
# A job whose process died this often before the job ended is not started again.
STARTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """The running job's place in the queue.

    `seq` rises strictly with every job of a pull request, and goes on rising after the database
    was lost: it is at least the microseconds since the epoch when the job was accepted. `attempt`
    counts the starts of this job from 1. `newest` is what `is_newest` asks.
    """

    seq: int
    attempt: int
    newest: Callable[[], bool] = field(repr=False, compare=False)

    def is_newest(self) -> bool:
        """Whether no newer job of the pull request was accepted, and no other worker has taken
        this one over because it thought us dead."""
        return self.newest()


class Handlers(Protocol):
    """The bodies. Each may be cut off anywhere and run again."""

    def judge(self, job: Job, ticket: Ticket) -> str:
        """Run the job to its end; a word on how it ended. Raises `retry.Later` to be run again
        after a wait that holds no worker; any other exception is tried again a few times."""

    def sweep(self, sweep: Sweep, enqueue: Callable[[Job], bool]) -> None:
        """Enqueue what is missing. `enqueue` is False where the job's `delivery_id` is known, or,
        in a sweep that names no head, where the pull request has a job under way already."""

    def errand(
        self, errand: Command | Rightsize, enqueue: Callable[[Job | Rightsize], bool]
    ) -> str:
        """Do what was asked for in a comment or is due; a word on how it ended."""

    def give_up(self, job: Job, ticket: Ticket, why: str) -> None:
        """Say that the job will not end. `why` is fit to be shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How often and how long, in seconds.

    `dead` is how long a worker may be silent before its jobs are given to another; `retry` the
    waits after a failure, one more failure is the last; `patience` the longest a job may be put
    off in all; `drain` how long a stopping worker lets its jobs run.
    """

    poll: float = 0.2
    beat: float = 5.0
    dead: float = 30.0
    reap: float = 5.0
    retry: tuple[float, ...] = (15.0, 60.0)
    patience: float = _DAY
    drain: float = 20.0
    keep_workflows: float = 7 * _DAY
    # Longer than a forge can redeliver (GitHub: 3 days), or an old delivery would run again.
    keep_deliveries: float = 30 * _DAY
    keep_heads: float = 90 * _DAY
