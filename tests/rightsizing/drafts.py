"""A measured workload and what is recommended for it, to make drafts of."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from bot.render.objects import objects
from bot.render.yaml_reader import read
from bot.rightsizing.declared import Place
from bot.rightsizing.match import Match
from bot.rightsizing.proposal import Draft, key_of
from checks.model import (
    Confidence,
    ContainerUsage,
    CpuUsage,
    Direction,
    Location,
    MemoryUsage,
    Patch,
    Range,
    Recommendation,
    Refusal,
    Resource,
    ResourceRef,
)
from checks.pricing.quantity import quantity

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
MIB = 2**20
WEB = ResourceRef(kind="Deployment", namespace="shop", name="web")
MANIFEST = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  template:
    spec:
      containers:
        - name: web
          resources:
            requests:
              cpu: 2  # measured in May
              memory: 4Gi
            limits: {memory: 4Gi}
"""
CPU = CpuUsage(
    p50=0.31,
    p95=0.702,
    p99=0.74,
    max=1.9,
    by_hour_p95=tuple(0.4 + 0.01 * hour for hour in range(24)),
    peak_hour=23,
    throttled_share=0.004,
    distribution=(0.1, 0.3, 0.9),
)
MEMORY = MemoryUsage(
    p50=2100.0 * MIB,
    p95=2300.0 * MIB,
    p99=2390.0 * MIB,
    max=2416.0 * MIB,
    slope_per_day=0.001,
    oom_kills=0,
    restarts=1,
    distribution=(1.0, 2.0),
)
USAGE = ContainerUsage(
    namespace="shop",
    workload_kind="Deployment",
    workload_name="web",
    container="web",
    window_days=14,
    step_seconds=300,
    points=4010,
    coverage=0.994,
    pods=3,
    now=NOW,
    first_seen=NOW - timedelta(days=14),
    as_of=NOW - timedelta(minutes=2),
    has_weekend=True,
    cpu=CPU,
    memory=MEMORY,
    queries=('max by (container) (rate(container_cpu_usage_seconds_total{namespace="shop"}[5m]))',),
)


def wants(
    resource: str, current: str, proposed: str, *, target: str = "", container: str = "web"
) -> Recommendation:
    """A recommendation, priced at ten dollars a core or gibibyte."""
    before, after = quantity(current), quantity(proposed)
    saved = (before - after) * 10 / (1 if resource == "cpu" else 2**30)
    base = ("spec", "template", "spec", "containers", 0, "resources", "requests")
    return Recommendation(
        workload=WEB,
        container=container,
        resource="cpu" if resource == "cpu" else "memory",
        current=current,
        target=target or proposed,
        proposed=proposed,
        current_amount=before,
        target_amount=quantity(target or proposed),
        proposed_amount=after,
        direction=Direction.DECREASE if after < before else Direction.INCREASE,
        reasons=("the busiest hour is 23:00 UTC with a p95 of 0.702 cores; with 15% headroom",)
        if resource == "cpu"
        else ("the most ever used was 2416Mi; with 20% headroom",),
        evidence=USAGE,
        confidence=Confidence.HIGH,
        patches=(Patch(pointer=(*base, resource), value=proposed),),
        counterfactual="would have exceeded the request 0.4% of minutes (today's request: 0.0%)",
        saving=Range(low=saved * Decimal("0.8"), expected=saved, high=saved * Decimal("1.1"))
        if saved > 0
        else Range.exact(saved),
    )


SMALLER_CPU = wants("cpu", "2", "850m")
SMALLER_MEMORY = wants("memory", "4Gi", "2900Mi", target="2700Mi")


def draft(
    *recommendations: Recommendation,
    text: str = MANIFEST,
    path: str = "shop/web.yaml",
    blob: str = "b" * 40,
    name: str = "web",
    refused: tuple[Refusal, ...] = (),
    note: str = "",
) -> Draft:
    """A draft for shop/web, by default of a smaller CPU request."""
    documents, _ = read(path, text.encode())
    (found, *_), _ = objects(path, documents)
    resource = Resource(
        id=f"{path}#web",
        api_version=found.api_version,
        kind=found.kind,
        namespace=found.namespace,
        name=found.name,
        body=found.body,
        source=Location(path=path, line=1),
    )
    workload = replace(WEB, name=name)
    return Draft(
        key=key_of("plain", "acme/infra", workload),
        match=Match(
            workload=workload,
            place=Place(resource=resource, blob=blob, mode="100644", document=0),
            note=note,
        ),
        raw=text.encode(),
        recommendations=recommendations or (SMALLER_CPU,),
        refused=refused,
        model="plumbline-rightsizer/1.0",
    )
