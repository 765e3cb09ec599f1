"""What is measured, in a real Prometheus."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.rightsizing.config import Rightsizing, rightsizing
from bot.rightsizing.prometheus import Prometheus
from bot.rightsizing.usage import Measured, measure
from checks.model import ContainerUsage, CpuUsage, MemoryUsage, NoUsage, ResourceRef
from tests.rightsizing.clusters import AWKWARD, everything
from tests.rightsizing.metrics import END, MIB, NOW

pytestmark = pytest.mark.xdist_group("prometheus")


def _ref(name: str, namespace: str = "shop", kind: str = "Deployment") -> ResourceRef:
    return ResourceRef(kind=kind, namespace=namespace, name=name)


def _measure(
    prometheus: Prometheus, *refs: ResourceRef, config: Rightsizing | None = None
) -> Measured:
    return measure(prometheus, refs, NOW, config or rightsizing())


@pytest.fixture(scope="module")
def shop(prometheus: Prometheus) -> Measured:
    """All workloads of the namespace shop."""
    names = {pod.owner[1].rpartition("-")[0] for pod in everything() if pod.namespace == "shop"}
    return _measure(prometheus, *(_ref(name) for name in names if name))


def _one(measured: Measured, name: str) -> ContainerUsage:
    (usage,) = (u for u in measured.usages.values() if u.workload_name == name)
    return usage


def _cpu(usage: ContainerUsage) -> CpuUsage:
    assert isinstance(usage.cpu, CpuUsage)
    return usage.cpu


def _memory(usage: ContainerUsage) -> MemoryUsage:
    assert isinstance(usage.memory, MemoryUsage)
    return usage.memory


def _reason(prometheus: Prometheus, ref: ResourceRef) -> str:
    measured = _measure(prometheus, ref)
    assert not measured.usages
    (refusal,) = measured.refusals
    assert refusal.workload == ref
    return refusal.reason


def test_a_steady_workload(shop: Measured) -> None:
    usage = _one(shop, "steady")
    assert usage.key == (_ref("steady"), "app")
    assert (usage.points, usage.coverage, usage.pods) == (14 * 288, 1.0, 3)
    assert (usage.first_seen, usage.as_of) == (NOW - timedelta(days=14, minutes=-5), NOW)
    assert usage.has_weekend
    assert usage.last_rollout is None
    cpu, memory = _cpu(usage), _memory(usage)
    assert 0.098 < cpu.p50 < cpu.p95 <= cpu.p99 <= cpu.max < 0.103
    assert memory.max == pytest.approx(204 * MIB, rel=1e-3)
    assert (memory.restarts, memory.oom_kills, memory.oom_limit) == (0, 0, None)
    for shift in (cpu.shift, memory.shift):
        assert shift == pytest.approx(0, abs=0.01)


def test_the_busy_hour_is_found(shop: Measured) -> None:
    cpu = _cpu(_one(shop, "peak"))
    assert cpu.peak_hour == 14
    assert cpu.p50 == pytest.approx(0.1)
    assert cpu.by_hour_p95[14] == pytest.approx(0.8)
    assert cpu.by_hour_p95[3] == pytest.approx(0.1)


def test_the_busiest_pod_counts(prometheus: Prometheus) -> None:
    measured = _measure(prometheus, _ref("db", kind="StatefulSet"))
    (usage,) = measured.usages.values()
    assert usage.pods == 2
    assert _cpu(usage).p50 == pytest.approx(0.4, rel=0.03)


def test_kills_within_the_window_count(shop: Measured) -> None:
    memory = _memory(_one(shop, "killed"))
    assert (memory.restarts, memory.oom_kills, memory.oom_limit) == (3, 3, 256 * MIB)


@pytest.mark.parametrize(("name", "restarts"), [("killed-before", 0), ("restarted", 3)])
def test_other_ends_are_no_kills(shop: Measured, name: str, restarts: int) -> None:
    memory = _memory(_one(shop, name))
    assert (memory.restarts, memory.oom_kills) == (restarts, 0)


def test_throttling_at_busy_hours(shop: Measured) -> None:
    assert _cpu(_one(shop, "throttled")).throttled_share == pytest.approx(0.3)
    assert _cpu(_one(shop, "steady")).throttled_share is None


def test_a_gap_lowers_the_coverage(shop: Measured) -> None:
    usage = _one(shop, "gap")
    assert usage.coverage == pytest.approx(8 / 14, abs=0.01)
    assert _cpu(usage).shift is None


@pytest.mark.parametrize("name", ["nan", "infinite"])
def test_what_is_no_number_gives_none(shop: Measured, name: str) -> None:
    usage = _one(shop, name)
    assert isinstance(usage.memory, NoUsage)
    assert "NaN, infinite or negative" in usage.memory.reason
    assert isinstance(usage.cpu, CpuUsage)


def test_containers_are_told_apart(prometheus: Prometheus) -> None:
    usages = _measure(prometheus, _ref("pair")).usages
    assert {key[1]: round(_cpu(usage).p50, 2) for key, usage in usages.items()} == {
        "app": 0.30,
        "proxy": 0.02,
    }


def test_what_two_jobs_see_counts_once(shop: Measured) -> None:
    usage = _one(shop, "twins")
    assert usage.pods == 1
    assert _cpu(usage).p50 == pytest.approx(0.2, rel=0.03)


def test_the_same_name_in_two_clusters_is_refused(prometheus: Prometheus) -> None:
    ref = _ref("everywhere", "wide")
    assert 'cluster = "east" and "west"' in _reason(prometheus, ref)
    west = rightsizing({"source": {"labels": {"cluster": "west"}}})
    measured = _measure(prometheus, ref, config=west)
    assert list(measured.usages) == [(ref, "app")]
    assert measured.refusals == ()


def test_memory_that_grows(shop: Measured) -> None:
    slope = _memory(_one(shop, "leak")).slope_per_day
    assert slope == pytest.approx(0.038, abs=0.002)


def test_a_young_workload(shop: Measured) -> None:
    usage = _one(shop, "young")
    assert usage.history == timedelta(days=3, minutes=5)
    assert usage.coverage == pytest.approx(1, abs=0.01)
    assert not usage.has_weekend


def test_a_rollout_joins_versions(shop: Measured) -> None:
    usage = _one(shop, "rolled")
    assert usage.points == 14 * 288
    expected = datetime.fromtimestamp(END, UTC) - timedelta(days=2)
    assert usage.last_rollout is not None
    assert abs(usage.last_rollout - expected) <= timedelta(minutes=5)


def test_what_ended_is_old(shop: Measured) -> None:
    usage = _one(shop, "gone")
    assert usage.pods == 0
    assert usage.age == timedelta(minutes=45)


def test_heaps_are_noticed(shop: Measured) -> None:
    assert _memory(_one(shop, "java")).heap_metrics
    assert not _memory(_one(shop, "steady")).heap_metrics


def test_autoscalers_in_the_cluster_are_noticed(shop: Measured) -> None:
    assert _one(shop, "scaled").scaled_by == ("cpu",)
    assert _one(shop, "steady").scaled_by == ()


def test_names_are_quoted(prometheus: Prometheus) -> None:
    usage = _one(_measure(prometheus, _ref("odd", AWKWARD)), "odd")
    assert usage.namespace == AWKWARD
    assert _cpu(usage).p50 == pytest.approx(0.1, rel=0.03)


def test_the_queries_shown_are_the_queries_asked(prometheus: Prometheus, shop: Measured) -> None:
    query = _one(shop, "steady").queries[0]
    assert 'rate(container_cpu_usage_seconds_total{namespace="shop",' in query
    # Four times the five minutes that its data are apart.
    assert "[1200s]" in query
    found = {sample.metric["owner_name"] for sample in prometheus.instant(query, NOW)}
    assert {"steady-5d9f", "db"} <= found


@pytest.mark.parametrize(
    ("ref", "reason"),
    [
        (_ref("absent"), "Prometheus has no usage of it in 14 days"),
        (_ref("x", "void"), "has no container_cpu_usage_seconds_total of the namespace void"),
        (_ref("old", "quiet"), "the metrics of the namespace quiet are stale: the newest sample"),
        (_ref("x", ""), "its namespace is not known"),
    ],
)
def test_what_is_not_there_is_said(prometheus: Prometheus, ref: ResourceRef, reason: str) -> None:
    assert reason in _reason(prometheus, ref)


def test_no_time_left_is_said(prometheus: Prometheus) -> None:
    measured = measure(prometheus, [_ref("steady")], NOW, rightsizing(), seconds=-1)
    assert [refusal.reason for refusal in measured.refusals] == [
        "there was no time left: measuring may take -1 seconds"
    ]


def test_the_same_data_give_the_same_usage(prometheus: Prometheus) -> None:
    refs = [_ref("steady"), _ref("killed"), _ref("absent")]
    assert _measure(prometheus, *refs) == _measure(prometheus, *reversed(refs))
