"""What the change adds, what gates it, and the laws that every price keeps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.cost_delta import CHECK, Config, Threshold, TierThresholds, judge
from checks.model import (
    CostDelta,
    Outcome,
    Place,
    Prices,
    Range,
    Resource,
    Severity,
    State,
    Tier,
)
from checks.money import cents
from checks.pricing.workload import Assumptions
from tests.checks.golden import assert_golden
from tests.checks.manifests import POD, PRICES, container, hpa, resource, subject, workload

_FREE = Config()


def _judge(
    before: Iterable[Resource], after: Iterable[Resource], config: Config = _FREE
) -> Outcome:
    return judge(subject(before, after), config)


def _cost(outcome: Outcome) -> CostDelta:
    assert outcome.cost is not None
    return outcome.cost


def _web(replicas: int, **options: Any) -> Resource:
    return workload(spec={"replicas": replicas}, **options)


def _silent(name: str = "mute", **options: Any) -> Resource:
    return workload(name=name, pod={"containers": [container(resources={})]}, **options)


def test_a_workload_that_grows() -> None:
    cost = _cost(_judge([_web(3)], [_web(5)]))
    assert (cost.before.expected, cost.after.expected) == (POD * 3, POD * 5)
    assert cost.delta == Range.exact(POD * 2)
    assert not cost.unknown


def test_a_side_that_does_not_exist_is_none() -> None:
    added = _cost(_judge([], [_web(1)])).lines[0]
    removed = _cost(_judge([_web(1)], [])).lines[0]
    assert (added.before, added.after) == (None, Range.exact(POD))
    assert (removed.before, removed.after) == (Range.exact(POD), None)
    assert removed.delta == Range.exact(-POD)


def test_objects_that_are_only_context_are_left_out() -> None:
    outcome = _judge(
        [_web(1), workload(name="api", changed=False)],
        [_web(2), workload(name="api", changed=False)],
    )
    assert [line.resource.name for line in _cost(outcome).lines] == ["web"]


@pytest.mark.parametrize(
    "sides", [([], [workload(changed=False)]), ([workload(changed=False)], [])]
)
def test_context_that_one_side_read_is_not_new(
    sides: tuple[list[Resource], list[Resource]],
) -> None:
    assert _judge(*sides).state is State.SKIPPED


def test_an_autoscaler_changes_the_line_of_its_target() -> None:
    web = workload(changed=False)
    outcome = _judge([web, hpa(1, 4)], [web, hpa(2, 8)])
    (line,) = _cost(outcome).lines
    assert line.resource.kind == "Deployment"
    assert line.delta == Range(low=POD, expected=POD, high=POD * 4)


def test_an_autoscaler_of_something_that_was_not_read_is_unknown() -> None:
    outcome = _judge([], [hpa(1, 4)])
    assert outcome.state is State.INCONCLUSIVE
    assert outcome.inconclusive == (
        "1 object could not be priced: HorizontalPodAutoscaler web"
        " (its target Deployment web is not in the files that were read)"
    )


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ([], [_silent()], "container app has no cpu or memory request"),
        ([workload(name="mute")], [_silent()], "container app has no cpu or memory request"),
        (
            [_silent()],
            [workload(name="mute")],
            "before the change: container app has no cpu or memory request",
        ),
        ([_silent()], [], "before the change: container app has no cpu or memory request"),
    ],
)
def test_where_a_side_is_unknown_no_delta_is_claimed(
    before: list[Resource], after: list[Resource], reason: str
) -> None:
    outcome = _judge(before, after)
    assert [one.reason for one in _cost(outcome).unknown] == [reason]
    assert _cost(outcome).lines == ()
    assert _cost(outcome).delta == Range.exact(Decimal(0))
    assert outcome.state is State.INCONCLUSIVE


def test_unknown_context_is_not_mentioned_until_it_changes() -> None:
    web = _silent("web", changed=False)
    assert _judge([web], [web]).state is State.SKIPPED
    broken = _judge([web, hpa(1, 2)], [web, hpa(3, 2)])
    assert broken.state is State.SKIPPED
    priced = workload(changed=False)
    assert "no range" in _judge([priced, hpa(1, 2)], [priced, hpa(3, 2)]).inconclusive


def test_many_unknown_objects_are_counted() -> None:
    outcome = _judge([], [_silent(f"w{n}") for n in range(7)])
    assert outcome.inconclusive.startswith("7 objects could not be priced: Deployment w0 (")
    assert outcome.inconclusive.endswith(", and 2 more")


@pytest.mark.parametrize("kind", ["ConfigMap", "Service"])
def test_nothing_priced_is_skipped(kind: str) -> None:
    one = resource({"apiVersion": "v1", "kind": kind, "metadata": {"name": "x"}})
    outcome = _judge([], [one])
    assert outcome.skipped == "no priced kinds in this change"
    assert outcome.cost is None


def test_a_missing_unit_price_is_never_zero() -> None:
    outcome = judge(subject([], [_web(1)], prices=Prices()), _FREE)
    assert "there is no price for cpu" in outcome.inconclusive


class TestGate:
    @pytest.mark.parametrize(
        ("config", "severity", "message"),
        [
            (Config(), None, ""),
            (Config(warn=Threshold(amount=Decimal("29.26205"))), None, ""),
            (
                Config(warn=Threshold(amount=Decimal(29))),
                Severity.WARN,
                "+$29.26 a month (+67%), over the warning threshold of $29",
            ),
            (
                Config(warn=Threshold(amount=Decimal(10)), fail=Threshold(amount=Decimal("20.5"))),
                Severity.FAIL,
                "+$29.26 a month (+67%), over the failing threshold of $20.50",
            ),
            (Config(warn=Threshold(percent=Decimal(67))), None, ""),
            (
                Config(warn=Threshold(amount=Decimal(100), percent=Decimal("12.5"))),
                Severity.WARN,
                "+$29.26 a month (+67%), over the warning threshold of 12.5%",
            ),
            (
                Config(fail=Threshold(amount=Decimal(0), percent=Decimal(0))),
                Severity.FAIL,
                "+$29.26 a month (+67%), over the failing threshold of $0 and of 0%",
            ),
        ],
    )
    def test_thresholds(self, config: Config, severity: Severity | None, message: str) -> None:
        findings = _judge([_web(3)], [_web(5)], config).findings
        assert [(f.severity, f.message) for f in findings] == (
            [] if severity is None else [(severity, message)]
        )

    def test_of_nothing_there_is_no_percentage(self) -> None:
        config = Config(fail=Threshold(percent=Decimal(1)))
        assert not _judge([], [_web(5)], config).findings

    def test_savings_and_standstill_never_gate(self) -> None:
        nothing = Threshold(amount=Decimal(0), percent=Decimal(0))
        config = Config(warn=nothing, fail=nothing)
        assert _judge([_web(5)], [_web(3)], config).state is State.PASS
        assert _judge([_web(5)], [_web(5)], config).state is State.PASS

    def test_to_fail_even_the_low_bound_must_be_over(self) -> None:
        config = Config(warn=Threshold(amount=Decimal(20)), fail=Threshold(amount=Decimal(20)))
        (finding,) = _judge([], [workload(spec={"replicas": 3}), hpa(1, 9)], config).findings
        assert finding.severity is Severity.WARN
        assert finding.message == (
            "+$43.89 a month, from +$14.63 to +$131.68, over the warning threshold of $20"
        )

    def test_it_stands_at_the_object_that_grew_most(self) -> None:
        config = Config(warn=Threshold(amount=Decimal(1)))
        after = [_web(2), workload(name="api", spec={"replicas": 9}), workload(name="zoo")]
        (finding,) = _judge([_web(1)], after, config).findings
        assert finding.location.path == "api.yaml"
        assert str(finding.resource) == "Deployment api"
        assert finding.trace.inputs[0].pointer == "Deployment api"
        assert finding.trace.inputs[0].value == (
            "nothing to $131.68 a month: 9 × (0.5 CPU, 1 GiB memory)"
        )
        assert finding.trace.threshold == "the warning threshold of $1"
        assert finding.trace.observed == "+$160.94 a month (+1100%)"

    def test_a_tier_with_thresholds_of_its_own_is_judged_apart(self) -> None:
        config = Config(
            warn=Threshold(amount=Decimal(40)),
            tiers={"production": TierThresholds(fail=Threshold(amount=Decimal(10)))},
        )
        staging = workload(name="s", spec={"replicas": 2})
        production = workload(name="p", spec={"replicas": 2}, tier=Tier.PRODUCTION)
        findings = _judge([], [staging, production], config).findings
        assert [(f.severity, f.subject) for f in findings] == [(Severity.FAIL, "tier:production")]
        assert "in production, over the failing threshold of $10" in findings[0].message
        # What a tier does not say itself holds as in general.
        dear = replace(config, tiers={"production": TierThresholds()})
        more = workload(name="p", spec={"replicas": 3}, tier=Tier.PRODUCTION)
        assert [f.severity for f in _judge([], [staging, more], dear).findings] == [Severity.WARN]

    def test_unknown_costs_do_not_hide_the_finding(self) -> None:
        config = Config(fail=Threshold(amount=Decimal(1)))
        outcome = _judge([], [_web(1), _silent()], config)
        assert outcome.state is State.FAIL
        assert outcome.inconclusive

    @pytest.mark.parametrize("field", ["amount", "percent"])
    def test_a_threshold_is_not_negative(self, field: str) -> None:
        with pytest.raises(ValueError, match="below 0"):
            Threshold(**{field: Decimal(-1)})


class TestUnusableValues:
    def test_each_is_a_finding_on_its_line(self) -> None:
        outcome = _judge([], [workload(spec={"replicas": -1})])
        (finding,) = outcome.findings
        assert (finding.rule, finding.severity) == ("unusable-value", Severity.WARN)
        assert finding.message == "Deployment web: replicas is -1, not a number from 0 up"
        assert finding.trace.inputs[0].pointer == "spec.replicas"
        assert outcome.state is State.INCONCLUSIVE

    def test_of_an_autoscaler_it_stands_there_and_once(self) -> None:
        sides = [workload(), workload(name="b"), hpa(5, 2), hpa(5, 2, target=("Deployment", "b"))]
        (finding,) = _judge([], sides).findings
        assert str(finding.resource) == "HorizontalPodAutoscaler web"
        assert finding.trace.inputs[0].pointer == "spec.maxReplicas"

    def test_what_stood_there_before_does_not_gate(self) -> None:
        before = workload(spec={"replicas": -1})
        after = workload(spec={"replicas": -1}, pod={"hostNetwork": True})
        (finding,) = _judge([before], [after]).findings
        assert finding.preexisting
        mended = _judge([before], [workload()])
        assert [f.rule for f in mended.fixed] == ["unusable-value"]
        assert not mended.findings

    def test_what_another_tool_fills_in_is_none(self) -> None:
        asks = {"requests": {"cpu": "${CPU:=1}", "memory": "1Gi"}}
        outcome = _judge([], [workload(pod={"containers": [container(resources=asks)]})])
        assert not outcome.findings
        assert "is not a Kubernetes quantity" in outcome.inconclusive

    def test_what_is_merely_not_said_is_none(self) -> None:
        assert not _judge([], [_silent()]).findings


def test_prices_in_another_currency_are_not_added() -> None:
    place = Place("onprem", "", "lab")
    here = subject([], [_web(1), replace(workload(name="b"), place=place)])
    facts = replace(here.facts, elsewhere={place: replace(PRICES, place=place, currency="EUR")})
    outcome = judge(replace(here, facts=facts), _FREE)
    assert "its prices are in EUR, the totals in USD" in outcome.inconclusive
    assert [line.resource.name for line in _cost(outcome).lines] == ["web"]


def test_each_line_says_whose_it_is_and_from_which_prices() -> None:
    one = workload(spec={"replicas": 2})
    labels = {"finops.apexlogic.com/cost-center": "cc-7", "team": "shop"}
    body: dict[str, Any] = {**one.body, "metadata": {"name": "web", "labels": labels}}
    (line,) = _cost(_judge([], [replace(one, body=body)])).lines
    assert (line.attribution.cost_center, line.attribution.team) == ("cc-7", "shop")
    assert {price.unit for price in line.prices} == {"vCPU-hour", "GiB-hour"}


_counts = st.integers(0, 6)
_cpus = st.sampled_from(["100m", "0.25", "2", "333m", None])
_memories = st.sampled_from(["1Gi", "500M", "1e9", "77777777", None])


@st.composite
def _objects(draw: st.DrawFn) -> list[Resource]:
    """Some workloads with autoscalers, claims and containers that may say nothing."""
    names = draw(st.lists(st.sampled_from("abcde"), unique=True, max_size=4))
    objects = []
    for name in names:
        asks = {"cpu": draw(_cpus), "memory": draw(_memories)}
        changed = draw(st.booleans())
        objects.append(
            workload(
                draw(st.sampled_from(["Deployment", "StatefulSet", "DaemonSet", "Job"])),
                name,
                spec={"replicas": draw(_counts)},
                pod={"containers": [container(resources={"requests": asks})]},
                tier=draw(st.sampled_from(Tier)),
                changed=changed,
            )
        )
        if draw(st.booleans()):
            low = draw(_counts)
            objects.append(hpa(low, low + draw(_counts), target=("Deployment", name), name=name))
    return objects


_ASSUMED = Config(assume=Assumptions(nodes=3, job_minutes=Decimal(7)))


@given(_objects())
def test_nothing_changes_between_equals(objects: list[Resource]) -> None:
    outcome = _judge(objects, objects, _ASSUMED)
    assert outcome.cost is None or outcome.cost.delta == Range.exact(Decimal(0))


@given(_objects(), _objects())
def test_there_and_back_is_nothing(before: list[Resource], after: list[Resource]) -> None:
    there, back = _judge(before, after, _ASSUMED).cost, _judge(after, before, _ASSUMED).cost
    assert (there is None) == (back is None)
    if there is not None and back is not None:
        mirrored = Range(low=-back.delta.high, expected=-back.delta.expected, high=-back.delta.low)
        assert there.delta == mirrored
        assert there.before == back.after


@given(_objects(), _objects(), st.randoms(use_true_random=False))
def test_the_order_of_objects_is_irrelevant(
    before: list[Resource], after: list[Resource], random: Any
) -> None:
    mixed_before, mixed_after = (random.sample(side, len(side)) for side in (before, after))
    mixed = _judge(mixed_before, mixed_after, _ASSUMED)
    assert mixed == _judge(before, after, _ASSUMED)


@given(_objects(), _objects())
def test_lines_add_up_and_bounds_are_in_order(
    before: list[Resource], after: list[Resource]
) -> None:
    cost = _judge(before, after, _ASSUMED).cost
    if cost is None:
        return
    assert sum(line.delta.expected for line in cost.lines) == cost.delta.expected
    assert cost.after.expected - cost.before.expected == cost.delta.expected
    for line in cost.lines:
        assert line.delta.low <= line.delta.expected <= line.delta.high
    assert not {line.resource_id for line in cost.lines} & {u.resource_id for u in cost.unknown}


@given(_objects(), _objects())
def test_what_drove_a_line_adds_up_to_its_delta_to_the_cent(
    before: list[Resource], after: list[Resource]
) -> None:
    cost = _judge(before, after, _ASSUMED).cost
    for line in cost.lines if cost else ():
        shares = sum((driver.share for driver in line.drivers), Decimal(0))
        assert shares == cents(line.delta.expected)


@given(st.integers(1, 50), st.sampled_from(["Deployment", "StatefulSet"]), _cpus, _memories)
def test_twice_the_replicas_cost_twice(
    count: int, kind: str, cpu: str | None, memory: str | None
) -> None:
    asks = {"limits": {"cpu": cpu or "1", "memory": memory or "1Mi"}}
    once, twice = (
        _cost(
            _judge(
                [],
                [
                    workload(
                        kind,
                        spec={"replicas": n},
                        pod={"containers": [container(resources=asks)]},
                    )
                ],
            )
        ).after.expected
        for n in (count, count * 2)
    )
    assert twice == once * 2


def test_the_example() -> None:
    assert_golden(CHECK)
