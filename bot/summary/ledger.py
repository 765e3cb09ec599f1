"""What was spent on summaries, and the answers that were paid for, in a small SQLite file.

It is a file because a job may run again after its worker was killed: the money must still be
counted, and the same question must get the same answer, or the comment would change by itself.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from pathlib import Path

_NANO = Decimal(1_000_000_000)
# A pull request that is open for longer gets its money a second time.
_SPENDING_KEPT = timedelta(days=90)
_ANSWERS_KEPT = timedelta(days=30)
_TABLES = """
CREATE TABLE IF NOT EXISTS spending (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL, pull TEXT NOT NULL, nano_usd INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS spending_at ON spending (at);
CREATE INDEX IF NOT EXISTS spending_pull ON spending (pull);
CREATE TABLE IF NOT EXISTS answers (
    prompt_digest TEXT PRIMARY KEY, at TEXT NOT NULL, answer BLOB NOT NULL);
"""


class OverBudget(Exception):  # noqa: N818 - not an error: a limit that holds
    """A call could cost more than is left; says of which limit."""


class Ledger:
    """The file, shared by the processes of one machine. Amounts are USD."""

    def __init__(self, path: Path, *, per_pull: Decimal, per_day: Decimal) -> None:
        self._path = path
        self._per_pull = per_pull
        self._per_day = per_day

    def reserve(self, pull: str, amount: Decimal, now: datetime) -> int:
        """Count the most that a call can cost before it is made; an id to settle it by.

        What is never settled stays counted: a call whose answer was lost may have been billed.
        Raises OverBudget, sqlite3.Error.
        """
        nano = _nano(amount)
        with self._transaction() as db:
            db.execute("DELETE FROM spending WHERE at < ?", (_stamp(now - _SPENDING_KEPT),))
            today = _sum(db, "at >= ?", now.astimezone(UTC).date().isoformat())
            if today + nano > _nano(self._per_day):
                raise OverBudget("today's money for summaries is used up")
            if _sum(db, "pull = ?", pull) + nano > _nano(self._per_pull):
                raise OverBudget("this pull request's money for summaries is used up")
            row = db.execute(
                "INSERT INTO spending (at, pull, nano_usd) VALUES (?, ?, ?)",
                (_stamp(now), pull, nano),
            )
            assert row.lastrowid is not None  # noqa: S101 - an INSERT has one
            return row.lastrowid

    def settle(self, reservation: int, amount: Decimal) -> None:
        """Put what the call did cost in the place of what it could have cost."""
        with self._transaction() as db:
            db.execute(
                "UPDATE spending SET nano_usd = ? WHERE id = ?", (_nano(amount), reservation)
            )

    def answer(self, prompt_digest: str) -> bytes | None:
        """The kept answer to a prompt."""
        with self._transaction() as db:
            row = db.execute(
                "SELECT answer FROM answers WHERE prompt_digest = ?", (prompt_digest,)
            ).fetchone()
        return bytes(row[0]) if row else None

    def keep(self, prompt_digest: str, answer: bytes, now: datetime) -> bytes:
        """Keep an answer; the one that is kept, which is another one where two were asked for at
        once and the other came first."""
        with self._transaction() as db:
            db.execute("DELETE FROM answers WHERE at < ?", (_stamp(now - _ANSWERS_KEPT),))
            db.execute(
                "INSERT OR IGNORE INTO answers VALUES (?, ?, ?)",
                (prompt_digest, _stamp(now), answer),
            )
            row = db.execute(
                "SELECT answer FROM answers WHERE prompt_digest = ?", (prompt_digest,)
            ).fetchone()
        return bytes(row[0])

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """One connection a transaction: threads and processes meet only in the file."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.closing(sqlite3.connect(self._path, timeout=2.0)) as db:
            db.executescript(_TABLES)
            db.isolation_level = None
            db.execute("BEGIN IMMEDIATE")
            with db:
                yield db


def _sum(db: sqlite3.Connection, where: str, value: str) -> int:
    query = f"SELECT COALESCE(SUM(nano_usd), 0) FROM spending WHERE {where}"  # noqa: S608 - ours
    return int(db.execute(query, (value,)).fetchone()[0])


def _nano(amount: Decimal) -> int:
    return int((amount * _NANO).to_integral_value(ROUND_CEILING))


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
