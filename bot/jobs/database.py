"""The database that DBOS and our own tables share: how to reach it, and what is in it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
import structlog
from dbos import DBOS
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError, SQLAlchemyError

from bot.jobs.quiet import quiet

T = TypeVar("T")
log = structlog.get_logger()

# Any number that nobody else uses: it keeps two starting processes from creating tables at once.
_CREATING = 7_586_254
# A job's own bookkeeping outlasts a restart of the database, else its job would end in error.
_OUTAGE = 900.0

_TABLES = (
    # Every delivery and every job of a sweep: a second one of the same id is a duplicate.
    """CREATE TABLE IF NOT EXISTS plumbline_delivery (
        id TEXT PRIMARY KEY, event TEXT NOT NULL, at DOUBLE PRECISION NOT NULL)""",
    # The newest sequence number of every pull request, and how many there were.
    """CREATE TABLE IF NOT EXISTS plumbline_newest (
        pull TEXT PRIMARY KEY, seq BIGINT NOT NULL, jobs BIGINT NOT NULL)""",
    # What was started. `workflow` is the run that stands for the job now, '' once it has ended;
    # `unfinished` counts the starts since the last one that came to any end.
    """CREATE TABLE IF NOT EXISTS plumbline_run (
        id TEXT PRIMARY KEY, workflow TEXT NOT NULL, attempt INTEGER NOT NULL,
        unfinished INTEGER NOT NULL, errors INTEGER NOT NULL, farewells INTEGER NOT NULL,
        why TEXT NOT NULL, at DOUBLE PRECISION NOT NULL)""",
    # When each worker was last heard of, on the database's clock.
    """CREATE TABLE IF NOT EXISTS plumbline_executor (
        id TEXT PRIMARY KEY, beat DOUBLE PRECISION NOT NULL)""",
    # What one machine does for all of them, and when it is due, on the database's clock.
    """CREATE TABLE IF NOT EXISTS plumbline_turn (
        name TEXT PRIMARY KEY, due DOUBLE PRECISION NOT NULL, last DOUBLE PRECISION NOT NULL)""",
    # Our own pull requests by what they are about; for the limits on how many there may be.
    """CREATE TABLE IF NOT EXISTS plumbline_proposal (
        project TEXT NOT NULL, key TEXT NOT NULL, at DOUBLE PRECISION NOT NULL,
        ended INTEGER NOT NULL, PRIMARY KEY (project, key))""",
    """CREATE TABLE IF NOT EXISTS plumbline_head (
        pull TEXT NOT NULL, head_sha TEXT NOT NULL, base TEXT NOT NULL,
        unfinished INTEGER NOT NULL, at DOUBLE PRECISION NOT NULL, PRIMARY KEY (pull, head_sha))""",
    # What was judged and why, as canonical JSON under its digest.
    """CREATE TABLE IF NOT EXISTS plumbline_record (
        id TEXT PRIMARY KEY, pull TEXT NOT NULL, at DOUBLE PRECISION NOT NULL,
        data TEXT NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS plumbline_record_pull ON plumbline_record (pull, at)",
)

_NOW = {
    "sqlite": "((julianday('now') - 2440587.5) * 86400.0)",
    "postgresql": "CAST(extract(epoch FROM clock_timestamp()) AS DOUBLE PRECISION)",
}
_STATUS = {"sqlite": "workflow_status", "postgresql": "dbos.workflow_status"}


class DatabaseError(Exception):
    """The database cannot be used; says which setting to look at. No password in it."""


