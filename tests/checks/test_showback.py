"""Groups of an inventory, whose sums are its total to the cent."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.costs.showback import Showback, apportioned, showback
from checks.model import (
    DIMENSIONS,
    Attribution,
    Inventory,
    InventoryRow,
    Location,
    Place,
    Range,
    ResourceRef,
)
from checks.money import cents

_MONEY = st.decimals("0", "9999", places=9, allow_nan=False)
_NAME = st.sampled_from(["", "red", "blue", "unallocated"])


@st.composite
def _rows(draw: st.DrawFn) -> InventoryRow:
    amounts = sorted(draw(st.tuples(_MONEY, _MONEY, _MONEY)))
    monthly = Range(low=amounts[0], expected=amounts[1], high=amounts[2])
    return _row(
        draw(st.one_of(st.none(), st.just(monthly))),
        counted=draw(st.booleans()),
        carbon=draw(st.one_of(st.none(), _MONEY)),
        cost_center=draw(_NAME),
        team=draw(_NAME),
        environment=draw(_NAME),
    )


def _row(
    monthly: Range | None,
    *,
    counted: bool = True,
    carbon: Decimal | None = None,
    cluster: str = "",
    **whose: str,
) -> InventoryRow:
    return InventoryRow(
        resource_id="x",
        resource=ResourceRef(kind="Deployment", namespace="shop", name="web"),
        location=Location(path="web.yaml", line=1),
        attribution=Attribution(**whose),
        monthly=monthly,
        counted=counted,
        carbon=carbon,
        place=Place(cluster=cluster),
    )


def _exact(text: str) -> Range:
    return Range.exact(Decimal(text))


@given(st.lists(_rows(), max_size=12), st.permutations(DIMENSIONS), st.integers(0, 5))
def test_the_groups_add_up_to_the_total(
    rows: list[InventoryRow], order: list[str], count: int
) -> None:
    whole = Inventory(sha="x", rows=tuple(rows))
    found = showback(whole, order[:count])  # type: ignore[arg-type]
    for part in ("low", "expected", "high"):
        parts = [getattr(group.monthly, part) for group in found.groups]
        assert sum(parts, start=Decimal(0)) == getattr(found.total.monthly, part)
        assert all(amount == cents(amount) for amount in parts)
    for part in ("objects", "unknown", "carbon", "carbon_unknown"):
        assert sum(getattr(group, part) for group in found.groups) == getattr(found.total, part)
    # The total is the same however it is split, and that of the inventory.
    assert found.total.monthly == showback(whole, ()).total.monthly
    assert found.total.monthly.expected == cents(whole.total.expected)
    assert abs(found.total.monthly.low - whole.total.low) <= Decimal("0.01")
    assert found.total.objects + found.total.unknown + found.elsewhere == len(rows)
    dearest_first = [group.monthly.expected for group in found.groups]
    assert all(one >= other for one, other in pairwise(dearest_first))


@given(st.lists(_rows(), max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_the_objects_is_irrelevant(rows: list[InventoryRow], random: object) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    def totals(them: list[InventoryRow]) -> Showback:
        return showback(Inventory(sha="x", rows=tuple(them)), ["team"])

    assert totals(rows).total == totals(shuffled).total
    assert {g.names for g in totals(rows).groups} == {g.names for g in totals(shuffled).groups}


def test_groups() -> None:
    rows = (
        _row(_exact("10.004"), cost_center="pay", team="red", carbon=Decimal("1500.4")),
        _row(_exact("10.004"), cost_center="pay", team="blue"),
        _row(_exact("5.004"), carbon=Decimal("10.3")),
        _row(None, cost_center="pay"),
        _row(_exact("99"), cost_center="pay", counted=False),
    )
    found = showback(Inventory(sha="x", rows=rows, unreadable=2), ("cost_center",))
    pay, nobody = found.groups
    assert (pay.names, nobody.names) == (("pay",), ("unallocated",))
    assert (pay.objects, pay.unknown, pay.carbon_unknown) == (2, 1, 1)
    assert pay.monthly.expected + nobody.monthly.expected == Decimal("25.01")
    assert [int(one.carbon) for one in (pay, nobody, found.total)] == [1501, 10, 1511]
    assert (found.elsewhere, found.unreadable) == (1, 2)


def test_by_several_dimensions_and_by_cluster() -> None:
    rows = (
        _row(_exact("1"), model="sentiment", cluster="eu"),
        _row(_exact("2"), model="sentiment", cluster="us"),
    )
    found = showback(Inventory(sha="x", rows=rows), ("cluster", "model"))
    assert [group.names for group in found.groups] == [("us", "sentiment"), ("eu", "sentiment")]


def test_nothing_is_nothing() -> None:
    found = showback(Inventory(sha="x"), ("team",))
    assert (found.groups, found.total.monthly) == ((), Range.exact(Decimal(0)))


@pytest.mark.parametrize(
    ("parts", "total", "expected"),
    [
        (["0.005", "0.005"], "0.01", ["0.01", "0"]),
        (["0.333", "0.333", "0.333"], "0.999", ["0.34", "0.33", "0.33"]),
        (["1"], "1", ["1"]),
        ([], "0", []),
    ],
)
def test_what_is_left_of_rounding(parts: list[str], total: str, expected: list[str]) -> None:
    found = apportioned([Decimal(part) for part in parts], Decimal(total), Decimal("0.01"))
    assert found == [Decimal(part) for part in expected]
