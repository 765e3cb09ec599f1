"""What memory request a container is given."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.model import Direction, NoUsage, Recommendation
from checks.patches import patched
from checks.pricing.quantity import quantity
from checks.rightsizing.config import Sizing
from checks.rightsizing.qos import qos_class
from tests.checks.usages import (
    MIB,
    answer,
    asking,
    memory,
    refused,
    spread,
    usage,
    wanted,
    writes,
)


def _ask(request: str, limit: str | None = None, **fields: Any) -> Any:
    limits = None if limit is None else {"memory": limit}
    return asking({"cpu": "1", "memory": request}, limits, **fields)


def _used(most_mib: float = 200, **fields: Any) -> Any:
    return usage(memory=memory(most_mib, **fields))


@pytest.mark.parametrize(
    ("request_", "most", "target", "proposed"),
    [
        ("300Mi", 200, "240Mi", "240Mi"),
        ("1Gi", 200, "240Mi", "717Mi"),
        ("128Mi", 200, "240Mi", "166Mi"),
        ("2Gi", 1706, "2048Mi", None),
        ("4Gi", 3000, "3600Mi", "3600Mi"),
        ("20Mi", 5, "16Mi", "16Mi"),
        ("1M", 5, "16Mi", "16Mi"),
        ("1000M", 600, "720Mi", "720Mi"),
    ],
)
def test_the_most_and_a_bit(request_: str, most: float, target: str, proposed: str | None) -> None:
    said = answer("memory", _ask(request_), _used(most))
    if proposed is None:
        assert said is None
        return
    assert isinstance(said, Recommendation)
    assert (said.target, said.proposed) == (target, proposed)
    assert writes(said.patches) == {"requests.memory": proposed}


def test_a_limit_is_left_alone() -> None:
    for limit in ("300Mi", "1Gi"):
        said = wanted("memory", _ask("300Mi", limit), _used())
        assert writes(said.patches) == {"requests.memory": "240Mi"}


def test_a_request_pushes_its_limit_up() -> None:
    said = wanted("memory", _ask("200Mi", "200Mi"), _used(195))
    assert writes(said.patches) == {"requests.memory": "234Mi", "limits.memory": "234Mi"}
    assert "its limit goes from 200Mi to 234Mi" in said.reasons


@pytest.mark.parametrize(
    ("limit", "after"), [("256Mi", "356Mi"), ("400Mi", "500Mi"), ("1Gi", "1280Mi")]
)
def test_after_a_kill(limit: str, after: str) -> None:
    killed_at = int(quantity(limit))
    measured = _used(killed_at / MIB * 0.95, oom_kills=2, restarts=2, oom_limit=killed_at)
    said = wanted("memory", _ask("128Mi", limit), measured, config=Sizing())
    # Neither the cap of 30% nor a price under $5 holds it back.
    assert writes(said.patches)["limits.memory"] == after
    assert said.direction is Direction.INCREASE
    assert said.target == after
    assert any("killed for memory up to 2 times" in reason for reason in said.reasons)


def test_after_a_kill_the_class_stays() -> None:
    both = {"cpu": "1", "memory": "256Mi"}
    killed = _used(250, oom_kills=1, oom_limit=256 * MIB)
    guaranteed = asking(both, both)
    said = wanted("memory", guaranteed, killed)
    assert writes(said.patches) == {"requests.memory": "356Mi", "limits.memory": "356Mi"}
    burstable = asking({"cpu": "1", "memory": "128Mi"}, both)
    said = wanted("memory", burstable, killed)
    assert writes(said.patches) == {"requests.memory": "355Mi", "limits.memory": "356Mi"}
    assert qos_class(patched(burstable, said.patches)) is qos_class(burstable)


def test_a_kill_that_was_answered_is_not_answered_again() -> None:
    killed = _used(250, oom_kills=3, oom_limit=256 * MIB)
    reason = refused("memory", _ask("356Mi", "356Mi"), killed)
    assert reason == "a decrease is refused: it was killed for memory up to 3 times in the window"
    again = _used(350, oom_kills=3, oom_limit=356 * MIB)
    said = wanted("memory", _ask("356Mi", "356Mi"), again)
    assert writes(said.patches)["limits.memory"] == "456Mi"


def test_a_kill_without_a_limit() -> None:
    said = wanted("memory", _ask("200Mi"), _used(300, oom_kills=1))
    # The node ran out: what it had used was too little.
    assert writes(said.patches) == {"requests.memory": "400Mi"}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"oom_kills": 1, "oom_limit": 10 * MIB}, "it was killed for memory once"),
        ({"oom_kills": None}, "Prometheus does not say whether it was killed"),
        ({"slope_per_day": 0.011}, "its memory grows by 1.1% a day"),
        ({"slope_per_day": None}, "there are too few days to tell whether its memory grows"),
    ],
)
def test_what_speaks_against_a_decrease(fields: dict[str, Any], reason: str) -> None:
    assert f"a decrease is refused: {reason}" in refused("memory", _ask("300Mi"), _used(**fields))


def test_falling_memory_may_be_given_less() -> None:
    assert wanted("memory", _ask("300Mi"), _used(slope_per_day=-0.05)).proposed == "240Mi"


@pytest.mark.parametrize(
    "fields",
    [
        {"image": "eclipse-temurin:21-jre"},
        {"image": "quay.io/keycloak/keycloak:26"},
        {"image": "registry:5000/shop/my-java-service:1"},
        {"env": [{"name": "JAVA_TOOL_OPTIONS", "value": "-Xmx1g"}]},
        {"command": ["/usr/bin/java", "-jar", "app.jar"]},
        {"args": ["sh", "-c", "exec java -jar app.jar"]},
        {"args": ["-Xmx512m"]},
    ],
)
def test_a_jvm_needs_heap_metrics(fields: dict[str, Any]) -> None:
    assert "it runs a JVM" in refused("memory", _ask("300Mi", **fields), _used())
    said = wanted("memory", _ask("300Mi", **fields), _used(heap_metrics=True))
    assert said.proposed == "240Mi"


@pytest.mark.parametrize("image", ["node:24", "javascript-app:1", "jadx:1", "sparkling:2"])
def test_what_is_no_jvm(image: str) -> None:
    assert wanted("memory", _ask("300Mi", image=image), _used()).proposed == "240Mi"


def test_no_usage_is_no_number() -> None:
    none = usage(memory=NoUsage(reason="there is nothing"))
    assert refused("memory", _ask("1Gi"), none) == "there is nothing"


@given(
    request=st.integers(1, 64_000),
    limit=st.none() | st.integers(1, 64_000),
    most=st.floats(0, 64_000),
    kills=st.none() | st.integers(0, 3),
    killed_at=st.none() | st.integers(1, 64_000),
    tied=st.booleans(),
)
def test_whatever_is_measured_the_guardrails_hold(
    request: int,
    limit: int | None,
    most: float,
    kills: int | None,
    killed_at: int | None,
    tied: bool,
) -> None:
    limit = request if tied else (None if limit is None else max(limit, request))
    limits: dict[str, str] | None = None if limit is None else {"memory": f"{limit}Mi"}
    if tied:
        limits = {"cpu": "1", "memory": f"{request}Mi"}
    resource = asking({"cpu": "1", "memory": f"{request}Mi"}, limits)
    killed_at = None if killed_at is None else killed_at * MIB
    used = memory(most, oom_kills=kills, oom_limit=killed_at, distribution=spread([most * MIB]))
    said = answer("memory", resource, usage(memory=used))
    if not isinstance(said, Recommendation):
        return
    before, after = said.current_amount, said.proposed_amount
    assert after >= before * Decimal("0.7")
    if not kills:
        assert after <= max(before * Decimal("1.3"), Decimal(16 * MIB))
    changed = patched(resource, said.patches)
    assert qos_class(changed) is qos_class(resource)
    path = ("spec", "template", "spec", "containers", 0, "resources")
    new_limit = changed.get(*path, "limits", "memory")
    assert new_limit is None or after <= quantity(new_limit)
    if limit is not None and not tied:
        assert quantity(new_limit) >= limit * MIB
    if after < before:
        assert kills == 0
        assert after >= Decimal(str(most)) * MIB
