"""Money and answers in the file; the breaker."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.summary.breaker import Breaker
from bot.summary.ledger import Ledger, OverBudget
from bot.summary.model import Summary

NOW = datetime(2026, 11, 21, 23, 59, tzinfo=UTC)


def ledger(folder: Path, per_pull: str = "1", per_day: str = "2") -> Ledger:
    return Ledger(
        folder / "new" / "llm.sqlite", per_pull=Decimal(per_pull), per_day=Decimal(per_day)
    )


def test_the_most_it_can_cost_is_counted_until_it_is_known(tmp_path: Path) -> None:
    tested = ledger(tmp_path)
    first = tested.reserve("p", Decimal("0.7"), NOW)
    with pytest.raises(OverBudget, match="this pull request's"):
        tested.reserve("p", Decimal("0.4"), NOW)
    tested.settle(first, Decimal("0.6"))
    tested.reserve("p", Decimal("0.4"), NOW)
    with pytest.raises(OverBudget, match="this pull request's"):
        tested.reserve("p", Decimal("0.000000001"), NOW)


def test_a_day_ends_at_midnight_utc(tmp_path: Path) -> None:
    tested = ledger(tmp_path)
    tested.reserve("p", Decimal(1), NOW)
    tested.reserve("q", Decimal(1), NOW)
    with pytest.raises(OverBudget, match="today's"):
        tested.reserve("r", Decimal("0.1"), NOW)
    tested.reserve("r", Decimal("0.1"), NOW + timedelta(minutes=1))


def test_many_at_once_never_spend_more(tmp_path: Path) -> None:
    spent: list[Decimal] = []

    def spend() -> None:
        own = ledger(tmp_path, per_pull="1", per_day="1")
        for _ in range(5):
            try:
                own.reserve("p", Decimal("0.1"), NOW)
            except OverBudget:
                return
            spent.append(Decimal("0.1"))

    threads = [threading.Thread(target=spend) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(spent) == 1


def test_the_answer_that_came_first_stays(tmp_path: Path) -> None:
    tested = ledger(tmp_path)
    assert tested.answer("d") is None
    assert tested.keep("d", b"one", NOW) == b"one"
    assert tested.keep("d", b"two", NOW) == b"one"
    assert ledger(tmp_path).answer("d") == b"one"


def test_old_answers_go(tmp_path: Path) -> None:
    tested = ledger(tmp_path)
    tested.keep("d", b"one", NOW)
    tested.keep("e", b"two", NOW + timedelta(days=31))
    assert tested.answer("d") is None
    assert tested.answer("e") == b"two"


def test_the_breaker_lets_one_through_after_a_while() -> None:
    now = 0.0
    tested = Breaker(monotonic=lambda: now)
    for _ in range(2):
        tested.failed()
    tested.worked()
    for _ in range(2):
        tested.failed()
    assert tested.lets_through()
    tested.failed()
    assert not tested.lets_through()
    now = 600.0
    assert tested.lets_through()
    assert not tested.lets_through()
    tested.failed()
    now = 1199.0
    assert not tested.lets_through()
    now = 1200.0
    assert tested.lets_through()
    tested.worked()
    assert tested.lets_through()
    assert tested.lets_through()


def test_a_summary_is_a_checked_text_or_a_reason() -> None:
    for wrong in ({}, {"text": "x"}, {"text": "x", "said": "y", "grounded": True}):
        with pytest.raises(ValueError, match="grounded text or a reason"):
            Summary(**wrong)
    assert Summary(text="x", grounded=True).said == ""
