"""How fast objects are priced, beside the least that pricing one takes."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from bot.facts import load_facts
from checks.cost_delta import Config, judge
from checks.model import Facts, Location, Resource, Snapshot, Subject
from checks.pricing.quantity import quantity
from checks.pricing.workload import Market, Sheets, price
from tests.checks.manifests import NOW

_COUNT = 20_000
_TURNS = 3
# So many different requests for cores are there among them, times seven for memory.
_ALIKE = 500
_AIM = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """Objects a second: priced, priced where no two are alike, judged as a change of all of them,
    and the bare baseline."""

    priced: float
    unlike: float
    judged: float
    bare: float


def measure(count: int = _COUNT) -> Speed:
    """The best of three turns over `count` Deployments, StatefulSets, claims and CronJobs."""
    facts = load_facts("aws", "us-east-1", NOW)
    before, after = _snapshot(count, 2), _snapshot(count, 3)
    unlike = _snapshot(count, 3, count)
    # Looking again and again through the manifests for garbage is not what is measured.
    gc.collect()
    gc.freeze()
    return Speed(
        priced=count / _best(lambda: _price(after, facts)),
        unlike=count / _best(lambda: _price(unlike, facts)),
        judged=count
        / _best(lambda: judge(Subject(base=before, head=after, facts=facts), Config())),
        bare=count / _best(lambda: _bare(after)),
    )


def _best(work: Callable[[], object]) -> float:
    took = []
    for _ in range(_TURNS):
        started = time.perf_counter()
        work()
        took.append(time.perf_counter() - started)
    return min(took)


def _price(snapshot: Snapshot, facts: Facts) -> int:
    market = Market.of(snapshot, Sheets(facts=facts))
    return sum(price(one, market) is not None for one in snapshot.resources.values())


def _bare(snapshot: Snapshot) -> Decimal:
    """Reading two quantities of each object and one multiplication: less is not pricing."""
    total = Decimal(0)
    hourly = Decimal("0.035667")
    for one in snapshot.resources.values():
        request = one.get("spec", "template", "spec", "containers", 0, "resources", "requests")
        asked = request if isinstance(request, dict) else {}
        total += quantity(asked.get("cpu", "1")) * hourly + quantity(asked.get("memory", "1Gi"))
    return total


def _snapshot(count: int, replicas: int, kinds: int = _ALIKE) -> Snapshot:
    return Snapshot(
        sha=f"{replicas:040x}",
        resources={one.id: one for one in (_object(n, replicas, kinds) for n in range(count))},
    )


def _object(number: int, replicas: int, kinds: int) -> Resource:
    kind = ("Deployment", "Deployment", "Deployment", "StatefulSet")[number % 4]
    name = f"app-{number}"
    cpu, memory = f"{100 + number % kinds}m", f"{256 + number % 7}Mi"
    asks = {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": memory}}
    sidecar = {"requests": {"cpu": "10m", "memory": "32Mi"}}
    containers = [
        {"name": "app", "image": f"registry.example/app:{number}", "resources": asks},
        {"name": "proxy", "image": "registry.example/proxy:1.2", "resources": sidecar},
    ]
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": containers}}
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": template}
    body = {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}
    return Resource(
        id=f"apps/{kind}/shop/{name}",
        api_version="apps/v1",
        kind=kind,
        namespace="shop",
        name=name,
        body=body,  # type: ignore[arg-type]
        source=Location(path=f"apps/{number % 100}/app.yaml", line=1),
    )


def main() -> int:
    """Print the figures; 1 where pricing is slower than it is meant to be."""
    speed = measure()
    print(
        f"pricing: {speed.priced:,.0f} objects/s (aim >= {_AIM:,}), {speed.unlike:,.0f}/s where no"
        f" two are alike; the whole check, both sides,"
        f" {speed.judged:,.0f} changed objects/s; bare quantities and one multiplication"
        f" {speed.bare:,.0f}/s; ratio {speed.priced / speed.bare:.2f}"
    )
    return int(speed.priced < _AIM)


if __name__ == "__main__":
    sys.exit(main())