class Database:
    """A pool of connections. With `durable`, a commit has reached the disk when it returns.

    On SQLite that is `synchronous=FULL`, for what a forge was told we have. Without it, a power
    cut may undo the last commits, all later ones with them: that only makes a job run again. A
    killed process loses nothing either way.
    """

    def __init__(self, url: str, *, durable: bool, connections: int = 5) -> None:
        quiet()
        self.url = _checked(url)
        self.dialect = self.url.get_backend_name()
        self.engine = _engine(self.url, durable=durable, connections=connections)
        try:
            self._create()
        except SQLAlchemyError as error:
            self.close()
            where = self.url.render_as_string(hide_password=True)
            cause = getattr(error, "orig", None) or error
            raise DatabaseError(
                f"cannot use the database {where}: {cause}; see PLUMBLINE_DATABASE_URL"
            ) from error

    def _create(self) -> None:
        # The first connection switches SQLite to WAL, which must not wait for somebody's launch.
        self.engine.connect().close()
        DBOS.migrate(self.url.render_as_string(hide_password=False))
        with self.engine.begin() as conn:
            if self.dialect == "postgresql":
                conn.execute(sa.select(sa.func.pg_advisory_xact_lock(_CREATING)))
            for table in _TABLES:
                conn.execute(sa.text(table))

    def text(self, sql: str) -> sa.TextClause:
        """A statement for this database: NOW() is its clock in seconds since the epoch, STATUS
        the table where DBOS keeps the state of every run."""
        for name, here in (("NOW()", _NOW), ("STATUS", _STATUS)):
            sql = sql.replace(name, here[self.dialect])
        return sa.text(sql)

    def prepared(self, sql: str) -> str:
        """A statement in the driver's own form, for what is executed for every delivery."""
        return str(self.text(sql).compile(dialect=self.engine.dialect))

    def rows(self, conn: sa.Connection, sql: str, **values: Any) -> list[sa.Row[Any]]:
        """One statement in the caller's transaction; the rows it returns."""
        result = conn.execute(self.text(sql), values)
        return list(result) if result.returns_rows else []

    def execute(self, sql: str, **values: Any) -> list[sa.Row[Any]]:
        """One statement in a transaction of its own; the rows it returns."""
        with self.engine.begin() as conn:
            return self.rows(conn, sql, **values)

    def persist(self, work: Callable[[sa.Connection], T]) -> T:
        """`work` in a transaction, again while the database cannot be reached."""
        deadline, wait = time.monotonic() + _OUTAGE, 0.1
        while True:
            try:
                with self.engine.begin() as conn:
                    return work(conn)
            except DBAPIError as error:
                passing = error.connection_invalidated or isinstance(error, OperationalError)
                if not passing or time.monotonic() > deadline:
                    raise
                log.warning("database_unreachable", error=str(error.orig), again_in=wait)
            time.sleep(wait)
            wait = min(wait * 2, 30.0)

    def close(self) -> None:
        """Drop the connections that are not in use."""
        self.engine.dispose()


def counts(url: str) -> Mapping[str, int]:
    """How many runs there are by state: ENQUEUED, DELAYED, PENDING (running), SUCCESS, ERROR
    (given up), CANCELLED (superseded before it began)."""
    address = _checked(url)
    engine = sa.create_engine(address, poolclass=sa.NullPool)
    query = "SELECT status, count(*) FROM STATUS GROUP BY status ORDER BY status"
    with engine.connect() as conn:
        rows = conn.execute(sa.text(query.replace("STATUS", _STATUS[address.get_backend_name()])))
        return {row[0]: row[1] for row in rows}


def _checked(url: str) -> sa.URL:
    try:
        parsed = sa.make_url(url)
    except ArgumentError:
        parsed = None
    if parsed is not None and parsed.get_backend_name() in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    if parsed is None or parsed.drivername != "sqlite" or not parsed.database:
        raise DatabaseError(
            "PLUMBLINE_DATABASE_URL must be postgresql://user:password@host/database "
            "or sqlite:///path/to/file"
        )
    folder = Path(parsed.database).parent
    if not folder.is_dir():
        raise DatabaseError(f"{folder}, the folder of the SQLite database, does not exist: make it")
    return parsed


def _engine(url: sa.URL, *, durable: bool, connections: int) -> sa.Engine:
    engine = sa.create_engine(
        url,
        pool_size=connections,
        max_overflow=connections,
        pool_pre_ping=_remote(url),
        paramstyle="pyformat" if _remote(url) else "named",
    )
    if _remote(url):
        sa.event.listen(engine, "connect", _set_up_postgresql)
        return engine
    synchronous = "FULL" if durable else "NORMAL"

    def set_up_sqlite(connection: Any, _: object) -> None:
        # IMMEDIATE: two transactions that read, then write, would else fail instead of waiting.
        connection.isolation_level = "IMMEDIATE"
        connection.execute("PRAGMA busy_timeout=30000")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA synchronous={synchronous}")
        connection.execute("PRAGMA foreign_keys=ON")

    sa.event.listen(engine, "connect", set_up_sqlite)
    return engine


def _remote(url: sa.URL) -> bool:
    return url.get_backend_name() == "postgresql"


def _set_up_postgresql(connection: Any, _: object) -> None:
    # A machine that is frozen or gone must not keep the others waiting for its locks.
    with connection.cursor() as cursor:
        cursor.execute("SET idle_in_transaction_session_timeout = 60000")
    connection.commit()
