"""One run of one job: whether it is to run at all, and what becomes of it."""

from __future__ import annotations

import time
from dataclasses import dataclass

import sqlalchemy as sa
import structlog

from bot.forges import ForgeError
from bot.jobs import wire
from bot.jobs.database import Database
from bot.jobs.model import STARTS, Handlers, Ticket, Timing
from bot.jobs.outbox import Outbox
from bot.jobs.quiet import GaveUp
from bot.model import Delivery, Job, Rightsize, Sweep
from bot.retry import Later

log = structlog.get_logger()

# How often the end of a job that was given up is published, where publishing fails as well.
_FAREWELLS = 3

# No row where another run stands for the job: it was put off, or it has ended.
_START = """INSERT INTO plumbline_run
        (id, workflow, attempt, unfinished, errors, farewells, why, at)
    VALUES (:id, :workflow, 1, 1, 0, 0, '', :at)
    ON CONFLICT (id) DO UPDATE SET attempt = plumbline_run.attempt + 1,
        unfinished = plumbline_run.unfinished + 1
    WHERE plumbline_run.workflow = excluded.workflow
    RETURNING attempt, unfinished, errors, farewells, why"""
# The attempt shows whether the job is still ours: one thought dead is started again elsewhere.
_UPDATE = """UPDATE plumbline_run
    SET workflow = :following, unfinished = 0, errors = :errors, why = :why
    WHERE id = :id AND workflow = :workflow AND attempt = :attempt RETURNING id"""
_FAREWELL = """UPDATE plumbline_run SET farewells = farewells + 1, why = :why
    WHERE id = :id AND attempt = :attempt"""
