"""The web side: a delivery is durable when `accept` returns."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

from dbos import error as dbos_error
from sqlalchemy.exc import SQLAlchemyError

from bot.jobs import wire
from bot.jobs.database import Database
from bot.jobs.outbox import Outbox
from bot.model import Delivery


@dataclass(slots=True, eq=False)
class _Waiting:
    delivery: Delivery
    is_new: bool | None = None


class Intake:
    """Takes deliveries in, from any thread. Opens the database and prepares it if it is new.

    Raises DatabaseError where that fails.
    """

    def __init__(self, url: str) -> None:
        self._database = Database(url, durable=True)
        self._outbox = Outbox(self._database)
        self._writer = threading.Lock()
        self._waiting: deque[_Waiting] = deque()

    def accept(self, delivery: Delivery) -> bool:
        """Store a delivery with its work and supersede what it overtakes; False for a duplicate.

        Whoever gets the lock commits for all who wait for it: SQLite lets one write at a time and
        makes the others sleep, and most of a commit is the disk's time.
        """
        mine = _Waiting(delivery)
        self._waiting.append(mine)
        with self._writer:
            if mine.is_new is None:
                self._lead(mine)
        return bool(mine.is_new)

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def _lead(self, mine: _Waiting) -> None:
        batch = [mine]
        while self._waiting:
            other = self._waiting.popleft()
            if other is not mine:
                batch.append(other)
        try:
            self._commit(batch)
        except (SQLAlchemyError, dbos_error.DBOSException):
            if len(batch) == 1:
                raise
            # Only the one that cannot be stored is to fail: everybody goes alone.
            self._commit([mine])

    def _commit(self, batch: list[_Waiting]) -> None:
        # In one order everywhere, or two machines could wait for each other's rows.
        batch = sorted(batch, key=lambda w: [wire.partition(work) for work in w.delivery.work])
        with self._database.engine.begin() as conn:
            news = [self._outbox.accept(conn, waiting.delivery) for waiting in batch]
        for waiting, is_new in zip(batch, news, strict=True):
            waiting.is_new = is_new
