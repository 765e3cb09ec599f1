"""Many webhooks at once, one transaction: what arrives while one is written waits for the next."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

from bot.model import Delivery

# A transaction that takes much longer than a disk's turn would let everybody wait for it.
_MOST_AT_ONCE = 64


class Store(Protocol):
    """Where deliveries become durable."""

    def accept_all(self, deliveries: Sequence[Delivery]) -> list[bool | Exception]:
        """For each: whether it is new, or why it could not be stored."""


class NotStored(Exception):  # noqa: N818 - what happened, not whose fault it is
    """The delivery is not durable, so it must not be acknowledged."""


class Inbox:
    """Gathers what the event loop receives and stores it on a thread. For one event loop."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: list[tuple[Delivery, asyncio.Future[bool]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def accept(self, delivery: Delivery) -> bool:
        """True once the delivery is durable, False for a duplicate. Raises NotStored."""
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((delivery, answer))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())
        try:
            return await answer
        except Exception as error:
            raise NotStored(f"delivery {delivery.id}: {type(error).__name__}: {error}") from error

    async def _write(self) -> None:
        while self._waiting:
            batch = self._waiting[:_MOST_AT_ONCE]
            del self._waiting[:_MOST_AT_ONCE]
            results = await asyncio.to_thread(self._store.accept_all, [item for item, _ in batch])
            for (_, answer), result in zip(batch, results, strict=True):
                # A sender that hung up waits for no answer; its delivery is stored all the same.
                if answer.done():
                    continue
                if isinstance(result, Exception):
                    answer.set_exception(result)
                else:
                    answer.set_result(result)
