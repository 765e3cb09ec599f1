"""Fixtures: a repository to write into, and a forge's git-over-HTTP side that checks a token."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.repo.builder import Builder
from tests.repo.server import GitServer


@pytest.fixture
def origin(tmp_path: Path) -> Builder:
    """A repository with one commit."""
    builder = Builder(tmp_path / "origin")
    builder.commit({"README": "hello\n"})
    return builder


@pytest.fixture
def server(origin: Builder) -> Iterator[GitServer]:
    """Serves `origin` over HTTP."""
    with GitServer(origin.path) as running:
        yield running
