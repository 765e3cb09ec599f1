"""What the measured workloads did: one trait each."""

from __future__ import annotations

import math
from collections.abc import Iterator

from tests.rightsizing.metrics import (
    DAY,
    END,
    HOUR,
    MIB,
    Container,
    Figure,
    Pod,
    daily,
    deployment,
    flat,
)

# A namespace's name cannot be this; a label's value can.
AWKWARD = 'a"}\\or\nvector(1)#'


def everything() -> Iterator[Pod]:
    """All pods, in namespace shop if nothing else is said."""
    yield from deployment("steady", pods=3)
    yield from deployment("peak", Container(cpu=daily(0.1, 0.8, 14)))
    yield from _killed()
    yield from deployment("throttled", Container(throttled=_busy))
    yield from deployment("gap", Container(cpu=_gap(0.1), memory=_gap(200 * MIB)))
    yield from deployment("nan", Container(memory=_broken))
    yield from deployment("infinite", Container(memory=lambda _: math.inf))
    sidecar = Container(name="proxy", cpu=flat(0.02), memory=flat(50 * MIB))
    yield from deployment("pair", Container(cpu=flat(0.3)), sidecar)
    yield from deployment("twins", Container(cpu=flat(0.2)), twins=True)
    yield from deployment("leak", Container(memory=lambda t: 1e8 * (1 + 0.03 * (t - END) / DAY)))
    yield from deployment("young", since=END - 3 * DAY)
    yield from deployment("java", heap=True)
    yield from deployment("scaled", scaled_by="cpu")
    yield from deployment("gone", until=END - 40 * 60)
    yield from _rolled_out()
    yield _set("db-0", 0.1)
    yield _set("db-1", 0.4)
    for cluster in ("east", "west"):
        yield from deployment("everywhere", namespace="wide", labels={"cluster": cluster})
    yield from deployment("old", namespace="quiet", until=END - 5 * HOUR)
    yield from deployment("odd", namespace=AWKWARD)


def _broken(t: int) -> float:
    """An hour of NaN."""
    return math.nan if END - DAY < t <= END - DAY + HOUR else 1e8


def _busy(t: int) -> float:
    """30% in three hours of every day."""
    return 0.3 if t // HOUR % 24 in (9, 10, 11) else 0.0


def _gap(value: float) -> Figure:
    """Nothing for six of the last days."""
    return lambda t: None if END - 8 * DAY < t < END - 2 * DAY else value


def _killed() -> Iterator[Pod]:
    killed = END - 2 * DAY
    yield from deployment(
        "killed",
        Container(
            memory=flat(240 * MIB),
            restarts=lambda t: 5 if t >= killed else 2,
            killed_from=killed,
            limit_mib=256,
        ),
    )
    # Its last end was one, but long ago.
    yield from deployment(
        "killed-before", Container(restarts=lambda _: 4, killed_from=0, limit_mib=256)
    )
    yield from deployment("restarted", Container(restarts=lambda t: 3 if t >= killed else 0))


def _rolled_out() -> Iterator[Pod]:
    change = END - 2 * DAY
    for name, since, until in (("old", END - 16 * DAY, change), ("new", change, END + HOUR)):
        yield Pod(
            name=f"rolled-{name}-0",
            owner=("ReplicaSet", f"rolled-{name}"),
            containers=[Container()],
            since=since,
            until=until,
        )


def _set(name: str, cores: float) -> Pod:
    return Pod(name=name, owner=("StatefulSet", "db"), containers=[Container(cpu=flat(cores))])
