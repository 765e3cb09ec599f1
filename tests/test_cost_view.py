"""The cost section: totals, whose it is, what drove it, and why these prices."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from bot.cost_view import aside, bar, cost_view, unmoved, why
from checks.model import (
    Attribution,
    CostDelta,
    CostLine,
    Driver,
    Grade,
    Ledger,
    Location,
    Range,
    Tier,
    UnitPrice,
)
from tests.reports import ref

_CPU = UnitPrice(
    amount=Decimal("0.031611"), unit="vCPU-hour", source="opencost", as_of=date(2024, 10, 24)
)


def _line(
    name: str,
    before: str | None,
    after: str | None,
    *,
    team: str = "",
    counted: bool = True,
    ledger: Ledger = Ledger.ALLOCATION,
    carbon: tuple[str | None, str | None] = (None, None),
    drivers: tuple[Driver, ...] = (),
    grade: Grade = Grade.C,
) -> CostLine:
    grams = [None if side is None else Decimal(side) for side in carbon]
    return CostLine(
        resource_id=name,
        resource=ref(name),
        location=Location(path=f"prod/{name}.yaml"),
        before=None if before is None else Range.exact(Decimal(before)),
        after=None if after is None else Range.exact(Decimal(after)),
        grade=grade,
        tier=Tier.PRODUCTION,
        attribution=Attribution(team=team),
        counted=counted,
        ledger=ledger,
        carbon_before=grams[0],
        carbon_after=grams[1],
        drivers=drivers,
        prices=(_CPU,),
    )


def _view(*lines: CostLine) -> CostDelta:
    return CostDelta(currency="USD", lines=lines, unknown=())


def test_rises_and_savings_are_told_apart_and_make_the_delta() -> None:
    view = cost_view(_view(_line("a", "10", "40"), _line("b", "20", "5"), _line("c", None, "1")))
    assert (view.rises, view.savings) == (Decimal(31), Decimal(-15))
    assert view.delta.expected == view.rises + view.savings


def test_groups_add_up_to_the_total_and_what_nobody_owns_is_unallocated() -> None:
    view = cost_view(_view(_line("a", "10", "40", team="web"), _line("b", "20", "5")))
    assert [(g.environment, g.team) for g in view.groups] == [
        ("production", "web"),
        ("production", "unallocated"),
    ]
    assert sum(g.delta.expected for g in view.groups) == view.delta.expected
    assert [g.bar for g in view.groups] == ["█" * 12, "░" * 6]


def test_what_is_in_the_other_ledger_is_shown_and_not_counted() -> None:
    pods = _line("pods", "10", "20", counted=False)
    nodes = _line("nodes", "100", "200", ledger=Ledger.CAPACITY)
    view = cost_view(_view(pods, nodes))
    assert view.delta == Range.exact(Decimal(100))
    assert [line.resource_id for line in view.lines] == ["nodes", "pods"]
    assert aside(pods) == "not counted: it runs on nodes that are counted"
    assert aside(nodes) == ""


def test_the_grade_is_the_worst_of_what_makes_nearly_all_of_the_change() -> None:
    thousands = _line("big", "0", "4000", grade=Grade.B)
    assert cost_view(_view(thousands, _line("cents", "0", "0.20", grade=Grade.D))).grade is Grade.B
    assert cost_view(_view(thousands, _line("c", "0", "900", grade=Grade.C))).grade is Grade.C


def test_what_does_not_change_has_no_say_in_the_grade() -> None:
    same = _line("same", "10", "10", grade=Grade.D)
    assert cost_view(_view(same, _line("a", "1", "2", grade=Grade.B))).grade is Grade.B
    assert cost_view(_view(same)).grade is Grade.D


def test_what_costs_what_it_did_is_counted_and_not_listed() -> None:
    view = cost_view(_view(_line("a", "1", "2"), _line("b", "10", "10"), _line("c", "5", "5")))
    assert [line.resource_id for line in view.lines] == ["a"]
    assert unmoved(view) == "2 objects change and cost what they did: $15.00 a month"
    assert view.after.expected == Decimal(17)


def test_drivers_stand_in_the_order_of_their_share() -> None:
    drivers = (
        Driver(name="CPU", before="1", after="2", share=Decimal("1.50")),
        Driver(name="replicas", before="2", after="4", share=Decimal("-12.00")),
        Driver(name="memory", before="1", after="1", share=Decimal("0.00")),
    )
    said = why(_line("a", "20", "9.5", drivers=drivers), "USD")
    assert said == "replicas 2 → 4: -$12.00; CPU 1 → 2: +$1.50"


def test_carbon_is_modelled_and_says_what_it_leaves_out() -> None:
    known = _line("a", "1", "2", carbon=("1000", "2500"))
    assert cost_view(_view(known)).carbon == "+1.5 kg CO2e (modelled) a month"
    partly = cost_view(_view(known, _line("b", "1", "2"))).carbon
    assert partly == "+1.5 kg CO2e (modelled) a month; 1 of 2 objects not known"
    assert cost_view(_view(_line("b", "1", "2"))).carbon == ""


def test_a_price_is_named_once() -> None:
    assert cost_view(_view(_line("a", "1", "2"), _line("b", "1", "2"))).prices == (_CPU,)


def test_what_is_not_nothing_has_a_bar() -> None:
    assert bar(Decimal("0.01"), Decimal(1000)) == "█"
    assert bar(Decimal(0), Decimal(1000)) == bar(Decimal(0), Decimal(0)) == ""
