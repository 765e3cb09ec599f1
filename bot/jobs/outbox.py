"""Putting work into the queue, inside the caller's transaction."""

from __future__ import annotations

import time

import sqlalchemy as sa
from dbos import DBOSClient, DBOSPortableJSONSerializer, EnqueueOptions

from bot.jobs import wire
from bot.jobs.database import Database
from bot.model import Delivery, Job, Work

APPLICATION = "plumbline"
WORKFLOW = "plumbline.run"

_DELIVERY = """INSERT INTO plumbline_delivery (id, event, at) VALUES (:id, :event, :at)
    ON CONFLICT (id) DO NOTHING"""
_NEWEST = """INSERT INTO plumbline_newest (pull, seq, jobs) VALUES (:pull, :seq, 1)
    ON CONFLICT (pull) DO UPDATE SET jobs = plumbline_newest.jobs + 1, seq = CASE
        WHEN plumbline_newest.seq >= excluded.seq THEN plumbline_newest.seq + 1
        ELSE excluded.seq END
    RETURNING seq, jobs"""
# What DBOS's own cancel does, but never to a job that is running: cancelling that one would free
# its pull request while its body still runs. Asking first and cancelling then could hit one that
# has just been started.
_SUPERSEDE = """UPDATE STATUS SET status = 'CANCELLED', queue_name = NULL, owner_xid = NULL,
        started_at_epoch_ms = NULL, updated_at = :ms, completed_at = :ms
    WHERE status IN ('ENQUEUED', 'DELAYED') AND workflow_uuid IN (
        SELECT workflow_uuid FROM STATUS WHERE queue_name = :queue AND queue_partition_key = :pull
            AND status = 'ENQUEUED' AND status IN ('ENQUEUED', 'PENDING')
        UNION ALL
        SELECT workflow_uuid FROM STATUS WHERE queue_name = :queue AND queue_partition_key = :pull
            AND status = 'DELAYED')"""
_UNDER_WAY = """SELECT 1 FROM STATUS WHERE queue_name = :queue AND queue_partition_key = :pull
    AND status IN ('ENQUEUED', 'PENDING', 'DELAYED') LIMIT 1"""


class Outbox:
    """The one writer of the queue, for the web side and for workers."""

    def __init__(self, database: Database) -> None:
        self._client = DBOSClient(
            system_database_engine=database.engine,
            serializer=DBOSPortableJSONSerializer(),
            application_name=APPLICATION,
        )
        self._delivery = database.prepared(_DELIVERY)
        self._newest = database.prepared(_NEWEST)
        self._supersede = database.prepared(_SUPERSEDE)
        self._under_way = database.prepared(_UNDER_WAY)

    @property
    def client(self) -> DBOSClient:
        """DBOS from outside a workflow."""
        return self._client

    def accept(self, conn: sa.Connection, delivery: Delivery) -> bool:
        """Store a delivery and enqueue its work; False where it was stored before."""
        now = time.time()
        row = {"id": delivery.id, "event": delivery.event, "at": now}
        if conn.exec_driver_sql(self._delivery, row).rowcount == 0:
            return False
        for number, work in enumerate(delivery.work):
            item = wire.Item(
                id=f"{delivery.id}:{number}" if number else delivery.id,
                work=work,
                seq=self._claim(conn, work, now) if isinstance(work, Job) else 0,
                accepted=now,
            )
            self.enqueue(conn, item, item.id)
        return True

    def enqueue(
        self, conn: sa.Connection, item: wire.Item, workflow: str, delay: float | None = None
    ) -> None:
        """Enqueue a run of the item, to start after `delay` seconds."""
        options: EnqueueOptions = {
            "workflow_name": WORKFLOW,
            "queue_name": item.queue,
            "workflow_id": workflow,
            "queue_partition_key": item.partition,
        }
        if delay is not None:
            options["delay_seconds"] = delay
        self._client.enqueue_in_transaction(conn, options, wire.write(item))

    def is_under_way(self, conn: sa.Connection, work: Work) -> bool:
        """Whether the pull request or project has work that waits or runs."""
        values = {"queue": wire.queue(work), "pull": wire.partition(work)}
        return conn.exec_driver_sql(self._under_way, values).first() is not None

    def _claim(self, conn: sa.Connection, job: Job, now: float) -> int:
        """The job's sequence number; whatever waits for the same pull request is superseded."""
        pull = wire.partition(job)
        row = conn.exec_driver_sql(self._newest, {"pull": pull, "seq": int(now * 1_000_000)}).one()
        if row.jobs > 1:
            values = {"queue": wire.JOBS, "pull": pull, "ms": int(now * 1000)}
            conn.exec_driver_sql(self._supersede, values)
        return int(row.seq)
