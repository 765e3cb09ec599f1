"""Old rows go, in the right order; a database that goes away for a moment ends nothing."""

from __future__ import annotations

import time

import pytest
import sqlalchemy as sa

from bot.jobs import Heads, Ticket, Timing, counts
from bot.jobs.database import Database
from bot.model import Job
from tests.jobs.recorder import QUICK, Rig, delivery, job, wait_for

_AGED = (
    "UPDATE STATUS SET completed_at = completed_at - :ms WHERE completed_at IS NOT NULL",
    "UPDATE plumbline_delivery SET at = at - :seconds",
    "UPDATE plumbline_run SET at = at - :seconds",
    "UPDATE plumbline_head SET at = at - :seconds",
    "UPDATE plumbline_newest SET seq = seq - :us",
    "UPDATE plumbline_turn SET due = 0",
)


def _age(rig: Rig, days: int) -> dict[str, int]:
    """Pass some days, let a worker tidy up, and count what is left."""
    database = Database(rig.url, durable=False)
    for sql in _AGED:
        seconds = days * 86_400
        names = {"ms": seconds * 1000, "seconds": seconds, "us": seconds * 1_000_000}
        database.execute(sql, **{name: v for name, v in names.items() if f":{name}" in sql})
    rig.start()
    wait_for(
        lambda: database.execute("SELECT due FROM plumbline_turn WHERE name = 'tidy'")[0].due > 0
    )
    rig.stop()
    left = {}
    for table in ("delivery", "run", "head", "newest"):
        left[table] = database.execute(f"SELECT count(*) AS n FROM plumbline_{table}")[0].n  # noqa: S608
    database.close()
    return left | {"workflows": sum(counts(rig.url).values())}


def test_runs_go_first_deliveries_later_and_heads_last(rig: Rig) -> None:
    heads = Heads(rig.url)
    heads.ended(job(), "a" * 40, base="main")
    heads.close()
    rig.intake.accept(delivery())
    rig.start()
    rig.settle()
    rig.stop()
    whole = {"delivery": 1, "run": 1, "head": 1, "newest": 1, "workflows": 1}
    assert _age(rig, 6) == whole
    assert _age(rig, 2) == whole | {"workflows": 0}
    assert not rig.intake.accept(delivery())
    assert _age(rig, 23) == whole | {"workflows": 0, "delivery": 0, "run": 0}
    assert _age(rig, 60) == dict.fromkeys(whole, 0)


def test_what_has_not_ended_is_never_too_old(rig: Rig) -> None:
    rig.intake.accept(delivery())
    database = Database(rig.url, durable=False)
    database.execute("UPDATE STATUS SET created_at = 0, updated_at = 0")
    database.close()
    rig.start(Timing(poll=0.05, reap=0.1))
    assert rig.settle() == {"SUCCESS": 1}


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_job_outlasts_the_loss_of_all_connections(rig: Rig) -> None:
    def body(job: Job, ticket: Ticket) -> str:
        cut()
        assert ticket.is_newest()
        time.sleep(0.5)
        cut()
        return "pass"

    def cut() -> None:
        with engine.begin() as conn:
            conn.execute(
                sa.text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )

    engine = sa.create_engine(
        sa.make_url(rig.url).set(drivername="postgresql+psycopg"), poolclass=sa.NullPool
    )
    rig.handlers.body = body
    rig.start(QUICK)
    rig.intake.accept(delivery())
    wait_for(lambda: len(rig.handlers.ended) == 1)
    assert rig.settle() == {"SUCCESS": 1}
    assert rig.intake.accept(delivery(name="d2"))
