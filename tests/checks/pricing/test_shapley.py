"""Why a cost changed: shares that are fair, and add up to the cent."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.model import Grade, Prices, Range, Resource
from checks.money import cents
from checks.pricing.cost import Bill, Cost, Factor
from checks.pricing.shapley import drivers
from checks.pricing.workload import Assumptions, Market, Sheets, price
from tests.checks.manifests import FACTS, container, known, priced, snapshot, workload
from tests.checks.pricing.places import AWS, CENTRAL, EAST, GCP, PRODUCT, TYPE, asking, at


def _web(replicas: int = 1, cpu: str = "1", memory: str = "1Gi") -> Resource:
    asks = {"requests": {"cpu": cpu, "memory": memory}}
    return workload(spec={"replicas": replicas}, pod={"containers": [container(resources=asks)]})


def _why(before: Resource, after: Resource) -> list[tuple[str, str, str, Decimal]]:
    sheets = Sheets(facts=_FACTS)
    costs = [
        known(price(one, Market.of(snapshot(one), sheets, _ASSUMED))) for one in (before, after)
    ]
    return [(d.name, d.before, d.after, d.share) for d in drivers(costs[0], costs[1])]


_FACTS = type(FACTS)(now=FACTS.now, prices=AWS, elsewhere={CENTRAL: GCP, EAST: AWS})
_ASSUMED = Assumptions(nodes=3, job_minutes=Decimal(7))


def test_one_factor_has_all_of_it() -> None:
    month = Decimal("0.035667") * 730 + Decimal("0.003417") * 730
    assert _why(_web(2), _web(5)) == [("replicas", "2", "5", cents(month * 3))]
    assert _why(_web(2), _web(2)) == []


def test_two_factors_share_what_they_do_together() -> None:
    # From 1 × 1 CPU to 3 × 2 CPU: alone the replicas add 2c + 2m and the CPU c, together 5c + 2m.
    c, m = Decimal("0.035667") * 730, Decimal("0.003417") * 730
    found = {name: share for name, _, _, share in _why(_web(1), _web(3, cpu="2"))}
    assert found == {"replicas": cents(3 * c + 2 * m), "CPU": cents(2 * c)}


@pytest.mark.parametrize(
    ("before", "after", "names"),
    [
        (
            asking(1, nodeSelector={TYPE: "g5.xlarge"}),
            asking(8, nodeSelector={TYPE: "p5.48xlarge"}),
            # Eight GPUs of a machine with one have no price: they come with the type.
            {"GPUs"},
        ),
        (
            asking(1, nodeSelector={TYPE: "g5.12xlarge"}),
            asking(4, nodeSelector={TYPE: "p5.48xlarge"}),
            {"accelerators", "GPU type"},
        ),
        (_web(), asking(1, nodeSelector={TYPE: "g5.xlarge"}), {"CPU", "memory", "GPUs"}),
        (at(EAST, _web()), at(CENTRAL, _web(2)), {"replicas", "price"}),
    ],
)
def test_what_drove_it(before: Resource, after: Resource, names: set[str]) -> None:
    found = _why(before, after)
    assert {name for name, _, _, _ in found} <= names | {"CPU", "memory"}
    assert names <= {name for name, _, _, _ in found}


def test_what_is_new_or_gone_has_one_driver() -> None:
    cost = known(priced(_web(), prices=AWS))
    (new,) = drivers(None, cost)
    assert (new.name, new.before, new.share) == ("new", "nothing", cents(cost.amount.expected))
    (gone,) = drivers(cost, None)
    assert (gone.name, gone.after, gone.share) == (
        "removed",
        "nothing",
        -cents(cost.amount.expected),
    )


def test_other_factors_are_another_kind_of_workload() -> None:
    job = known(priced(workload("Job"), prices=AWS, assume=_ASSUMED))
    web = known(priced(_web(), prices=AWS))
    assert [driver.name for driver in drivers(job, web)] == ["kind of workload"]


def _bill(amounts: Mapping[str, Decimal]) -> Cost:
    def formula(values: Mapping[str, Any]) -> Decimal:
        product = Decimal(1)
        for value in values.values():
            product *= value
        return product

    factors = {name: Factor(value=value, shown=str(value)) for name, value in amounts.items()}
    bill = Bill(formula=formula, factors=factors)
    return Cost(amount=Range.exact(formula(amounts)), grade=Grade.A, basis="", bill=bill)


_amount = st.decimals(min_value=Decimal("0.01"), max_value=Decimal(9), places=2)
_some = st.lists(st.tuples(_amount, _amount), min_size=1, max_size=12)


@given(_some)
def test_shares_add_up_to_the_cent(pairs: list[tuple[Decimal, Decimal]]) -> None:
    before = _bill({f"f{n}": pair[0] for n, pair in enumerate(pairs)})
    after = _bill({f"f{n}": pair[1] for n, pair in enumerate(pairs)})
    found = drivers(before, after)
    delta = cents(after.amount.expected - before.amount.expected)
    assert sum((d.share for d in found), Decimal(0)) == delta
    assert all(d.share == cents(d.share) for d in found)
    assert len(found) <= 8


@given(_some)
def test_there_and_back_shares_alike(pairs: list[tuple[Decimal, Decimal]]) -> None:
    before = _bill({f"f{n}": pair[0] for n, pair in enumerate(pairs)})
    after = _bill({f"f{n}": pair[1] for n, pair in enumerate(pairs)})
    there = {d.name: d.share for d in drivers(before, after)}
    back = {d.name: d.share for d in drivers(after, before)}
    assert there.keys() == back.keys()
    # But for the cents that rounding puts here or there.
    assert all(abs(there[name] + back[name]) <= Decimal("0.02") for name in there)


_pods = st.builds(
    lambda count, labels, cpu, replicas, gpu: (
        asking(count, cpu=cpu, replicas=replicas, nodeSelector=labels)
        if gpu
        else _web(replicas, cpu=cpu)
    ),
    st.sampled_from([1, 2, 4, 8]),
    st.sampled_from(
        [
            {},
            {TYPE: "p5.48xlarge"},
            {TYPE: "g5.12xlarge"},
            {PRODUCT: "Tesla-T4"},
            {PRODUCT: "NVIDIA-A10G", "karpenter.sh/capacity-type": "spot"},
        ]
    ),
    st.sampled_from(["500m", "2", "7"]),
    st.integers(0, 5),
    st.booleans(),
)


@given(_pods, _pods)
def test_every_change_of_pods_is_explained_to_the_cent(before: Resource, after: Resource) -> None:
    costs = [priced(one, prices=AWS) for one in (before, after)]
    known_costs = [cost for cost in costs if isinstance(cost, Cost)]
    if len(known_costs) < 2:
        return
    found = drivers(known_costs[0], known_costs[1])
    delta = cents(known_costs[1].amount.expected - known_costs[0].amount.expected)
    assert sum((d.share for d in found), Decimal(0)) == delta
    for cost in known_costs:
        assert cost.bill is not None
        values = {name: factor.value for name, factor in cost.bill.factors.items()}
        assert abs(cost.bill.formula(values) - cost.amount.expected) < Decimal("1e-6")


def test_a_place_without_prices_has_no_driver() -> None:
    assert drivers(None, None) == ()
    assert Prices().units == {}
