"""What each kind costs a month, in figures worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from checks.model import Grade, Prices, Range, Resource, UnitPrice
from checks.pricing.workload import Assumptions
from tests.checks.manifests import (
    ASK,
    POD,
    PRICES,
    container,
    hpa,
    known,
    priced,
    reason,
    resource,
    resources,
    workload,
)

_CLAIM = {"metadata": {"name": "data"}, "spec": {"resources": {"requests": {"storage": "10Gi"}}}}


def _exact(amount: Decimal | str) -> Range:
    return Range.exact(Decimal(amount))


def test_the_figure_of_the_cost_model() -> None:
    cost = known(priced(workload(spec={"replicas": 3})))
    assert cost.amount == _exact("43.893075")
    assert cost.basis == "3 × (0.5 CPU, 1 GiB memory)"
    assert cost.grade is Grade.D


@pytest.mark.parametrize(
    ("one", "amount"),
    [
        (workload("Pod"), POD),
        (workload("Deployment"), POD),
        (workload("ReplicaSet", spec={"replicas": 2}), POD * 2),
        (workload("ReplicationController", spec={"replicas": 0}), Decimal(0)),
        (
            workload("StatefulSet", spec={"replicas": 3, "volumeClaimTemplates": [_CLAIM]}),
            POD * 3 + Decimal("1.2"),
        ),
        (
            workload(
                pod={
                    "volumes": [
                        {"name": "tmp", "emptyDir": {}},
                        {"name": "scratch", "ephemeral": {"volumeClaimTemplate": _CLAIM}},
                    ]
                }
            ),
            POD + Decimal("0.4"),
        ),
        (workload("CronJob", spec={"suspend": True}), Decimal(0)),
        (workload("Job", spec={"suspend": True}, pod={"containers": []}), Decimal(0)),
    ],
    ids=lambda value: value.kind if isinstance(value, Resource) else None,
)
def test_a_kind(one: Resource, amount: Decimal) -> None:
    assert known(priced(one)).amount == _exact(amount)


@pytest.mark.parametrize("name", ["nvidia.com/gpu", "amd.com/gpu"])
def test_gpus(name: str) -> None:
    asks = {"requests": ASK["requests"], "limits": {name: 2}}
    cost = known(priced(workload(pod={"containers": [container(resources=asks)]})))
    assert cost.amount == _exact(POD + Decimal("1387"))
    assert f"2 {name}" in cost.basis


@pytest.mark.parametrize("name", ["google.com/tpu", "habana.ai/gaudi", "example.com/fpga"])
def test_a_device_without_a_price_makes_all_of_it_unknown(name: str) -> None:
    asks = {"requests": {**ASK["requests"], name: 1}}
    answer = priced(workload(pod={"containers": [container(resources=asks)]}))
    assert reason(answer) == f"there is no price for {name}"


def test_huge_pages_are_memory() -> None:
    asks = {"requests": {"cpu": 0, "memory": "1Gi"}, "limits": {"hugepages-2Mi": "3Gi"}}
    cost = known(priced(workload(pod={"containers": [container(resources=asks)]})))
    assert cost.amount == _exact("12.37204")


def test_a_volume_claim() -> None:
    text = """
    apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: data}
    spec: {resources: {requests: {storage: 25Gi}}}
    """
    assert known(priced(resources(text)[0])).amount == _exact("1")


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (None, "has no storage request"),
        ({"resources": {"requests": {}}}, "has no storage request"),
        ({"resources": {"requests": {"storage": "much"}}}, 'storage "much" is not'),
    ],
)
def test_a_claim_without_a_size(spec: Any, words: str) -> None:
    claim = resource(
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": "data"},
            "spec": spec,
        }
    )
    assert words in reason(priced(claim))
    stateful = workload("StatefulSet", spec={"volumeClaimTemplates": [{"spec": spec}]})
    assert words in reason(priced(stateful))


@pytest.mark.parametrize(
    "one",
    [
        {"apiVersion": "v1", "kind": "ConfigMap"},
        {"apiVersion": "batch.example.com/v1", "kind": "Job"},
        {"apiVersion": "example.com/v1", "kind": "Deployment"},
    ],
    ids=str,
)
def test_other_kinds_have_no_price_of_their_own(one: dict[str, Any]) -> None:
    assert priced(resource({**one, "metadata": {"name": "x"}})) is None


class TestDaemonSet:
    def test_without_a_node_count_the_reason_says_what_a_node_costs(self) -> None:
        said = reason(priced(workload("DaemonSet")))
        assert said.startswith("it costs $14.63 a month on each node")
        assert "assume.nodes" in said

    def test_with_one(self) -> None:
        answer = known(priced(workload("DaemonSet"), assume=Assumptions(nodes=12)))
        assert answer.amount == _exact(POD * 12)
        assert "12 nodes (assumed)" in answer.basis

    def test_its_own_count_comes_first(self) -> None:
        assume = Assumptions(nodes=12, nodes_for={"web": 2})
        assert known(priced(workload("DaemonSet"), assume=assume)).amount == _exact(POD * 2)


class TestJobs:
    HOUR = Decimal("0.0200425")

    def test_without_a_duration_it_is_unknown(self) -> None:
        said = reason(priced(workload("Job")))
        assert "assume.job_minutes" in said
        assert "$0.02 an hour" in said

    def test_a_deadline_alone_bounds_it(self) -> None:
        one = workload("Job", spec={"activeDeadlineSeconds": 360000})
        assert "activeDeadlineSeconds keeps it at or under $2.00 a month" in reason(priced(one))

    def test_a_cron_job_is_bounded_by_its_interval(self) -> None:
        said = reason(priced(workload("CronJob", spec={"schedule": "@daily"})))
        assert said.endswith("at most $14.63 a month if runs do not overlap")

    @pytest.mark.parametrize(
        ("spec", "pods"),
        [
            ({}, 1),
            ({"parallelism": 3}, 3),
            ({"parallelism": 3, "completions": 2}, 2),
            ({"completions": 5}, 1),
            ({"parallelism": 0}, 0),
        ],
    )
    def test_one_run_of_a_job(self, spec: dict[str, int], pods: int) -> None:
        answer = priced(workload("Job", spec=spec), assume=Assumptions(job_minutes=Decimal(90)))
        assert known(answer).amount == _exact(self.HOUR * Decimal("1.5") * pods)

    def test_runs_of_a_cron_job(self) -> None:
        answer = priced(
            workload("CronJob", spec={"schedule": "0 */2 * * *"}),
            assume=Assumptions(job_minutes=Decimal(1), job_minutes_for={"web": Decimal(30)}),
        )
        assert known(answer).amount == _exact(self.HOUR * 365 / 2)
        assert known(answer).basis.startswith("365 runs × 30 minutes (assumed) × 1 × ")

    def test_a_deadline_is_the_high_bound(self) -> None:
        one = workload("CronJob", spec={"activeDeadlineSeconds": 1800})
        answer = known(priced(one, assume=Assumptions(job_minutes=Decimal(15))))
        assert answer.amount.high == answer.amount.expected * 2
        assert answer.amount.low == answer.amount.expected

    @pytest.mark.parametrize("policy", ["Forbid", "Replace"])
    def test_runs_that_never_overlap_fill_the_month_at_most(self, policy: str) -> None:
        one = workload("CronJob", spec={"concurrencyPolicy": policy})
        answer = known(priced(one, assume=Assumptions(job_minutes=Decimal(100))))
        assert answer.amount == _exact(POD)

    @pytest.mark.parametrize("schedule", ["whenever", "* * * * 8", None, 5])
    def test_a_bad_schedule(self, schedule: Any) -> None:
        one = workload("CronJob", spec={"schedule": schedule})
        assert "its schedule" in reason(priced(one))

    @pytest.mark.parametrize("bad", [-1, "3", True, 1.5])
    def test_a_bad_count(self, bad: Any) -> None:
        assert "parallelism is" in reason(priced(workload("Job", spec={"parallelism": bad})))


class TestUnitPrices:
    @pytest.mark.parametrize(("unit", "name"), [("cpu", "cpu"), ("ram", "memory")])
    def test_a_missing_one_is_not_zero(self, unit: str, name: str) -> None:
        units = {key: price for key, price in PRICES.units.items() if key != unit}
        answer = priced(workload(), prices=Prices(units=units))
        assert reason(answer) == f"there is no price for {name}"

    def test_of_an_unknown_unit_is_missing(self) -> None:
        odd = replace(PRICES.units["cpu"], unit="vCPU-fortnight")
        answer = priced(workload(), prices=Prices(units={**PRICES.units, "cpu": odd}))
        assert reason(answer) == "there is no price for cpu"

    @pytest.mark.parametrize(
        ("as_of", "grade", "expected"),
        [
            (date(2026, 10, 1), Grade.A, Grade.A),
            (date(2026, 5, 5), Grade.A, Grade.A),
            (date(2026, 5, 4), Grade.A, Grade.B),
            (date(2026, 5, 4), Grade.C, Grade.D),
            (date(2020, 1, 1), Grade.D, Grade.D),
        ],
    )
    def test_older_than_180_days_are_a_grade_less_sure(
        self, as_of: date, grade: Grade, expected: Grade
    ) -> None:
        units = {n: replace(p, as_of=as_of, grade=grade) for n, p in PRICES.units.items()}
        assert known(priced(workload(), prices=Prices(units=units))).grade is expected

    def test_a_range_is_grade_b_at_best(self) -> None:
        units = {
            name: UnitPrice(
                amount=price.amount,
                unit=price.unit,
                source="a list",
                as_of=date(2026, 10, 1),
                grade=Grade.A,
            )
            for name, price in PRICES.units.items()
        }
        answer = priced(workload(), hpa(1, 2), prices=Prices(units=units))
        assert known(answer).grade is Grade.B


def test_an_amount_that_nobody_can_mean_is_unknown() -> None:
    asks = {"requests": {"cpu": "8E", "memory": "1Gi"}}
    answer = priced(workload(pod={"containers": [container(resources=asks)]}))
    assert "more than a trillion a month" in reason(answer)


def test_assumptions_are_not_negative() -> None:
    with pytest.raises(ValueError, match="below 0"):
        Assumptions(nodes=-1)
