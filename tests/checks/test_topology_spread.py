"""Whether replicas are spread."""

from __future__ import annotations

from typing import Any

import pytest

from checks.model import Resource, Tier
from checks.topology_spread import CHECK, Config
from tests.checks.golden import assert_golden
from tests.checks.manifests import hpa, subject
from tests.checks.related import APP, deployment

_MEANS = {"labelSelector": {"matchLabels": APP}}
_ZONE = "topology.kubernetes.io/zone"


def _rules(*after: Resource, config: Config | None = None) -> list[str]:
    return [f.rule for f in CHECK.judge(subject([], after), config or Config()).findings]


def _anti(key: str, labels: Any = None, *, preferred: bool = False) -> dict[str, Any]:
    term: dict[str, Any] = {
        "topologyKey": key,
        "labelSelector": {"matchLabels": APP if labels is None else labels},
    }
    if preferred:
        terms: dict[str, Any] = {
            "preferredDuringSchedulingIgnoredDuringExecution": [
                {"weight": 1, "podAffinityTerm": term}
            ]
        }
    else:
        terms = {"requiredDuringSchedulingIgnoredDuringExecution": [term]}
    return {"affinity": {"podAntiAffinity": terms}}


@pytest.mark.parametrize(
    ("pod", "rules"),
    [
        ({}, ["spread-missing"]),
        ({"topologySpreadConstraints": [{"topologyKey": _ZONE, **_MEANS}]}, []),
        ({"topologySpreadConstraints": [{"topologyKey": "rack", **_MEANS}]}, ["spread-missing"]),
        ({"topologySpreadConstraints": [{"topologyKey": _ZONE}]}, ["spread-selector"]),
        (
            {
                "topologySpreadConstraints": [
                    {"topologyKey": _ZONE, "labelSelector": {"matchLabels": {"app": "b"}}}
                ]
            },
            ["spread-selector"],
        ),
        (_anti(_ZONE), []),
        (_anti("kubernetes.io/hostname", preferred=True), []),
        (_anti(_ZONE, {"app": "b"}), ["spread-missing"]),
        ({"affinity": "none", "topologySpreadConstraints": "none"}, ["spread-missing"]),
    ],
)
def test_what_spreads(pod: Any, rules: list[str]) -> None:
    assert _rules(deployment(2, **pod)) == rules


@pytest.mark.parametrize(
    ("objects", "asked"),
    [
        ([deployment(1)], False),
        ([deployment()], False),
        ([deployment(2, tier=Tier.STAGING)], False),
        ([deployment(2, kind="DaemonSet")], False),
        ([deployment(2, kind="StatefulSet")], True),
        ([deployment(), hpa(2, 5)], True),
        ([deployment(), hpa(1, 5)], False),
    ],
)
def test_who_is_asked(objects: list[Resource], asked: bool) -> None:
    assert _rules(*objects) == (["spread-missing"] if asked else [])


def test_from_how_many_replicas() -> None:
    assert _rules(deployment(2), config=Config(from_replicas=3)) == []
    with pytest.raises(ValueError, match="2 or more"):
        Config(from_replicas=1)


def test_the_example() -> None:
    assert_golden(CHECK)