_NEWEST = """SELECT (SELECT seq FROM plumbline_newest WHERE pull = :pull) AS seq,
    (SELECT attempt FROM plumbline_run WHERE id = :id) AS attempt"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """This start of the job, with what is known of the ones before."""

    item: wire.Item
    workflow: str
    attempt: int
    unfinished: int
    errors: int
    farewells: int
    why: str

    @property
    def logged(self) -> dict[str, str | int]:
        return {"delivery": self.item.id, "job": self.item.partition, "attempt": self.attempt}


class Body:
    """Runs items. What it writes about a job outlasts a short outage of the database."""

    def __init__(
        self, database: Database, outbox: Outbox, handlers: Handlers, timing: Timing
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._handlers = handlers
        self._timing = timing

    def run(self, item: wire.Item, workflow: str) -> str:
        """Run the item as the given workflow; a word on how that ended. Raises GaveUp."""
        if isinstance(item.work, Job) and not self._is_newest(item):
            return "superseded"
        run = self._start(item, workflow)
        if run is None:
            return "repeated"
        why = run.why or self._poisoned(run)
        if why:
            return self._give_up(run, why)
        began = time.monotonic()
        try:
            word = self._call(run)
        except Later as later:
            return self._put_off(run, later)
        # THE boundary: whatever a body raises is logged, tried again and at last published.
        except Exception as error:  # noqa: BLE001
            return self._failed(run, error)
        self._end(run)
        log.info("job_ended", **run.logged, result=word, seconds=round(time.monotonic() - began, 2))
        return word

    def _start(self, item: wire.Item, workflow: str) -> _Run | None:
        values = {"id": item.id, "workflow": workflow, "at": time.time()}
        rows = self._database.persist(lambda conn: self._database.rows(conn, _START, **values))
        return _Run(item=item, workflow=workflow, **rows[0]._asdict()) if rows else None

    def _call(self, run: _Run) -> str:
        work = run.item.work
        if isinstance(work, Job):
            return self._handlers.judge(work, self._ticket(run))
        if isinstance(work, Sweep):
            busy = not work.head_sha
            self._handlers.sweep(work, lambda job: self._enqueue(job, unless_busy=busy))
            return "swept"
        return self._handlers.errand(work, lambda job: self._enqueue(job, unless_busy=False))

    def _ticket(self, run: _Run) -> Ticket:
        return Ticket(
            seq=run.item.seq,
            attempt=run.attempt,
            newest=lambda: self._is_newest(run.item, run.attempt),
        )

    def _is_newest(self, item: wire.Item, attempt: int | None = None) -> bool:
        values = {"pull": item.partition, "id": item.id}
        row = self._database.persist(lambda conn: self._database.rows(conn, _NEWEST, **values))[0]
        overtaken = row.seq is not None and row.seq > item.seq
        return not overtaken and (attempt is None or attempt == row.attempt)

    def _enqueue(self, job: Job | Rightsize, *, unless_busy: bool) -> bool:
        delivery = Delivery(id=job.delivery_id, event="sweep", work=(job,))

        def store(conn: sa.Connection) -> bool:
            # A job under way reads the head itself; a new one would only make it start over.
            if unless_busy and self._outbox.is_under_way(conn, job):
                return False
            return self._outbox.accept(conn, delivery)

        return self._database.persist(store)

    def _put_off(self, run: _Run, later: Later) -> str:
        seconds = max(0.0, later.seconds)
        if time.time() + seconds > run.item.accepted + self._timing.patience:
            hours = self._timing.patience / 3600
            return self._give_up(run, f"it was put off for {hours:.0f} hours: {later.reason}")
        log.info("job_put_off", **run.logged, seconds=round(seconds), reason=later.reason)
        return self._again(run, seconds, errors=run.errors)

    def _failed(self, run: _Run, error: Exception) -> str:
        errors = run.errors + 1
        log.error("job_failed", **run.logged, errors=errors, exc_info=error)
        if errors <= len(self._timing.retry):
            return self._again(run, self._timing.retry[errors - 1], errors=errors)
        # Only a ForgeError's message is fit to be shown; others may hold anything.
        said = str(error) if isinstance(error, ForgeError) else type(error).__name__
        return self._give_up(run, f"it failed {errors} times, at last with: {said}")

    def _again(self, run: _Run, delay: float, *, errors: int, why: str = "") -> str:
        """A later run of the job replaces this one, in one transaction. It has an id of its own:
        a workflow that has ended cannot be started again."""
        following = f"{run.item.id}~{run.attempt}"

        def replace(conn: sa.Connection) -> None:
            if self._replaced(conn, run, following=following, errors=errors, why=why):
                self._outbox.enqueue(conn, run.item, following, delay)

        self._database.persist(replace)
        return "put off"

    def _end(self, run: _Run) -> None:
        self._database.persist(
            lambda conn: self._replaced(conn, run, following="", errors=run.errors, why=run.why)
        )

    def _replaced(
        self, conn: sa.Connection, run: _Run, *, following: str, errors: int, why: str
    ) -> bool:
        values = {"id": run.item.id, "workflow": run.workflow, "attempt": run.attempt}
        change = {"following": following, "errors": errors, "why": why}
        return bool(self._database.rows(conn, _UPDATE, **values, **change))

    def _poisoned(self, run: _Run) -> str:
        if run.unfinished <= STARTS:
            return ""
        return f"the process that ran it died {run.unfinished - 1} times before it had ended"

    def _give_up(self, run: _Run, why: str) -> str:
        """Publish that there will be no verdict. That is counted before it is tried: it may be
        what kills the process."""
        log.error("job_given_up", **run.logged, why=why)
        values = {"id": run.item.id, "attempt": run.attempt, "why": why}
        self._database.persist(lambda conn: self._database.rows(conn, _FAREWELL, **values))
        last = run.farewells + 1 >= _FAREWELLS
        if run.farewells < _FAREWELLS and isinstance(run.item.work, Job):
            try:
                self._handlers.give_up(run.item.work, self._ticket(run), why)
            # The same boundary: there is nobody left to tell but the log.
            except Exception as error:
                log.error("giving_up_failed", **run.logged, final=last, exc_info=error)
                if not last:
                    wait = max(self._timing.retry, default=60.0)
                    wait = error.seconds if isinstance(error, Later) else wait
                    return self._again(run, wait, errors=run.errors, why=why)
        self._end(run)
        raise GaveUp(why)
