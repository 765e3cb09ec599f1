"""Where the records of judgements are kept: the database that all processes share."""

from __future__ import annotations

import time

from bot.jobs.database import Database

_PUT = """INSERT INTO plumbline_record (id, pull, at, data) VALUES (:id, :pull, :at, :data)
    ON CONFLICT (id) DO NOTHING"""
_NEWEST = "SELECT data FROM plumbline_record WHERE pull = :pull ORDER BY at DESC LIMIT 1"
_GET = "SELECT data FROM plumbline_record WHERE id = :id"


class Records:
    """The records, by their digest. A record never changes: its id is the digest of its bytes."""

    def __init__(self, url: str) -> None:
        self._database = Database(url, durable=False)

    def put(self, record_id: str, pull: str, data: bytes) -> None:
        """Keep a record of a pull request ("github:acme/infra#7")."""
        values = {"id": record_id, "pull": pull, "at": time.time(), "data": data.decode()}
        self._database.persist(lambda conn: self._database.rows(conn, _PUT, **values))

    def get(self, record_id: str) -> bytes | None:
        """The record's bytes, None where there is none of this id."""
        rows = self._database.execute(_GET, id=record_id)
        return str(rows[0].data).encode() if rows else None

    def newest(self, pull: str) -> bytes | None:
        """The newest record of a pull request, None where it has none."""
        rows = self._database.execute(_NEWEST, pull=pull)
        return str(rows[0].data).encode() if rows else None

    def close(self) -> None:
        """Close the database."""
        self._database.close()
