"""What arrives together is stored together, and nobody pays for another's mistake."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest

from bot.inbox import Inbox, NotStored
from bot.model import Delivery


class Slow:
    """A store that waits until it is let go, and remembers what came together."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.batches: list[list[str]] = []

    def accept_all(self, deliveries: Sequence[Delivery]) -> list[bool | Exception]:
        self.go.wait(10)
        self.batches.append([each.id for each in deliveries])
        return [OSError("disk full") if each.id == "bad" else True for each in deliveries]


def delivery(name: str) -> Delivery:
    return Delivery(id=name, event="ping")


def test_what_waits_is_written_at_once() -> None:
    store = Slow()

    async def run() -> list[bool]:
        inbox = Inbox(store)
        first = asyncio.create_task(inbox.accept(delivery("first")))
        await asyncio.sleep(0.05)
        others = [asyncio.create_task(inbox.accept(delivery(f"d{n}"))) for n in range(100)]
        await asyncio.sleep(0.05)
        store.go.set()
        return await asyncio.gather(first, *others)

    assert all(asyncio.run(run()))
    assert [len(batch) for batch in store.batches] == [1, 64, 36]


def test_a_failure_is_its_senders_alone() -> None:
    store = Slow()
    store.go.set()

    async def run() -> list[bool | BaseException]:
        inbox = Inbox(store)
        names = ("good", "bad", "fine")
        return await asyncio.gather(
            *(inbox.accept(delivery(name)) for name in names), return_exceptions=True
        )

    good, bad, fine = asyncio.run(run())
    assert (good, fine) == (True, True)
    assert isinstance(bad, NotStored)
    assert "disk full" in str(bad)


def test_a_sender_that_hangs_up_leaves_its_delivery_stored() -> None:
    store = Slow()

    async def run() -> bool:
        inbox = Inbox(store)
        gone = asyncio.create_task(inbox.accept(delivery("gone")))
        await asyncio.sleep(0.05)
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
        store.go.set()
        return await inbox.accept(delivery("next"))

    assert asyncio.run(run())
    assert store.batches == [["gone"], ["next"]]
