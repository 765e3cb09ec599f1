"""What is remembered of a pull request's heads: which were begun, and which were judged."""

from __future__ import annotations

import time
from typing import Any

import sqlalchemy as sa

from bot.jobs import wire
from bot.jobs.database import Database
from bot.model import Job

_SET = """INSERT INTO plumbline_head (pull, head_sha, base, unfinished, at)
    VALUES (:pull, :head_sha, :base, :unfinished, :at)
    ON CONFLICT (pull, head_sha) DO UPDATE
    SET base = excluded.base, unfinished = excluded.unfinished, at = excluded.at"""
_UNFINISHED = """SELECT head_sha FROM plumbline_head
    WHERE pull = :pull AND unfinished = 1 ORDER BY at, head_sha"""
_JUDGED = """SELECT 1 FROM plumbline_head
    WHERE pull = :pull AND head_sha = :head_sha AND base = :base AND unfinished = 0"""


class Heads:
    """The memory of heads, shared by all workers. Every call waits out a short outage."""

    def __init__(self, url: str) -> None:
        self._database = Database(url, durable=False)

    def began(self, job: Job, head_sha: str) -> None:
        """A check run is about to be shown in progress on this head."""
        self._set(job, head_sha, base="", unfinished=1)

    def ended(self, job: Job, head_sha: str, *, base: str = "") -> None:
        """All check runs on this head are completed; `base` is given where it was judged."""
        self._set(job, head_sha, base=base, unfinished=0)

    def unfinished(self, job: Job) -> tuple[str, ...]:
        """The heads that began and did not end, oldest first."""
        rows = self._rows(_UNFINISHED, pull=wire.partition(job))
        return tuple(row.head_sha for row in rows)

    def is_judged(self, job: Job, head_sha: str, base: str) -> bool:
        """Whether this head was judged against this base, and nothing began on it since."""
        return bool(self._rows(_JUDGED, pull=wire.partition(job), head_sha=head_sha, base=base))

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def _set(self, job: Job, head_sha: str, *, base: str, unfinished: int) -> None:
        self._rows(
            _SET,
            pull=wire.partition(job),
            head_sha=head_sha,
            base=base,
            unfinished=unfinished,
            at=time.time(),
        )

    def _rows(self, sql: str, **values: str | int | float) -> list[sa.Row[Any]]:
        return self._database.persist(lambda conn: self._database.rows(conn, sql, **values))
