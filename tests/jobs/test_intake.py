"""Deliveries from many threads, and databases that cannot be used."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.jobs import DatabaseError, Heads, Intake, counts
from tests.jobs.recorder import Rig, delivery, job


def test_many_threads_at_once_lose_and_double_nothing(rig: Rig) -> None:
    wanted = [delivery(number % 7, f"d{number % 60}") for number in range(120)]
    with ThreadPoolExecutor(12) as threads:
        accepted = list(threads.map(rig.intake.accept, wanted))
    assert sum(accepted) == 60
    states = counts(rig.url)
    assert states["ENQUEUED"] == 7
    assert sum(states.values()) == 60


def test_two_machines_accept_for_the_same_pull_requests(rig: Rig) -> None:
    other = Intake(rig.url)
    wanted = [delivery(number % 3, f"d{number}") for number in range(60)]
    with ThreadPoolExecutor(8) as threads:
        ends = [
            threads.submit((rig.intake, other)[number % 2].accept, wanted[number])
            for number in range(60)
        ]
        assert all(end.result() for end in ends)
    other.close()
    assert counts(rig.url) == {"CANCELLED": 57, "ENQUEUED": 3}


def test_one_that_cannot_be_stored_does_not_take_others_with_it(rig: Rig) -> None:
    # Neither error is of the kind the database's driver is expected to raise.
    event: Any = 2**70 if rig.url.startswith("sqlite") else object()
    bad = [replace(delivery(1, f"bad{n}"), event=event) for n in range(6)]
    good = [delivery(number, f"good{number}") for number in range(30)]
    with ThreadPoolExecutor(12) as threads:
        ends = [
            threads.submit(rig.intake.accept, one)
            for pair in zip(good, bad, strict=False)
            for one in pair
        ]
        ends += [threads.submit(rig.intake.accept, one) for one in good[6:]]
        failures = [end.exception() for end in ends]
    assert sum(failure is not None for failure in failures) == 6
    assert counts(rig.url) == {"ENQUEUED": 30}


def test_a_delivery_is_on_the_disk_when_accept_returns(rig: Rig) -> None:
    assert rig.intake.accept(delivery())
    synchronous = rig.intake._database.dialect == "sqlite"
    if synchronous:
        with rig.intake._database.engine.connect() as conn:
            assert conn.execute(sa.text("PRAGMA synchronous")).scalar() == 2
            assert conn.execute(sa.text("PRAGMA journal_mode")).scalar() == "wal"
    assert counts(rig.url) == {"ENQUEUED": 1}


def test_heads_are_remembered(url: str) -> None:
    heads = Heads(url)
    heads.began(job(), "a" * 40)
    heads.began(job(), "b" * 40)
    heads.began(job(2), "c" * 40)
    assert heads.unfinished(job()) == ("a" * 40, "b" * 40)
    assert not heads.is_judged(job(), "a" * 40, "main")
    heads.ended(job(), "a" * 40)
    heads.ended(job(), "b" * 40, base="main")
    assert heads.unfinished(job()) == ()
    assert not heads.is_judged(job(), "a" * 40, "main")
    assert heads.is_judged(job(), "b" * 40, "main")
    assert not heads.is_judged(job(), "b" * 40, "release")
    heads.began(job(), "b" * 40)
    assert not heads.is_judged(job(), "b" * 40, "main")
    heads.close()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://host/db", "must be postgresql://"),
        ("sqlite://", "must be postgresql://"),
        ("nonsense", "must be postgresql://"),
        ("sqlite:////no/such/folder/jobs.sqlite", "/no/such/folder, the folder of"),
        ("postgresql://me:hunter2@127.0.0.1:1/db", "cannot use the database"),
    ],
)
def test_a_database_that_cannot_be_used_is_explained(url: str, said: str) -> None:
    with pytest.raises(DatabaseError, match=said) as caught:
        Intake(url)
    assert "hunter2" not in str(caught.value)


def test_a_file_that_is_no_database_is_explained(tmp_path: Path) -> None:
    file = tmp_path / "jobs.sqlite"
    file.write_text("this is not a database, but it is long enough to be looked at closely" * 9)
    with pytest.raises(DatabaseError, match=r"jobs\.sqlite.*PLUMBLINE_DATABASE_URL"):
        Intake(f"sqlite:///{file}")
    with pytest.raises(sqlite3.DatabaseError):
        sqlite3.connect(file).execute("SELECT * FROM sqlite_master")
