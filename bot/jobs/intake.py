"""The web side: a delivery is durable when `accept` returns."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from bot.jobs import wire
from bot.jobs.database import Database
from bot.jobs.outbox import Outbox
from bot.model import Delivery


class Intake:
    """Takes deliveries in, from any thread. Opens the database and prepares it if it is new.

    Raises DatabaseError where that fails.
    """

    def __init__(self, url: str) -> None:
        self._database = Database(url, durable=True)
        self._outbox = Outbox(self._database)
        # SQLite makes a second writer sleep and look again; a lock wakes it at once.
        self._lock = threading.Lock()

    def accept(self, delivery: Delivery) -> bool:
        """Store a delivery with its work and supersede what it overtakes; False for a duplicate.
        Raises what the database raises."""
        return self._commit([delivery])[0]

    def accept_all(self, deliveries: Sequence[Delivery]) -> list[bool | Exception]:
        """The same for several in one transaction: the disk takes as long for one as for many.
        Where that fails everyone goes alone, and only the one that is wrong has its error."""
        try:
            return list(self._commit(deliveries))
        except Exception as error:  # noqa: BLE001 - handed to the sender whose delivery it is
            if len(deliveries) == 1:
                return [error]
            return [result for one in deliveries for result in self.accept_all([one])]

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def _commit(self, deliveries: Sequence[Delivery]) -> list[bool]:
        # In one order everywhere, or two machines could wait for each other's rows.
        order = sorted(range(len(deliveries)), key=lambda n: _partitions(deliveries[n]))
        news: dict[int, bool] = {}
        with self._lock, self._database.engine.begin() as conn:
            for number in order:
                news[number] = self._outbox.accept(conn, deliveries[number])
        return [news[number] for number in range(len(deliveries))]


def _partitions(delivery: Delivery) -> list[str]:
    return [wire.partition(work) for work in delivery.work]
