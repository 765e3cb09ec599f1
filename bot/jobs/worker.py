"""A worker: DBOS launched, listening to our queues, with the chores beside it."""

from __future__ import annotations

import os
import socket
import threading
import uuid
from collections.abc import Sequence
from typing import Any, ClassVar

import structlog
from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, WorkflowSerializationFormat

from bot.jobs import wire
from bot.jobs.body import Body
from bot.jobs.chores import Chores
from bot.jobs.database import Database
from bot.jobs.model import Handlers, Timing
from bot.jobs.outbox import APPLICATION, WORKFLOW, Outbox

log = structlog.get_logger()

# Pinned: the default is a hash of the source, and another version's jobs are never run.
_VERSION = "1"


class Worker:
    """Runs what `Intake` accepted. At most one in a process can be started: DBOS is global.

    `concurrency` is how many jobs run at once; the queue's setting is shared, so all workers take
    the value of the one started last. `executor_id` must be unique to a live process; one that
    outlives its process (a pod's name) lets a restart take its own jobs back at once. `forges`
    names what is caught up with every `catch_up_minutes`, one sweep each; so is usage looked at
    every `rightsize_hours`, 0 for never.
    """

    _started: ClassVar[bool] = False

    def __init__(
        self,
        url: str,
        handlers: Handlers,
        *,
        executor_id: str | None = None,
        concurrency: int = 4,
        catch_up_minutes: float = 30,
        rightsize_hours: float = 0,
        forges: Sequence[str] = ("github",),
        timing: Timing | None = None,
    ) -> None:
        self._url = url
        self._handlers = handlers
        self._executor = executor_id or f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex}"
        self._concurrency = concurrency
        self._catch_up = catch_up_minutes * 60
        self._rightsize = rightsize_hours * 3600
        self._forges = tuple(forges)
        self._timing = timing or Timing()
        self._running = 0
        self._lock = threading.Lock()

    def start(self) -> None:
        """Take jobs. Raises DatabaseError, and RuntimeError where a worker runs already."""
        if Worker._started:
            raise RuntimeError("a Worker is running in this process: stop it first")
        self._database = Database(self._url, durable=False, connections=self._concurrency + 8)
        self._outbox = Outbox(self._database)
        self._body = Body(self._database, self._outbox, self._handlers, self._timing)
        self._chores = Chores(
            self._database,
            self._outbox,
            executor=self._executor,
            forges=self._forges,
            catch_up=self._catch_up,
            rightsize=self._rightsize,
            timing=self._timing,
        )
        # Before the launch: DBOS looks for new queues only once a second.
        self._register_queues()
        self._chores.start()
        DBOS(config=self._config())
        self._register_workflow()
        DBOS.launch()
        Worker._started = True
        log.info("worker_started", executor=self._executor, concurrency=self._concurrency)

    def stop(self) -> None:
        """Take no more jobs and let the running ones end, up to `Timing.drain` seconds. A job that
        still runs then is left to another worker; its thread holds the process open. Does nothing
        where no worker was started."""
        if not Worker._started:
            return
        self._chores.stop()
        # DBOS waits in whole seconds, a second at least.
        DBOS.destroy(
            destroy_registry=True,
            workflow_completion_timeout_sec=int(self._timing.drain) if self._running else 0,
        )
        self._chores.depart(leaves_nothing=not self._running)
        log.info("worker_stopped", executor=self._executor, left_running=self._running)
        self._database.close()
        Worker._started = False

    def _register_workflow(self) -> None:
        # Starts are counted by us: DBOS would end the job without a word to anybody.
        @DBOS.workflow(
            name=WORKFLOW,
            max_recovery_attempts=None,
            serialization_type=WorkflowSerializationFormat.PORTABLE,
        )
        def run(stored: dict[str, Any]) -> str:
            return self._run(stored)

    def _run(self, stored: dict[str, Any]) -> str:
        with self._lock:
            self._running += 1
        try:
            workflow = DBOS.workflow_id
            assert workflow is not None  # noqa: S101 - this is a workflow
            return self._body.run(wire.read(stored), workflow)
        finally:
            with self._lock:
                self._running -= 1

    def _register_queues(self) -> None:
        for name, at_once, poll in (
            (wire.JOBS, self._concurrency, self._timing.poll),
            # Nobody waits for a sweep.
            (wire.SWEEPS, 1, self._timing.poll * 5),
            (wire.ERRANDS, 2, self._timing.poll * 2),
        ):
            self._outbox.client.register_queue(
                name,
                partition_concurrency=1,
                worker_concurrency=at_once,
                polling_interval_sec=poll,
            )

    def _config(self) -> DBOSConfig:
        """No conductor key and no exporter: DBOS talks to the database and to nobody else."""
        return DBOSConfig(
            name=APPLICATION,
            system_database_engine=self._database.engine,
            application_version=_VERSION,
            executor_id=self._executor,
            serializer=DBOSPortableJSONSerializer(),
            log_level="WARNING",
            # We use no notifications; this only bounds how long a stop waits for their threads.
            notification_coalesce_sec=0.1,
            notification_listener_polling_interval_sec=0.2,
        )
