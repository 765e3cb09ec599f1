"""A GitHub of this test's own, and the adapter on a clock that only sleeping moves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.forges import Forge, ForgeApp
from bot.forges.github_app import GitHubApp
from bot.forges.wire import classify
from bot.model import Annotation, CheckRun, CheckStatus
from bot.retry import Policy
from tests.forge import FakeGitHub, Pull, Repo

PROJECT = "acme/infra"


@dataclass(slots=True, kw_only=True)
class Rig:
    """One repository with one open pull request; `sleeps` are the waits that did not happen."""

    fake: FakeGitHub
    repo: Repo
    pull: Pull
    now: float = 0.0
    sleeps: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds

    def app(self, *, write_pause: float = 0.0, timeout: float = 5.0) -> ForgeApp:
        policy = Policy(classify=classify, sleep=self.sleep, clock=lambda: self.now)
        return GitHubApp(
            app_id=self.fake.app.id,
            private_key=self.fake.app.private_key_pem,
            api_url=self.fake.url,
            timeout=timeout,
            write_pause=write_pause,
            policy=policy,
        )

    def forge(self, *, write_pause: float = 0.0, timeout: float = 5.0) -> Forge:
        installation = self.repo.state.installation
        assert installation is not None
        app = self.app(write_pause=write_pause, timeout=timeout)
        return app.acting_for(PROJECT, str(installation.id))

    def tokens(self) -> int:
        """How many installation tokens were handed out."""
        return len(self.fake.hub.state.tokens)

    def run(
        self, status: CheckStatus = CheckStatus.SUCCESS, *, marks: int = 0, title: str = "Title"
    ) -> CheckRun:
        """A check run to be wanted on the pull request's head."""
        return CheckRun(
            name="plumbline/cost",
            external_id=f"plumbline:{self.pull.number}:plumbline/cost",
            head_sha=self.pull.head_sha,
            status=status,
            title=title,
            summary="Summary",
            annotations=tuple(
                Annotation(path="a.yaml", line=n, level="warning", title=f"T{n}", message=f"M{n}")
                for n in range(1, marks + 1)
            ),
        )


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with FakeGitHub(root=tmp_path) as fake:
        repo = fake.create_repo(PROJECT)
        repo.commit("change", {"a.yaml": "a: 1\n"})
        yield Rig(fake=fake, repo=repo, pull=repo.open_pull("change"))
    assert fake.violations == []
    assert fake.faults.pending == 0, "a fault was never played"
