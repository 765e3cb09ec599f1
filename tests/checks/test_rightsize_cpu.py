"""What CPU request a container is given."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.model import Confidence, Direction, NoUsage, Recommendation
from checks.patches import patched
from checks.pricing.quantity import quantity
from checks.rightsizing.config import CpuSizing, Sizing
from checks.rightsizing.qos import QosClass, qos_class
from tests.checks.manifests import container
from tests.checks.usages import (
    FREE,
    answer,
    asking,
    cpu,
    refused,
    spread,
    usage,
    wanted,
    writes,
)

_MEMORY = {"memory": "256Mi"}


def _ask(request: str, limit: str | None = None, **fields: Any) -> Any:
    limits = None if limit is None else {"cpu": limit}
    return asking({"cpu": request, **_MEMORY}, limits, **fields)


def _throttled(share: float, peak: float = 0.2) -> Any:
    return usage(cpu=cpu(peak, throttled_share=share))


@pytest.mark.parametrize(
    ("request_", "peak", "target", "proposed"),
    [
        ("300m", 0.2, "230m", "230m"),
        ("1", 0.2, "230m", "500m"),
        ("100m", 0.2, "230m", "150m"),
        ("200m", 0.2, "230m", "230m"),
        ("2", 1.2, "1380m", "1380m"),
        ("1500m", 3.0, "3450m", "2250m"),
        ("305m", 0.001, "10m", "153m"),
        ("15m", 0.001, "10m", "10m"),
        # Half of next to nothing more would never get anywhere.
        ("1m", 0.2, "230m", "10m"),
    ],
)
def test_the_busiest_hour_and_a_bit(request_: str, peak: float, target: str, proposed: str) -> None:
    said = wanted("cpu", _ask(request_), usage(cpu=cpu(peak)))
    assert (said.target, said.proposed) == (target, proposed)
    assert said.capped == (target != proposed)
    assert writes(said.patches) == {"requests.cpu": proposed}
    assert said.proposed_amount == quantity(proposed)


@pytest.mark.parametrize("request_", ["210m", "230m", "250m", "255m"])
def test_what_is_about_right_stays(request_: str) -> None:
    assert answer("cpu", _ask(request_)) is None


def test_what_it_says() -> None:
    said = wanted("cpu", _ask("600m"), config=Sizing())
    assert str(said.workload) == "Deployment web"
    assert (said.container, said.resource, said.direction) == ("app", "cpu", Direction.DECREASE)
    assert said.reasons == (
        "the busiest hour is 14:00 UTC with a p95 of 0.2 cores; with 15% headroom",
        "one step is at most 50%: 300m now, towards 230m",
    )
    assert said.counterfactual == (
        "would have exceeded the request 0.0% of minutes (today's request: 0.0%)"
    )
    assert said.confidence is Confidence.HIGH
    # 3 replicas × 0.3 cores × 730 hours × 0.031611.
    assert said.saving is not None
    assert said.saving.expected == Decimal("20.768427000")
    assert said.patches[0].pointer == (
        *("spec", "template", "spec", "containers", 0, "resources", "requests", "cpu"),
    )
    assert said.evidence == usage()


def test_an_increase_costs_and_says_what_it_mends() -> None:
    said = wanted("cpu", _ask("150m"), config=Sizing())
    assert said.direction is Direction.INCREASE
    assert said.saving is not None
    assert said.saving.expected < 0
    text = "would have exceeded the request 0.0% of minutes (today's request: 4.2%)"
    assert said.counterfactual == text


def test_the_container_is_found_by_its_name() -> None:
    first = container("proxy", {"requests": {"cpu": "1", "memory": "1Gi"}})
    resource = asking({"cpu": "1", **_MEMORY}, None, first)
    said = wanted("cpu", resource, usage(container="proxy"))
    assert said.patches[0].pointer[:5] == ("spec", "template", "spec", "containers", 1)


@pytest.mark.parametrize("limit", ["2", "600m"])
def test_a_limit_is_left_alone(limit: str) -> None:
    measured = usage(cpu=cpu(throttled_share=0.01))
    assert writes(wanted("cpu", _ask("600m", limit), measured).patches) == {"requests.cpu": "300m"}


def test_no_request_is_above_its_limit() -> None:
    said = wanted("cpu", _ask("200m", "250m"), _throttled(0.0, 0.25))
    # Just below, so that it stays Burstable.
    assert writes(said.patches) == {"requests.cpu": "249m"}
    assert "held at its limit of 250m" in said.reasons


def test_a_throttled_container_is_never_given_less() -> None:
    reason = refused("cpu", _ask("600m", "600m"), _throttled(0.12))
    assert reason == (
        "a decrease is refused: it is throttled in 12.0% of its periods at busy hours"
    )


def test_a_throttled_container_gets_a_higher_limit() -> None:
    said = wanted("cpu", _ask("150m", "200m"), _throttled(0.12), config=Sizing())
    assert writes(said.patches) == {"requests.cpu": "225m", "limits.cpu": "250m"}
    assert "its limit goes from 200m to 250m" in said.reasons


def test_a_throttled_container_with_the_right_request_is_told() -> None:
    assert "its CPU limit is too low" in refused("cpu", _ask("220m", "220m"), _throttled(0.12))


def test_unknown_throttling_is_no_licence() -> None:
    reason = refused("cpu", _ask("600m", "1"))
    assert "Prometheus does not say how much it is throttled" in reason
    assert writes(wanted("cpu", _ask("600m")).patches) == {"requests.cpu": "300m"}


def _guaranteed(amount: str, *, stated: bool = True) -> Any:
    both = {"cpu": amount, **_MEMORY}
    return asking(both if stated else None, both)


def test_a_guaranteed_pod_stays_one() -> None:
    measured = usage(cpu=cpu(0.5, max=0.7, throttled_share=0.0))
    resource = _guaranteed("1")
    said = wanted("cpu", resource, measured)
    # 0.5 × 1.15 would be less than it once used, and its limit moves as well.
    assert writes(said.patches) == {"requests.cpu": "700m", "limits.cpu": "700m"}
    assert qos_class(patched(resource, said.patches)) is QosClass.GUARANTEED


def test_a_request_that_a_limit_implies_stays_implied() -> None:
    said = wanted("cpu", _guaranteed("1", stated=False), usage(cpu=cpu(0.5, throttled_share=0.0)))
    assert writes(said.patches) == {"limits.cpu": "575m"}


def test_a_throttled_guaranteed_pod_gets_more() -> None:
    said = wanted("cpu", _guaranteed("200m"), _throttled(0.12))
    assert writes(said.patches) == {"requests.cpu": "250m", "limits.cpu": "250m"}


@pytest.mark.parametrize(
    ("resource", "reason"),
    [
        (asking(_MEMORY), "it has no cpu request"),
        (asking({"cpu": "0", **_MEMORY}, {"cpu": "1"}), "it has no cpu request"),
        (_ask("${CPU}"), "is no quantity"),
        (_ask("-1"), "is no quantity"),
        (asking({"cpu": "1"}, None, container()), "more than once in the manifest"),
    ],
)
def test_manifests_that_cannot_be_compared(resource: Any, reason: str) -> None:
    assert reason in refused("cpu", resource)


def test_what_is_not_in_the_manifest_is_told() -> None:
    reason = refused("cpu", _ask("1"), usage(container="istio-proxy"))
    assert reason == "the container istio-proxy is not in the manifest"


def test_no_usage_is_no_number() -> None:
    reason = refused("cpu", _ask("1"), usage(cpu=NoUsage(reason="it is all NaN")))
    assert reason == "it is all NaN"


def test_a_change_that_is_worth_little_is_told() -> None:
    reason = refused("cpu", _ask("300m"), config=Sizing())
    assert reason == "the change is worth $4.85 a month, under $5.00"


def test_headroom_and_step_are_configured() -> None:
    config = replace(FREE, cpu=CpuSizing(headroom=Decimal("1.5"), step=Decimal("0.1")))
    said = wanted("cpu", _ask("600m"), config=config)
    assert (said.target, said.proposed) == ("300m", "540m")


@given(
    request=st.integers(1, 64_000),
    limit=st.none() | st.integers(1, 64_000),
    peak=st.floats(0, 64),
    most=st.floats(0, 64),
    throttled=st.none() | st.floats(0, 1),
    tied=st.booleans(),
)
def test_whatever_is_measured_the_guardrails_hold(
    request: int, limit: int | None, peak: float, most: float, throttled: float | None, tied: bool
) -> None:
    limit = request if tied else (None if limit is None else max(limit, request))
    limits = None if limit is None else {"cpu": f"{limit}m", **(_MEMORY if tied else {})}
    resource = asking({"cpu": f"{request}m", **_MEMORY}, limits)
    top = max(peak, most)
    used = cpu(peak, max=top, throttled_share=throttled, distribution=spread([0.0, peak, top]))
    said = answer("cpu", resource, usage(cpu=used))
    if not isinstance(said, Recommendation):
        return
    before, after = said.current_amount, said.proposed_amount
    assert before * Decimal("0.5") <= after <= max(before * Decimal("1.5"), Decimal("0.010"))
    assert abs(after - before) >= before * Decimal("0.1")
    changed = patched(resource, said.patches)
    assert qos_class(changed) is qos_class(resource)
    path = ("spec", "template", "spec", "containers", 0, "resources")
    new_limit = changed.get(*path, "limits", "cpu")
    assert new_limit is None or after <= quantity(new_limit)
    if after < before:
        assert throttled is None or throttled <= 0.05
        assert after >= Decimal(str(peak))
