"""What the sample's services used in the last two weeks, in a real Prometheus."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.rightsizing.metrics import DAY, HOUR, MIB, STEP, Container, Pod, daily, flat
from tests.rightsizing.server import missing, serving

__all__ = ["measured", "missing"]


@contextmanager
def measured(root: Path) -> Iterator[str]:
    """The URL of a Prometheus that has watched the sample; "" where none is installed."""
    if missing():
        yield ""
        return
    root.mkdir()
    with serving(_pods(), root) as url:
        yield url


def _pods() -> list[Pod]:
    """speech-to-text asks for a core and 3 GiB, and uses a fifth of it even at its busiest."""
    # On the grid, and a little into the future: the newest sample must not look stale.
    now = int(time.time()) // STEP * STEP
    busy = Container(name="transcriber", cpu=daily(0.05, 0.2, 10), memory=flat(600 * MIB))
    return [
        Pod(
            name=f"speech-to-text-6c8d-{number}",
            owner=("ReplicaSet", "speech-to-text-6c8d"),
            containers=[busy],
            namespace="ai-prod",
            since=now - 16 * DAY,
            until=now + HOUR,
        )
        for number in range(3)
    ]
