"""The ledger of our own pull requests, on both engines, held against the plain one of tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.jobs.proposals import Proposals
from bot.rightsizing.lifecycle import Ledger
from tests.rightsizing.plain_proposing import PlainLedger

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def test_it_knows_what_stands_and_what_was_begun_when(url: str) -> None:
    real = Proposals(url)
    ledgers: tuple[Ledger, Ledger] = (PlainLedger(), real)
    for ledger in ledgers:
        ledger.begun("p", "a", NOW)
        ledger.begun("p", "a", NOW + DAY)
        ledger.begun("p", "b", NOW + DAY)
        assert set(ledger.standing("p")) == {"a", "b"}
        assert ledger.count_since("p", NOW) == 1
        ledger.ended("p", "a")
        ledger.ended("p", "never")
        assert set(ledger.standing("p")) == {"b"}
        ledger.begun("p", "a", NOW + 2 * DAY)
        assert set(ledger.standing("p")) == {"a", "b"}
        assert ledger.count_since("p", NOW) == 2
    real.close()


def test_projects_have_ledgers_of_their_own(url: str) -> None:
    ledger = Proposals(url)
    ledger.begun("p", "a", NOW)
    assert set(ledger.standing("q")) == set()
    assert ledger.count_since("q", NOW - DAY) == 0
    ledger.close()
