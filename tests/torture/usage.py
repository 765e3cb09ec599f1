"""A Prometheus that saw every repository's `sized` Deployment use far less than it asks for."""

from __future__ import annotations

import time

from tests.rightsizing.metrics import DAY, HOUR, MIB, STEP, Container, Pod, daily, flat
from tests.torture.worlds import SIZED


def pods(repositories: int) -> list[Pod]:
    """Two pods in each namespace sized-0, sized-1, …"""
    now = int(time.time()) // STEP * STEP
    return [
        Pod(
            name=f"{SIZED}-5d9f-{number}",
            owner=("ReplicaSet", f"{SIZED}-5d9f"),
            containers=[Container(name="server", cpu=daily(0.1, 0.3, 11), memory=flat(300 * MIB))],
            namespace=f"sized-{repository}",
            since=now - 16 * DAY,
            until=now + HOUR,
        )
        for repository in range(repositories)
        for number in range(2)
    ]
