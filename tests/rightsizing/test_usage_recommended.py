"""From what a real Prometheus knows to what is proposed for a manifest."""

from __future__ import annotations

import pytest

from bot.rightsizing.config import rightsizing
from bot.rightsizing.prometheus import Prometheus
from bot.rightsizing.usage import measure
from checks.model import Recommendation, Refusal, ResourceRef
from checks.rightsizing.context import Context
from checks.rightsizing.rightsizers import RIGHTSIZERS
from tests.checks.manifests import FACTS, container, snapshot, workload
from tests.checks.usages import writes
from tests.rightsizing.metrics import NOW

pytestmark = pytest.mark.xdist_group("prometheus")
_BIG = {"cpu": "2", "memory": "4Gi"}


def _said(prometheus: Prometheus, name: str) -> dict[str, Recommendation | Refusal | None]:
    names = ("app", "proxy") if name == "pair" else ("app",)
    limits = {"memory": "256Mi"} if name.startswith("killed") else _BIG | {"cpu": "4"}
    requests = {"cpu": "2", "memory": "256Mi"} if name.startswith("killed") else _BIG
    ask = {"requests": requests, "limits": limits}
    if name != "throttled":
        ask["limits"] = {"memory": limits["memory"]}
    pod = {"containers": [container(one, ask) for one in names]}
    resource = workload(name=name, spec={"replicas": 3}, pod=pod)
    config = rightsizing()
    ref = ResourceRef(kind="Deployment", namespace="shop", name=name)
    measured = measure(prometheus, [ref], NOW, config)
    assert measured.refusals == ()
    context = Context.of(snapshot(resource), FACTS)
    return {
        f"{usage.container} {one.resource}": one.recommend(resource, usage, config.sizing, context)
        for usage in measured.usages.values()
        for one in RIGHTSIZERS
    }


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("steady", {"app cpu": "1", "app memory": "2868Mi"}),
        ("peak", {"app cpu": "1", "app memory": "2868Mi"}),
        ("killed", {"app cpu": "1", "app memory": "356Mi"}),
        ("throttled", {"app cpu": "throttled in 30.0% of its periods", "app memory": "2868Mi"}),
        ("gap", {"app cpu": "57% of the points", "app memory": "57% of the points"}),
        ("nan", {"app cpu": "1", "app memory": "are NaN, infinite or negative"}),
        ("leak", {"app cpu": "1", "app memory": "its memory grows by 3.8% a day"}),
        ("young", {"app cpu": "needs 7 days of history", "app memory": "needs 7 days of history"}),
        ("rolled", {"app cpu": "rolled out 2 days ago", "app memory": "rolled out 2 days ago"}),
        ("scaled", {"app cpu": "in the cluster scales it by cpu", "app memory": "2868Mi"}),
        ("gone", {"app cpu": "45 minutes old", "app memory": "45 minutes old"}),
        (
            "pair",
            {
                "app cpu": "1",
                "app memory": "2868Mi",
                "proxy cpu": "1",
                "proxy memory": "2868Mi",
            },
        ),
    ],
)
def test_proposals(prometheus: Prometheus, name: str, expected: dict[str, str]) -> None:
    said = _said(prometheus, name)
    assert said.keys() == expected.keys()
    for key, one in said.items():
        if isinstance(one, Recommendation):
            assert one.proposed == expected[key]
            assert expected[key] in writes(one.patches).values()
        else:
            assert isinstance(one, Refusal)
            assert expected[key] in one.reason
