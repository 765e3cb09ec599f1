"""Manifests as the checks see them, without a repository around them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import yaml

from checks.model import (
    Facts,
    Location,
    Prices,
    Resource,
    Snapshot,
    Subject,
    Tier,
    UnitPrice,
)
from checks.pricing.assume import KindRule
from checks.pricing.cost import Cost, Unknown
from checks.pricing.workload import Assumptions, Market, Sheets, price

NOW = datetime(2026, 11, 1, tzinfo=UTC)
_AS_OF = date(2024, 10, 24)
PRICES = Prices(
    units={
        name: UnitPrice(amount=Decimal(amount), unit=unit, source="a list", as_of=_AS_OF)
        for name, amount, unit in (
            ("cpu", "0.031611", "vCPU-hour"),
            ("ram", "0.004237", "GiB-hour"),
            ("gpu", "0.95", "GPU-hour"),
            ("storage", "0.04", "GiB-month"),
        )
    }
)
NO_ASSUMPTIONS = Assumptions()
FACTS = Facts(now=NOW, prices=PRICES)
ASK = {"requests": {"cpu": "500m", "memory": "1Gi"}}
# What one pod with that request costs: 730 × (0.5 × 0.031611 + 0.004237).
POD = Decimal("14.631025")


def resources(text: str, *, tier: Tier = Tier.STAGING, changed: bool = True) -> list[Resource]:
    """The objects of a YAML stream."""
    found = (body for body in yaml.safe_load_all(text) if body)
    return [resource(body, tier=tier, changed=changed) for body in found]


def resource(body: dict[str, Any], *, tier: Tier = Tier.STAGING, changed: bool = True) -> Resource:
    """One object."""
    meta = body["metadata"]
    namespace = meta.get("namespace", "")
    return Resource(
        id=f"{body['kind']}/{namespace}/{meta['name']}",
        api_version=body["apiVersion"],
        kind=body["kind"],
        namespace=namespace,
        name=meta["name"],
        body=body,
        source=Location(path=f"{meta['name']}.yaml", line=1),
        tier=tier,
        changed=changed,
    )


def snapshot(*objects: Resource) -> Snapshot:
    """A snapshot that holds the objects in the given order."""
    return Snapshot(sha="0" * 40, resources={one.id: one for one in objects})


def subject(
    before: Iterable[Resource], after: Iterable[Resource], *, prices: Prices = PRICES
) -> Subject:
    """A change from one list of objects to another."""
    facts = replace(FACTS, prices=prices)
    return Subject(base=snapshot(*before), head=snapshot(*after), facts=facts)


def container(name: str = "app", resources: Any = ASK, **fields: Any) -> dict[str, Any]:
    """A container with the usual request."""
    return {"name": name, "image": "app:1.0", "resources": resources, **fields}


def workload(
    kind: str = "Deployment",
    name: str = "web",
    *,
    spec: Mapping[str, Any] | None = None,
    pod: Mapping[str, Any] | None = None,
    tier: Tier = Tier.STAGING,
    changed: bool = True,
) -> Resource:
    """A workload whose `spec` and pod spec have these fields besides the usual ones."""
    group = {"Pod": "v1", "ReplicationController": "v1", "Job": "batch/v1", "CronJob": "batch/v1"}
    template = {"spec": {"containers": [container()], **(pod or {})}}
    own: dict[str, Any] = {"template": template, **(spec or {})}
    if kind == "Pod":
        own = template["spec"]
    if kind == "CronJob":
        own = {"schedule": "@hourly", "jobTemplate": {"spec": {"template": template}}}
        for key, value in (spec or {}).items():
            target = own["jobTemplate"]["spec"] if key in _OF_JOB else own
            target[key] = value
    body = {
        "apiVersion": group.get(kind, "apps/v1"),
        "kind": kind,
        "metadata": {"name": name},
        "spec": own,
    }
    return resource(body, tier=tier, changed=changed)


_OF_JOB = frozenset({"parallelism", "completions", "activeDeadlineSeconds"})


def hpa(
    low: Any = None,
    high: Any = None,
    *,
    target: tuple[str, str] = ("Deployment", "web"),
    name: str = "web",
    version: str = "autoscaling/v2",
    changed: bool = True,
) -> Resource:
    """An autoscaler; a bound of None is not written down."""
    bounds = {"minReplicas": low, "maxReplicas": high}
    body = {
        "apiVersion": version,
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": name},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": target[0], "name": target[1]},
            **{key: value for key, value in bounds.items() if value is not None},
        },
    }
    return resource(body, changed=changed)


def priced(
    one: Resource,
    *others: Resource,
    assume: Assumptions = NO_ASSUMPTIONS,
    prices: Prices = PRICES,
    kinds: Sequence[KindRule] = (),
) -> Cost | Unknown | None:
    """What `one` costs beside the others."""
    sheets = Sheets(facts=replace(FACTS, prices=prices))
    return price(one, Market.of(snapshot(one, *others), sheets, assume, kinds))


def known(answer: Cost | Unknown | None) -> Cost:
    """`answer`, which must be a cost."""
    assert isinstance(answer, Cost), answer
    return answer


def reason(answer: Cost | Unknown | None) -> str:
    """Why `answer`, which must be unknown, is."""
    assert isinstance(answer, Unknown), answer
    return answer.reason
