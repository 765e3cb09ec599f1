"""What open changes add, read from the records of their judgements."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from bot.inventory_file import dump, load
from bot.model import PullRequest
from bot.open_changes import from_record, open_changes
from bot.record import make
from bot.summary.model import NoAdvisor
from checks.model import (
    Attribution,
    CostDelta,
    Inventory,
    InventoryRow,
    Location,
    Place,
    Range,
    ResourceRef,
)
from tests.plain_forge import pull
from tests.reports import HEAD, cost, report

_PAY = Attribution(cost_center="pay", team="red", environment="production")


def _record(number: int = 1, delta: CostDelta | None = None) -> bytes:
    judged = replace(pull(), number=number)
    told = report(delta=delta or cost(2, 1))
    return make(told, "github", judged, NoAdvisor().summarise(told)).data


def _attributed() -> CostDelta:
    delta = cost(2, 1)
    lines = (replace(delta.lines[0], attribution=_PAY), delta.lines[1])
    unknown = (replace(delta.unknown[0], attribution=_PAY),)
    return replace(delta, lines=lines, unknown=unknown)


def test_the_costs_of_a_record_by_whose_they_are() -> None:
    delta = _attributed()
    change = from_record(_record(7, delta))
    assert change is not None
    assert (change.number, change.head_sha, change.currency) == (7, HEAD, "USD")
    shares = {(share.attribution, share.unknown): share.delta for share in change.shares}
    assert shares[_PAY, 0].expected == delta.lines[0].delta.expected
    assert shares[Attribution(), 0].expected == delta.lines[1].delta.expected
    assert shares[_PAY, 1] == Range.exact(Decimal(0))


def test_lines_of_one_owner_are_added_up_and_those_of_the_other_ledger_are_not() -> None:
    delta = cost(3)
    body = json.loads(_record(7, delta))
    body["cost"]["lines"][2]["counted"] = False
    change = from_record(json.dumps(body).encode())
    assert change is not None
    (share,) = change.shares
    assert share.delta == delta.lines[0].delta + delta.lines[1].delta


def test_an_older_record_has_no_attribution() -> None:
    body = json.loads(_record())
    for line in (*body["cost"]["lines"], *body["cost"]["unknown"]):
        line.pop("attribution", None)
    change = from_record(json.dumps(body).encode())
    assert change is not None
    assert {share.attribution for share in change.shares} == {Attribution()}


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"number": 1, "head": "a"}', b"\xff"])
def test_what_is_no_record_says_nothing(data: bytes) -> None:
    assert from_record(data) is None


def test_the_other_open_pull_requests_into_the_branch() -> None:
    this = replace(pull(), number=1, head_sha=HEAD)
    others = [
        replace(this, number=5),
        replace(this, number=2),
        replace(this, number=3, base_ref="release"),
        replace(this, number=4, is_open=False),
        replace(this, number=6, head_sha="b" * 40),
        replace(this, number=8),
        this,
    ]
    asked: list[int] = []

    def stored(one: PullRequest) -> bytes | None:
        asked.append(one.number)
        return None if one.number == 8 else _record(one.number)

    found = open_changes(others, this, stored)
    # 6 has a newer head than its record, 8 was not judged yet.
    assert [change.number for change in found] == [2, 5]
    assert asked == [2, 5, 6, 8]


def _inventory() -> Inventory:
    row = InventoryRow(
        resource_id="x",
        resource=ResourceRef(kind="Deployment", namespace="shop", name="web"),
        location=Location(path="web.yaml", line=1),
        attribution=_PAY,
        monthly=Range(low=Decimal("1.10"), expected=Decimal("2.000000001"), high=Decimal(9)),
        place=Place("aws", "us-east-1", "eu"),
        carbon=Decimal("3.5"),
    )
    rows = (row, replace(row, monthly=None, carbon=None, reason="no price"))
    return Inventory(sha="abc", rows=rows, unreadable=1, fixed=frozenset({Place("aws", "x", "y")}))


def test_an_inventory_survives_being_stored() -> None:
    assert load(dump(_inventory())) == _inventory()


@pytest.mark.parametrize("data", [b"", b"{}", b"plumbline-inventory-0\n{}", b"\xff"])
def test_anything_else_is_no_inventory(data: bytes) -> None:
    assert load(data) is None
    assert load(dump(_inventory())[:-9]) is None
