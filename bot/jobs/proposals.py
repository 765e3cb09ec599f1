"""Which pull requests of our own each project has, for the limits on how many there may be."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.jobs.database import Database

_BEGUN = """INSERT INTO plumbline_proposal (project, key, at, ended)
    VALUES (:project, :key, :at, 0)
    ON CONFLICT (project, key) DO UPDATE
    SET at = CASE WHEN plumbline_proposal.ended = 1 THEN excluded.at ELSE plumbline_proposal.at END,
        ended = 0"""
_ENDED = "UPDATE plumbline_proposal SET ended = 1 WHERE project = :project AND key = :key"
_STANDING = """SELECT key FROM plumbline_proposal
    WHERE project = :project AND ended = 0 ORDER BY key"""
_SINCE = """SELECT count(*) AS n FROM plumbline_proposal
    WHERE project = :project AND at > :since"""


class Proposals:
    """The ledger of our pull requests, shared by all workers. Every call waits out a short outage.

    Losing it costs only the limits until the next run has looked: what was proposed and refused
    stands in the pull requests.
    """

    def __init__(self, url: str) -> None:
        self._database = Database(url, durable=False)

    def begun(self, project: str, key: str, at: datetime) -> None:
        """One is about to be made. Where it stands already, it keeps the time of its beginning."""
        self._rows(_BEGUN, project=project, key=key, at=at.timestamp())

    def ended(self, project: str, key: str) -> None:
        """It is closed, merged or was never made."""
        self._rows(_ENDED, project=project, key=key)

    def standing(self, project: str) -> Collection[str]:
        """The keys that were begun and have not ended."""
        return tuple(row.key for row in self._rows(_STANDING, project=project))

    def count_since(self, project: str, since: datetime) -> int:
        """How many were begun since then."""
        return int(self._rows(_SINCE, project=project, since=since.timestamp())[0].n)

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def _rows(self, sql: str, **values: str | float) -> list[sa.Row[Any]]:
        return self._database.persist(lambda conn: self._database.rows(conn, sql, **values))
