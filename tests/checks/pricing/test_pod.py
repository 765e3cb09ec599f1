"""The effective request of a pod, as Kubernetes computes it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.pricing.cost import Unknown
from checks.pricing.pod import pod_request
from tests.checks.manifests import ASK, container


def _asks(cpu: Any = None, memory: Any = None, **more: Any) -> dict[str, Any]:
    amounts = {"cpu": cpu, "memory": memory, **more}
    return {"requests": {name: value for name, value in amounts.items() if value is not None}}


def _cpu(**spec: Any) -> Decimal:
    amounts = pod_request(spec)
    assert not isinstance(amounts, Unknown), amounts.reason
    return amounts["cpu"]


def _init(cpu: str, *, sidecar: bool = False) -> dict[str, Any]:
    one = container("init", _asks(cpu, 1))
    return {**one, "restartPolicy": "Always"} if sidecar else one


def _app(cpu: str) -> dict[str, Any]:
    return container("app", _asks(cpu, 1))


@pytest.mark.parametrize(
    ("spec", "cpu"),
    [
        ({"containers": [_app("1"), _app("500m")]}, "1.5"),
        ({"containers": [_app("1")], "initContainers": [_init("3"), _init("2")]}, "3"),
        ({"containers": [_app("4")], "initContainers": [_init("3")]}, "4"),
        ({"containers": [_app("1")], "initContainers": [_init("2", sidecar=True)]}, "3"),
        # A sidecar counts beside the init containers that start after it, and not before.
        (
            {
                "containers": [_app("1")],
                "initContainers": [_init("2", sidecar=True), _init("5")],
            },
            "7",
        ),
        (
            {
                "containers": [_app("1")],
                "initContainers": [_init("5"), _init("2", sidecar=True)],
            },
            "5",
        ),
        ({"containers": [_app("1")], "overhead": {"cpu": "250m", "memory": 1}}, "1.25"),
        ({"containers": [_app("1")], "resources": _asks("3")}, "3"),
        (
            {
                "containers": [_app("1")],
                "resources": _asks("3"),
                "initContainers": [_init("9")],
                "overhead": {"cpu": "1"},
            },
            "4",
        ),
        ({"containers": [container("a", {})], "resources": _asks("2", "1Gi")}, "2"),
        (
            {
                "containers": [container("a", {})],
                "resources": {"limits": {"cpu": "2", "memory": "1Gi"}},
            },
            "2",
        ),
        # The pod's limit is none of its business where the containers say what they need.
        ({"containers": [_app("1")], "resources": {"limits": {"cpu": "8"}}}, "1"),
        ({"containers": [container("a", {"limits": {"cpu": 2, "memory": 1}})]}, "2"),
        (
            {
                "containers": [
                    container(
                        "a",
                        {"limits": {"cpu": 2, "memory": 1}, "requests": {"cpu": 1, "memory": None}},
                    )
                ]
            },
            "1",
        ),
    ],
)
def test_effective_request(spec: dict[str, Any], cpu: str) -> None:
    assert _cpu(**spec) == Decimal(cpu)


def test_every_resource_peaks_by_itself() -> None:
    spec: dict[str, Any] = {
        "containers": [container("app", _asks("2", "1Gi"))],
        "initContainers": [container("warm-up", _asks("1", "3Gi", **{"nvidia.com/gpu": 1}))],
    }
    assert pod_request(spec) == {
        "cpu": Decimal(2),
        "memory": Decimal(3 * 2**30),
        "nvidia.com/gpu": Decimal(1),
    }


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        (None, "it has no pod spec"),
        ({}, "it has no containers"),
        ({"containers": []}, "it has no containers"),
        ({"containers": {"name": "a"}}, "its list of containers is not a list of mappings"),
        ({"containers": [container("a", {})]}, "container a has no cpu or memory request"),
        ({"containers": [container("a", _asks("1"))]}, "container a has no memory request"),
        ({"containers": [{"resources": ASK}, {}]}, "container #2 has no cpu or memory request"),
        (
            {"containers": [container()], "initContainers": [container("i", _asks(memory=1))]},
            "init container i has no cpu request",
        ),
        (
            {"containers": [container("a", _asks("much", "1Gi"))]},
            'container a: cpu "much" is not a Kubernetes quantity (such as 500m, 2 or 1Gi)',
        ),
        (
            {"containers": [container("a", _asks("-1", "1Gi"))]},
            'container a: cpu "-1" is negative',
        ),
        (
            {"containers": [container()], "overhead": {"cpu": []}},
            "overhead: cpu a list is not a Kubernetes quantity (such as 500m, 2 or 1Gi)",
        ),
    ],
)
def test_names_what_is_missing(spec: Any, reason: str) -> None:
    answer = pod_request(spec)
    assert isinstance(answer, Unknown)
    assert reason in answer.reason


def test_space_for_logs_is_left_out() -> None:
    asks = _asks("1", "1Gi", **{"ephemeral-storage": "nonsense"})
    answer = pod_request({"containers": [container("a", asks)]})
    assert not isinstance(answer, Unknown)
    assert set(answer) == {"cpu", "memory"}


@given(
    st.lists(st.integers(0, 9), min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(0, 9), st.booleans()), max_size=4),
)
def test_agrees_with_the_definition(apps: list[int], inits: list[tuple[int, bool]]) -> None:
    spec: dict[str, Any] = {
        "containers": [_app(str(cpu)) for cpu in apps],
        "initContainers": [_init(str(cpu), sidecar=sidecar) for cpu, sidecar in inits],
    }
    running = sum(apps) + sum(cpu for cpu, sidecar in inits if sidecar)
    starting = [
        cpu + sum(c for c, before in inits[:index] if before)
        for index, (cpu, sidecar) in enumerate(inits)
        if not sidecar
    ]
    assert _cpu(**spec) == max([running, *starting])
