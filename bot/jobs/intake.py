"""The web side: a delivery is durable when `accept` returns."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from bot.jobs import wire
from bot.jobs.database import Database
from bot.jobs.outbox import Outbox
from bot.model import Delivery


@dataclass(slots=True, eq=False)
class _Waiting:
    delivery: Delivery
    is_new: bool = False
    error: Exception | None = field(default_factory=lambda: RuntimeError("it was not stored"))
    leads: bool = False
    woken: threading.Event = field(default_factory=threading.Event)


class Intake:
    """Takes deliveries in, from any thread. Opens the database and prepares it if it is new.

    Raises DatabaseError where that fails.
    """

    def __init__(self, url: str) -> None:
        self._database = Database(url, durable=True)
        self._outbox = Outbox(self._database)
        self._lock = threading.Lock()
        self._waiting: list[_Waiting] = []
        self._busy = False

    def accept(self, delivery: Delivery) -> bool:
        """Store a delivery with its work and supersede what it overtakes; False for a duplicate.

        One thread writes at a time, for all that wait by then: SQLite makes other writers sleep,
        and the disk takes as long for one delivery as for many. Raises what the database raises.
        """
        mine = _Waiting(delivery)
        with self._lock:
            self._waiting.append(mine)
            mine.leads = not self._busy
            self._busy = True
        if not mine.leads:
            mine.woken.wait()
        if mine.leads:
            self._lead()
        if mine.error is not None:
            raise mine.error
        return mine.is_new

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def _lead(self) -> None:
        """Store what waits, then let the first of those that came in the meantime lead."""
        with self._lock:
            batch, self._waiting = self._waiting, []
        try:
            self._settle(batch)
        finally:
            with self._lock:
                self._busy = bool(self._waiting)
                for following in self._waiting[:1]:
                    following.leads = True
                    following.woken.set()
            for settled in batch:
                settled.woken.set()

    def _settle(self, batch: list[_Waiting]) -> None:
        try:
            self._commit(batch)
        # It is raised in the thread whose delivery it is. Whatever one of them did wrong, only
        # that one is to fail: everybody goes alone.
        except Exception as error:  # noqa: BLE001
            if len(batch) == 1:
                batch[0].error = error
                return
            for waiting in batch:
                self._settle([waiting])

    def _commit(self, batch: list[_Waiting]) -> None:
        # In one order everywhere, or two machines could wait for each other's rows.
        batch = sorted(batch, key=lambda w: [wire.partition(work) for work in w.delivery.work])
        with self._database.engine.begin() as conn:
            news = [self._outbox.accept(conn, waiting.delivery) for waiting in batch]
        for waiting, is_new in zip(batch, news, strict=True):
            waiting.is_new, waiting.error = is_new, None
