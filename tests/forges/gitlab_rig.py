"""A GitLab of a test's own, and the adapter on a clock that only sleeping moves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bot.forges.gitlab import GitLab
from bot.forges.gitlab_app import GitLabApp
from bot.forges.gitlab_propose import GitLabProposing
from bot.forges.gitlab_talk import GitLabTalk
from bot.forges.wire import classify
from bot.markers import external_id
from bot.model import CheckRun, CheckStatus
from bot.retry import Policy
from tests.forge import faults
from tests.gitlab import FakeGitLab, MergeRequest, Project

PROJECT = "acme/platform/infra"
AMBIGUOUS = {
    "lost": faults.lost_answer(),
    "lost-502": faults.lost_answer(502),
    "truncated": faults.truncated(),
    "reset-before": faults.reset(),
    "500-before": faults.status(500),
}


@dataclass(slots=True, kw_only=True)
class Rig:
    """One project with one open merge request; `sleeps` are the waits that did not happen."""

    fake: FakeGitLab
    project: Project
    pull: MergeRequest
    now: float = 0.0
    sleeps: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds

    def app(self, *, write_pause: float = 0.0, timeout: float = 5.0, token: str = "") -> GitLabApp:
        policy = Policy(classify=classify, sleep=self.sleep, clock=lambda: self.now)
        return GitLabApp(
            url=self.fake.url,
            token=token or self.fake.token,
            timeout=timeout,
            write_pause=write_pause,
            policy=policy,
        )

    def forge(self, *, write_pause: float = 0.0, timeout: float = 5.0, token: str = "") -> GitLab:
        app = self.app(write_pause=write_pause, timeout=timeout, token=token)
        return app.acting_for(PROJECT)

    def talk(self) -> GitLabTalk:
        return self.app().conversing(PROJECT)

    def proposing(self) -> GitLabProposing:
        return self.app().proposing(PROJECT)

    def run(
        self,
        status: CheckStatus = CheckStatus.SUCCESS,
        *,
        title: str = "pass: 2 resources changed",
        name: str = "plumbline",
        pull: MergeRequest | None = None,
    ) -> CheckRun:
        """A check run to be wanted on a merge request's head."""
        about = pull or self.pull
        return CheckRun(
            name=name,
            external_id=external_id(about.iid, name),
            head_sha=about.head_sha,
            status=status,
            title=title,
            summary="What GitLab does not keep",
            details_url="https://plumbline.example/judgements/1",
        )

    def states(self, *, retried: bool = False) -> list[tuple[str, str]]:
        """(name, state) of the statuses on the merge request's head."""
        found = self.fake.statuses(PROJECT, self.pull.head_sha, retried=retried)
        return [(each.name, each.state) for each in found]

    def asked(self, method: str, path: str) -> int:
        """How many faults of a kind were played."""
        return sum(each.startswith(method) and path in each for each in self.fake.faults.played)


@contextmanager
def served(root: Path) -> Iterator[Rig]:
    """The rig while its GitLab serves; afterwards nothing may have been out of order."""
    with FakeGitLab(root) as fake:
        project = fake.create_project(PROJECT)
        project.commit("change", {"a.yaml": "a: 1\n"})
        yield Rig(fake=fake, project=project, pull=project.open_merge_request("change"))
    assert fake.violations == []
    assert fake.faults.pending == 0, "a fault was never played"
