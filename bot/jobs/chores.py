"""What workers do besides running jobs: be heard of, take over from the dead, catch up, tidy."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import sqlalchemy as sa
import structlog
from dbos import error as dbos_error
from sqlalchemy.exc import SQLAlchemyError

from bot.jobs import wire
from bot.jobs.database import Database
from bot.jobs.model import Timing
from bot.jobs.outbox import Outbox
from bot.model import Delivery, Rightsize, Sweep

log = structlog.get_logger()

_TIDY_EVERY = 3600.0
# A start brings the catch-up forward, but a crash loop must not make one a second.
_SETTLE = 60.0
_BATCH = 500
_RUNNING_IN_SQL = f"({', '.join(repr(name) for name in wire.QUEUES)})"

_BEAT = """INSERT INTO plumbline_executor (id, beat) VALUES (:id, NOW())
    ON CONFLICT (id) DO UPDATE SET beat = NOW()"""
_GONE = "DELETE FROM plumbline_executor WHERE id = :id"
# One statement, so that a job that ends or changes hands in the meantime is left alone. DBOS's
# resume does the same without looking at whose the job is.
_REAP = """UPDATE STATUS SET status = 'ENQUEUED', owner_xid = NULL, started_at_epoch_ms = NULL,
        recovery_attempts = 0, updated_at = :ms
    WHERE status = 'PENDING' AND queue_name IN QUEUES AND NOT EXISTS (
        SELECT 1 FROM plumbline_executor
        WHERE id = executor_id AND beat > NOW() - :dead)
    RETURNING workflow_uuid""".replace("QUEUES", _RUNNING_IN_SQL)
_TURN = """UPDATE plumbline_turn SET due = NOW() + :every, last = NOW()
    WHERE name = :name AND due <= NOW() RETURNING last"""
_NEW_TURN = """INSERT INTO plumbline_turn (name, due, last) VALUES (:name, 0, 0)
    ON CONFLICT (name) DO NOTHING"""
_FORWARD = """UPDATE plumbline_turn SET due = last + :settle
    WHERE name = :name AND due > last + :settle"""


class Chores:
    """The chores of one worker; `catch_up` and `rightsize` in seconds, 0 for never. Two threads:
    the heartbeat must not wait for anything else."""

    def __init__(
        self,
        database: Database,
        outbox: Outbox,
        *,
        executor: str,
        forges: Sequence[str],
        catch_up: float,
        rightsize: float,
        timing: Timing,
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._executor = executor
        self._forges = forges
        self._catch_up_every = catch_up
        self._rightsize_every = rightsize
        self._timing = timing
        self._stopped = threading.Event()
        self._silent = threading.Event()
        self._threads = [
            threading.Thread(target=target, name=name, daemon=True)
            for target, name in ((self._work, "job-chores"), (self._live, "job-heartbeat"))
        ]

    def start(self) -> None:
        """Begin. The first beat has been made when this returns: a worker that takes a job before
        it was heard of looks dead."""
        self.beat()
        for name in ("catch-up", "rightsize", "tidy"):
            self._database.execute(_NEW_TURN, name=name)
        self._database.execute(_FORWARD, name="catch-up", settle=_SETTLE)
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop all but the heartbeat."""
        self._stopped.set()
        self._threads[0].join()

    def depart(self, *, leaves_nothing: bool) -> None:
        """Stop the heartbeat. Where nothing runs here any more, what is left is free at once."""
        self._silent.set()
        self._threads[1].join()
        if leaves_nothing:
            self._tried(lambda: self._database.execute(_GONE, id=self._executor))

    def beat(self) -> None:
        """Be heard of, on the database's clock."""
        self._database.execute(_BEAT, id=self._executor)

    def reap(self) -> None:
        """Put the jobs of workers that are silent back into the queue."""
        values = {"dead": self._timing.dead, "ms": int(time.time() * 1000)}
        for row in self._database.execute(_REAP, **values):
            log.warning("job_taken_over", run=row.workflow_uuid)

    def catch_up(self) -> None:
        """Enqueue a sweep of every forge when it is due, on one machine."""
        with self._database.engine.begin() as conn:
            at = self._turn(conn, "catch-up", self._catch_up_every)
            for forge in self._forges if at else ():
                name = f"catch-up:{forge}:{at:.3f}"
                sweep = Sweep(forge=forge, project="", trigger="catch-up", delivery_id=name)
                if not self._outbox.is_under_way(conn, sweep):
                    self._outbox.accept(conn, Delivery(id=name, event="catch-up", work=(sweep,)))

    def rightsize(self) -> None:
        """Enqueue a look at usage for every forge when it is due, on one machine."""
        with self._database.engine.begin() as conn:
            at = self._turn(conn, "rightsize", self._rightsize_every)
            for forge in self._forges if at else ():
                name = f"rightsize:{forge}:{at:.3f}"
                look = Rightsize(forge=forge, project="", trigger="schedule", delivery_id=name)
                if not self._outbox.is_under_way(conn, look):
                    self._outbox.accept(conn, Delivery(id=name, event="rightsize", work=(look,)))

    def tidy(self) -> None:
        """Delete what nobody will ask for again, when it is due, on one machine."""
        with self._database.engine.begin() as conn:
            if not self._turn(conn, "tidy", _TIDY_EVERY):
                return
        now, timing = time.time(), self._timing
        self._delete_runs(now - timing.keep_workflows)
        for table, column, oldest in (
            ("plumbline_delivery", "at", now - timing.keep_deliveries),
            ("plumbline_run", "at", now - timing.keep_deliveries),
            ("plumbline_head", "at", now - timing.keep_heads),
            ("plumbline_record", "at", now - timing.keep_heads),
            ("plumbline_newest", "seq", (now - timing.keep_heads) * 1_000_000),
            ("plumbline_executor", "beat", now - timing.keep_workflows),
        ):
            self._database.execute(
                "DELETE FROM TABLE WHERE COLUMN < :oldest".replace("TABLE", table).replace(
                    "COLUMN", column
                ),
                oldest=oldest,
            )

    def _delete_runs(self, oldest: float) -> None:
        before = datetime.fromtimestamp(oldest, UTC).isoformat()
        client = self._outbox.client
        while not self._stopped.is_set():
            old = client.list_workflows(
                completed_before=before, limit=_BATCH, load_input=False, load_output=False
            )
            if not old:
                return
            client.delete_workflows([run.workflow_id for run in old])

    def _turn(self, conn: sa.Connection, name: str, every: float) -> float | None:
        """When it is this machine's turn, by the database's clock; None where it is not."""
        rows = self._database.rows(conn, _TURN, name=name, every=every)
        return float(rows[0].last) if rows else None

    def _work(self) -> None:
        chores = [self.reap, self.catch_up, self.tidy]
        if self._rightsize_every:
            chores.append(self.rightsize)
        self._loop(self._stopped, self._timing.reap, chores, at_once=True)

    def _live(self) -> None:
        self._loop(self._silent, self._timing.beat, (self.beat,), at_once=False)

    def _loop(
        self,
        stop: threading.Event,
        seconds: float,
        chores: Sequence[Callable[[], object]],
        *,
        at_once: bool,
    ) -> None:
        while at_once or not stop.wait(seconds):
            at_once = False
            for chore in chores:
                self._tried(chore)

    def _tried(self, chore: Callable[[], object]) -> None:
        try:
            chore()
        except (SQLAlchemyError, dbos_error.DBOSException) as error:
            # The next round will do it; a worker that cannot be heard of is taken over from.
            name = getattr(chore, "__name__", "chore")
            log.warning("chore_failed", chore=name, error=str(error))
