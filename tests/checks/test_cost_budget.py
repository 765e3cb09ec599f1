"""What the branch costs with the change, against budgets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from checks.cost_budget import CHECK, Config
from checks.costs.budget import Budget, Growth, limit_of
from checks.costs.inventory import inventory
from checks.model import (
    Attribution,
    OpenChange,
    Outcome,
    Range,
    Resource,
    Severity,
    Share,
    State,
    Subject,
    Tier,
)
from tests.checks.golden import assert_golden
from tests.checks.manifests import POD, hpa, snapshot, subject, workload

# In round figures a pod costs 14.63 a month.
_PAY = {"finops.apexlogic.com/cost-center": "pay"}


def _web(count: int, name: str = "web", labels: dict[str, str] | None = None) -> Resource:
    """A Deployment of so many pods, of the cost center "pay" unless told otherwise."""
    one = workload(name=name, spec={"replicas": count})
    body: Any = {
        **one.body,
        "metadata": {"name": name, "labels": _PAY if labels is None else labels},
    }
    return replace(one, body=body)


def _unpriced(name: str = "agent") -> Resource:
    one = workload("DaemonSet", name=name)
    body: Any = {**one.body, "metadata": {"name": name, "labels": _PAY}}
    return replace(one, body=body)


def _asked(
    before: Sequence[Resource],
    after: Sequence[Resource],
    beside: Sequence[Resource] = (),
    others: tuple[OpenChange, ...] = (),
) -> Subject:
    """A change in a branch that also declares what is `beside`."""
    asked = subject(before, after)
    whole = inventory(snapshot(*before, *beside), asked.facts)
    return replace(asked, facts=replace(asked.facts, inventory=whole, open_changes=others))


def _budget(**fields: Any) -> Budget:
    return Budget(**{"name": "pay", "cost_center": "pay", "soft": None, **fields})


def _judge(asked: Subject, *budgets: Budget, **config: Any) -> Outcome:
    return CHECK.judge(asked, Config(budgets=budgets or (_budget(hard=POD * 4),), **config))


def _open(number: int, amount: Decimal, **whose: str) -> OpenChange:
    share = Share(
        attribution=Attribution(**{"cost_center": "pay", **whose}), delta=Range.exact(amount)
    )
    return OpenChange(number=number, head_sha=f"{number}", shares=(share,))


@pytest.mark.parametrize(
    ("before", "after", "state", "rules"),
    [
        (2, 3, State.PASS, []),
        (2, 4, State.PASS, []),
        (2, 5, State.FAIL, ["budget-hard"]),
        (6, 7, State.FAIL, ["budget-hard"]),
        # It was over before, and is no further over: shown, but no gate.
        (7, 6, State.PASS, ["budget-hard"]),
        (7, 2, State.PASS, []),
        (6, 6, State.PASS, []),
    ],
)
def test_the_hard_limit(before: int, after: int, state: State, rules: list[str]) -> None:
    outcome = _judge(_asked([_web(before)], [_web(after)]))
    assert (outcome.state, [f.rule for f in outcome.findings]) == (state, rules)


def test_what_the_branch_declares_elsewhere_counts() -> None:
    beside = [_web(3, "api"), _web(9, "other", labels={})]
    outcome = _judge(_asked([_web(1)], [_web(2)], beside))
    (finding,) = outcome.findings
    assert finding.severity is Severity.FAIL
    assert finding.message == (
        'the budget "pay" (cost center pay) would be at $73.16 a month, over its hard limit of'
        " $58.52 (+$14.63 by this change)"
    )
    assert finding.trace.inputs[0].value == "$14.63 to $29.26 a month"
    assert (finding.location.path, str(finding.resource)) == ("web.yaml", "Deployment web")


def test_a_new_object_and_a_removed_one() -> None:
    new = _judge(_asked([], [_web(5)]))
    assert [f.rule for f in new.findings] == ["budget-hard"]
    gone = _judge(_asked([_web(5)], []))
    assert not gone.findings
    assert [f.rule for f in gone.fixed] == ["budget-hard"]


@pytest.mark.parametrize(
    ("soft", "monthly", "severity"),
    [("50%", POD * 5, Severity.WARN), (POD * 2, None, Severity.WARN), ("80%", POD * 5, None)],
)
def test_the_soft_limit(soft: Any, monthly: Any, severity: Severity | None) -> None:
    outcome = _judge(_asked([_web(1)], [_web(3)]), _budget(soft=soft, monthly=monthly))
    assert [f.severity for f in outcome.findings] == ([severity] if severity else [])


def test_over_the_hard_limit_only_by_what_is_expected_warns() -> None:
    outcome = _judge(_asked([_web(2)], [_web(6), hpa(2, 9)]))
    (finding,) = outcome.findings
    assert (finding.rule, finding.severity) == ("budget-hard", Severity.WARN)
    assert "$87.79 ($29.26 to $131.68) a month" in finding.message


def test_an_autoscaler_that_nothing_changed_changes_nothing() -> None:
    scaled = [_web(6), hpa(2, 9)]
    assert _judge(_asked(scaled, scaled)).findings == ()


def test_moving_an_object_to_another_budget() -> None:
    red = _budget(name="red", cost_center="red", hard=POD)
    outcome = _judge(
        _asked([_web(2)], [_web(2, labels={"cost-center": "red"})]), _budget(hard=POD), red
    )
    assert [f.subject for f in outcome.findings] == ["budget:red"]
    assert [f.subject for f in outcome.fixed] == ["budget:pay"]


@pytest.mark.parametrize(
    ("names", "covers"),
    [
        ({}, True),
        ({"cost_center": "PAY"}, True),
        ({"cost_center": "pay", "environment": "production"}, True),
        ({"cost_center": "pay", "environment": "staging"}, False),
        ({"team": "unallocated"}, True),
        ({"cost_center": "unallocated"}, False),
        ({"cluster": "eu-1"}, True),
        ({"cluster": "eu-2"}, False),
        ({"model": "sentiment"}, False),
    ],
)
def test_whose_costs_a_budget_is_about(names: dict[str, Any], covers: bool) -> None:
    whose = Attribution(cost_center="pay", environment="production")
    assert Budget(name="x", monthly=Decimal(1), **names).covers(whose, "eu-1") is covers


def test_the_environment_is_that_of_the_tier() -> None:
    one = replace(_web(5), tier=Tier.PRODUCTION)
    budget = _budget(hard=POD, environment="production")
    assert _judge(_asked([], [one]), budget).findings
    assert not _judge(_asked([], [_web(5)]), budget).findings


@pytest.mark.parametrize(
    ("growth", "severity"),
    [
        ({"soft": 50}, Severity.WARN),
        ({"soft": 10, "hard": 50}, Severity.FAIL),
        ({"soft": 100, "hard": 100}, None),
    ],
)
def test_growth(growth: dict[str, int], severity: Severity | None) -> None:
    limits = Growth(**{key: Decimal(value) for key, value in growth.items()})
    budget = Budget(name="all", growth=limits)
    outcome = _judge(_asked([_web(1)], [_web(3)], [_web(1, "api")]), budget)
    assert [f.severity for f in outcome.findings] == ([severity] if severity else [])
    assert all("by 100%, from $29.26 a month" in f.message for f in outcome.findings)


def test_of_nothing_there_is_no_growth() -> None:
    budget = Budget(name="all", growth=Growth(hard=Decimal(1)))
    assert _judge(_asked([], [_web(3)]), budget).state is State.PASS


def test_open_changes_together() -> None:
    others = (
        _open(12, POD),
        _open(15, POD * 2),
        # Not before it is merged.
        _open(16, -POD * 9),
        # None of this budget's.
        _open(17, POD * 9, cost_center="red"),
    )
    (finding,) = _judge(_asked([_web(1)], [_web(2)], others=others)).findings
    assert (finding.rule, finding.severity) == ("budget-open-changes", Severity.WARN)
    assert "this change and 2 other open changes together" in finding.message
    assert finding.message.endswith("this one +$14.63, #12 +$14.63, #15 +$29.26")


def test_open_changes_say_nothing_of_a_change_that_adds_nothing_or_is_over_itself() -> None:
    others = (_open(12, POD * 9),)
    assert not _judge(_asked([_web(2)], [_web(1)], others=others)).findings
    alone = _judge(_asked([_web(2)], [_web(5)], others=others))
    assert [f.rule for f in alone.findings] == ["budget-hard"]
    euros = (replace(others[0], currency="EUR"),)
    assert not _judge(_asked([_web(1)], [_web(2)], others=euros)).findings


def test_what_the_change_leaves_without_a_price_is_inconclusive() -> None:
    outcome = _judge(_asked([], [_web(1), _unpriced()]))
    assert outcome.state is State.INCONCLUSIVE
    assert outcome.inconclusive.startswith(
        'the budget "pay" (cost center pay): 1 object of this change has no price'
        " (DaemonSet agent: "
    )
    assert outcome.inconclusive.endswith("so the total is at least $14.63 a month")


def test_what_is_over_anyway_fails_without_what_is_unknown() -> None:
    assert _judge(_asked([], [_web(9), _unpriced()])).state is State.FAIL


def test_what_has_no_price_elsewhere_matters_where_the_change_adds() -> None:
    beside = [_unpriced(f"agent-{i}") for i in range(3)]
    adds, saves = _asked([_web(1)], [_web(2)], beside), _asked([_web(2)], [_web(1)], beside)
    outcome = _judge(adds)
    assert outcome.state is State.INCONCLUSIVE
    assert "3 objects have no price, so the total is at least $29.26 a month" in outcome.reason
    assert _judge(saves).state is State.PASS
    told = _judge(adds, unknown="info")
    assert (told.state, [f.rule for f in told.findings]) == (State.PASS, ["budget-unknown"])


def test_what_could_not_be_read_is_unknown_too() -> None:
    asked = _asked([_web(1)], [_web(2)])
    assert asked.facts.inventory is not None
    short = replace(asked.facts, inventory=replace(asked.facts.inventory, unreadable=2))
    outcome = _judge(replace(asked, facts=short))
    assert "2 files or roots cannot be read" in outcome.reason


def test_an_unknown_that_nobody_touched_is_none_of_the_changes() -> None:
    outcome = _judge(_asked([_web(2), _unpriced()], [_web(1), _unpriced()]))
    assert outcome.state is State.PASS


def test_without_budgets_or_without_the_branch() -> None:
    asked = _asked([_web(1)], [_web(2)])
    none = CHECK.judge(asked, Config())
    assert none.skipped == "no budgets are configured"
    blind = _judge(replace(asked, facts=replace(asked.facts, inventory=None)))
    assert blind.state is State.INCONCLUSIVE
    assert asked.facts.inventory is not None
    euros = replace(asked.facts, inventory=replace(asked.facts.inventory, currency="EUR"))
    assert "priced in EUR" in _judge(replace(asked, facts=euros)).reason


@pytest.mark.parametrize(
    ("limit", "amount"),
    [("80%", 80), ("12.5 %", "12.5"), ("30", 30), (Decimal(7), 7), ("0", 0), (None, None)],
)
def test_limits(limit: Any, amount: Any) -> None:
    expected = None if amount is None else Decimal(amount)
    assert limit_of(limit, Decimal(100)) == expected


@pytest.mark.parametrize("limit", ["", "much", "-1", "-5%", "NaN", "Infinity", "80%%"])
def test_what_is_no_limit(limit: str) -> None:
    with pytest.raises(ValueError, match="neither an amount nor a percentage"):
        limit_of(limit, Decimal(100))


@pytest.mark.parametrize(
    ("budget", "why"),
    [
        ({"name": "a"}, "needs a monthly amount"),
        ({"name": " ", "monthly": 1}, "needs a name"),
        ({"name": "a", "monthly": -1}, "below 0"),
        ({"name": "a", "monthly": 1, "soft": 2}, "soft is more than hard"),
        ({"name": "a", "monthly": 1, "team": ""}, "unallocated"),
        ({"name": "a", "monthly": 1, "growth": {"soft": -1}}, "below 0"),
        ({"name": "a", "monthly": 1, "squad": "x"}, "squad"),
        ({"name": "a", "monthly": "lots"}, "decimal"),
    ],
)
def test_what_is_no_budget(budget: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        TypeAdapter(Config).validate_python({"budgets": [budget]})


def test_two_budgets_of_a_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two budgets of the name 'pay'"):
        Config(budgets=(_budget(hard=POD), _budget(hard=POD)))


@given(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9))
def test_it_is_over_exactly_where_the_sum_is(before: int, after: int, beside: int) -> None:
    asked = _asked([_web(before)], [_web(after)], [_web(beside, "api")])
    gates = [f for f in _judge(asked).findings if f.gates]
    assert bool(gates) == (after > before and after + beside > 4)


def test_the_example() -> None:
    assert_golden(CHECK)
