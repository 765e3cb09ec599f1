"""One worker for all expressions of a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.engines.cel.evaluating import Asker, engine


@pytest.fixture(scope="module")
def cel() -> Iterator[Asker]:
    with engine() as one:
        yield Asker(one)
