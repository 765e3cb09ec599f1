"""One GitHub and one server for all tests of a worker; each test has a repository of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from tests.demo.server import serving
from tests.forge.fake import FakeGitHub, Pull, Repo
from tests.forge.gitrepo import Files
from tests.forge.state import CheckRun

_PATIENCE = 40.0
_numbers = count()


@dataclass(kw_only=True)
class World:
    """A GitHub with plumbline on it."""

    fake: FakeGitHub
    log: Path

    def repo(self, files: Files) -> Repo:
        """A new repository with the app installed."""
        return self.fake.create_repo(f"acme/infra-{next(_numbers)}", files)

    def until(self, what: str, done: Callable[[], bool]) -> None:
        """Wait for it; fails with the server's log."""
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            if done():
                return
            time.sleep(0.05)
        pytest.fail(f"{what}: not after {_PATIENCE:.0f} s\n{self.log.read_text()[-5000:]}")

    def verdict(self, repo: Repo, pull: Pull) -> dict[str, CheckRun]:
        """The newest check run of each name on the newest head, once all are completed."""

        def judged() -> bool:
            runs = self.fake.check_runs(repo.full_name, pull.head_sha)
            names = {run.name for run in runs}
            return "plumbline" in names and all(run.status == "completed" for run in runs)

        self.until(f"a verdict on {repo.full_name}#{pull.number}", judged)
        runs = self.fake.check_runs(repo.full_name, pull.head_sha)
        return {run.name: run for run in runs}

    def commented(self, repo: Repo, pull: Pull) -> str:
        """The one comment on the newest head."""

        def there() -> bool:
            found = self.fake.comments(repo.full_name, pull.number)
            return any(f"head={pull.head_sha}" in comment.body for comment in found)

        self.until(f"a comment on {repo.full_name}#{pull.number}", there)
        comments = self.fake.comments(repo.full_name, pull.number)
        ours = [c.body for c in comments if c.body.startswith("<!-- plumbline:report")]
        assert len(ours) == 1
        return ours[0]


@pytest.fixture(scope="session")
def _world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    root = tmp_path_factory.mktemp("e2e")
    log = root / "plumbline.log"
    with FakeGitHub(root / "github") as fake, serving(root / "data", log, fake):
        yield World(fake=fake, log=log)


@pytest.fixture
def world(_world: World) -> Iterator[World]:
    """The world; GitHub's API description must not have been broken by the end of the test."""
    yield _world
    violations, _world.fake.violations[:] = list(_world.fake.violations), []
    assert violations == []
