"""`python -m tests.bench.rightsizing`: 50 workloads × 14 days in a real Prometheus, decided on a
Sunday and held against the five weekdays that follow."""

from __future__ import annotations

import math
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

from bot.rightsizing.config import rightsizing
from bot.rightsizing.prometheus import Grid, Prometheus
from bot.rightsizing.usage import measure
from checks.model import ContainerUsage, CpuUsage, Recommendation, Refusal, Resource, ResourceRef
from checks.rightsizing.context import Context
from checks.rightsizing.rightsizers import RIGHTSIZERS
from tests.checks.manifests import FACTS, container, hpa, snapshot, workload
from tests.rightsizing.metrics import DAY, END, HOUR, MIB, NOW, STEP, Container, Figure, Pod
from tests.rightsizing.server import missing, serving

_COUNT = 50
_AHEAD = 5 * DAY + 12 * HOUR
# KRR on data of this shape (it was measured elsewhere).
_KRR = "KRR 7.2 s, 174 MB"


def main() -> int:
    """Print proposals, refusals and their reasons, seconds and peak memory; 0."""
    if reason := missing():
        print(f"rightsizing: skipped, {reason}")
        return 0
    if len(sys.argv) == 2:
        return _measured(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        with serving((_pod(number) for number in range(_COUNT)), Path(folder)) as url:
            print(f"{_COUNT} workloads made up: {time.perf_counter() - started:.1f} s", flush=True)
            # A process of its own: making the data up takes more memory than measuring.
            command = [sys.executable, "-m", "tests.bench.rightsizing", url]
            process = subprocess.Popen(command)
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            print(f"peak memory {used.ru_maxrss / 1024:.0f} MiB, the interpreter's too ({_KRR})")
    return process.returncode


def _measured(url: str) -> int:
    resources = [_resource(number) for number in range(_COUNT)]
    scaled = [_name(number) for number in range(_COUNT) if number % 25 == 7]
    scalers = [hpa(2, 6, target=("Deployment", name), name=name) for name in scaled]
    config = rightsizing()
    with Prometheus(url) as prometheus:
        started = time.perf_counter()
        refs = [_ref(resource) for resource in resources]
        measured = measure(prometheus, refs, NOW, config)
        asked = time.perf_counter() - started
        context = Context.of(snapshot(*resources, *scalers), FACTS)
        by_name = {resource.name: resource for resource in resources}
        answers = [
            rightsizer.recommend(by_name[usage.workload_name], usage, config.sizing, context)
            for usage in measured.usages.values()
            for rightsizer in RIGHTSIZERS
        ]
        took = time.perf_counter() - started
        print(
            f"measured {len(measured.usages)} containers in {asked:.2f} s, decided in {took:.2f} s"
        )
        proposals = [answer for answer in answers if isinstance(answer, Recommendation)]
        _say(proposals, [*measured.refusals, *(a for a in answers if isinstance(a, Refusal))])
        print(f"about right already: {sum(answer is None for answer in answers)}")
        _afterwards(prometheus, measured.usages.values(), by_name, proposals)
    return 0


def _say(proposals: list[Recommendation], refusals: list[Refusal]) -> None:
    ways = Counter(f"{p.resource} {p.direction.value}" for p in proposals)
    saving = sum((p.saving.expected for p in proposals if p.saving), start=Decimal(0))
    print(
        f"proposals: {len(proposals)} {dict(sorted(ways.items()))}, ${saving:.2f} a month released"
    )
    print(f"refusals: {len(refusals)}")
    reasons = Counter(_without_figures(refusal.reason) for refusal in refusals)
    for reason, count in sorted(reasons.items(), key=lambda item: (-item[1], item[0])):
        print(f"  {count:3} {reason}")


def _without_figures(reason: str) -> str:
    return " ".join("#" if any(c.isdigit() for c in word) else word for word in reason.split())


def _afterwards(
    prometheus: Prometheus,
    usages: Iterable[ContainerUsage],
    resources: dict[str, Resource],
    proposals: list[Recommendation],
) -> None:
    """The weekdays after: who was above its request for more than 5% of the time?"""
    known = list(usages)
    grid = Grid(start=END + 12 * HOUR + STEP, step=STEP, points=5 * DAY // STEP)
    later: dict[str, list[float]] = {}
    for series in prometheus.range(known[0].queries[0], grid):
        name = series.metric["owner_name"].rpartition("-")[0]
        later.setdefault(name, []).extend(value for _, value in series.values)
    now = {name: float(_cpu_request(int(name[1:]))) for name in resources}
    steps = {p.workload.name: float(p.proposed_amount) for p in proposals if p.resource == "cpu"}
    aims = {
        u.workload_name: max(0.01, 1.15 * max(p for p in u.cpu.by_hour_p95 if p is not None))
        for u in known
        if isinstance(u.cpu, CpuUsage)
    }
    for title, requests in (
        ("today's requests", now),
        ("after these proposals", now | steps),
        ("with every target reached", now | aims),
    ):
        above = sum(
            1
            for name, values in later.items()
            if sum(value > requests[name] for value in values) > 0.05 * len(values)
        )
        cores = sum(requests[name] for name in later)
        print(
            f"{title}: {cores:.1f} cores, {above} of {len(later)} above for > 5% of five weekdays"
        )


def _ref(resource: Resource) -> ResourceRef:
    return ResourceRef(kind=resource.kind, namespace="shop", name=resource.name)


def _name(number: int) -> str:
    return f"w{number:02}"


def _cpu_request(number: int) -> Decimal:
    """Most ask for far too much, some for too little."""
    level = Decimal(str(round(_level(number), 3)))
    return (level * (Decimal("0.6") if number % 5 == 0 else Decimal(3))).quantize(Decimal("0.001"))


def _memory_mib(number: int) -> int:
    return 128 + 37 * (number % 13)


def _level(number: int) -> float:
    return 0.05 * 1.09**number % 1.9 + 0.03


def _resource(number: int) -> Resource:
    ask = {"cpu": f"{_cpu_request(number) * 1000:.0f}m", "memory": f"{_memory_mib(number) * 4}Mi"}
    limits = {"memory": ask["memory"]}
    if number % 10 == 3:
        limits["cpu"] = ask["cpu"]
    pod = {"containers": [container(resources={"requests": ask, "limits": limits})]}
    return workload(name=_name(number), spec={"replicas": 4}, pod=pod)


def _pod(number: int) -> Pod:
    since = END - 3 * DAY if number == 11 else END - 15 * DAY
    return Pod(
        name=f"{_name(number)}-5d9f-0",
        owner=("ReplicaSet", f"{_name(number)}-5d9f"),
        containers=[_container(number)],
        since=since,
        until=END - 2 * HOUR if number == 12 else END + _AHEAD,
    )


def _container(number: int) -> Container:
    killed = END - 3 * DAY if number % 20 == 9 else None
    return Container(
        cpu=_load(number),
        memory=_held(number),
        throttled=(lambda t: 0.2 * (t // HOUR % 24 in (9, 10))) if number % 10 == 3 else None,
        restarts=lambda t: int(killed is not None and t >= killed),
        killed_from=killed,
        limit_mib=_memory_mib(number) * 4,
    )


def _load(number: int) -> Figure:
    """A working day's hill, quieter at weekends, with noise and bursts."""
    dice = random.Random(number)
    level, centre = _level(number), 8 + number % 10

    def cores(t: int) -> float | None:
        if number == 13 and END - 8 * DAY < t < END - 2 * DAY:
            return None
        weekend = (t // DAY + 3) % 7 >= 5
        hill = math.exp(-(((t / HOUR % 24) - centre) ** 2) / 12)
        burst = 1.6 if dice.random() < 0.01 else 1.0
        busy = 0.3 + (0.2 if weekend else 0.7) * hill
        return level * busy * burst * dice.uniform(0.85, 1.15)

    return cores


def _held(number: int) -> Figure:
    dice = random.Random(1000 + number)
    most = _memory_mib(number) * MIB

    def held(t: int) -> float | None:
        if number == 14 and END - DAY < t < END - DAY + HOUR:
            return math.nan
        grows = 0.03 * (t - END) / DAY if number % 20 == 15 else 0.0
        return most * (0.9 + grows) * dice.uniform(0.95, 1.05)

    return held


if __name__ == "__main__":
    sys.exit(main())
