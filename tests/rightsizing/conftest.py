"""One Prometheus for all tests that measure."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.rightsizing.prometheus import Prometheus
from tests.rightsizing.clusters import everything
from tests.rightsizing.server import missing, serving


@pytest.fixture(scope="session")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """The client of a Prometheus that knows the pods of `clusters.everything`."""
    if reason := missing():
        pytest.skip(reason)
    with (
        serving(everything(), tmp_path_factory.mktemp("prometheus")) as url,
        Prometheus(url, timeout=20) as client,
    ):
        yield client
