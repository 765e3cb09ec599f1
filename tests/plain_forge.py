"""A forge with fields: what the workflow needs, without a network. Not the simulated GitHub."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.forges import Proposing, Remote
from bot.model import CheckRun, CheckStatus, Comment, PullRequest
from checks.model import Review


@dataclass
class PlainForge:
    """State in the open; `writes` counts what was sent."""

    pulls: dict[int, PullRequest] = field(default_factory=dict)
    runs: list[CheckRun] = field(default_factory=list)
    remarks: list[Comment] = field(default_factory=list)
    writes: int = 0
    writers: set[str] = field(default_factory=set)
    reactions: list[str] = field(default_factory=list)
    name: str = "plain"
    annotates: bool = True

    def pull_request(self, project: str, number: int) -> PullRequest | None:
        return self.pulls.get(number)

    def branch_tip(self, project: str, branch: str) -> str | None:
        return "b" * 40

    def open_pull_requests(self, project: str) -> Iterable[PullRequest]:
        return [p for p in self.pulls.values() if p.is_open and p.project == project]

    def remote(self, project: str) -> Remote:
        return Remote(url=f"file:///nowhere/{project}")

    def check_runs(self, project: str, sha: str) -> Sequence[CheckRun]:
        return [r for r in self.runs if r.head_sha == sha]

    def shown(self, run: CheckRun) -> CheckRun:
        return run

    def create_check_run(self, project: str, wanted: CheckRun) -> CheckRun:
        self.writes += 1
        made = replace(wanted, id=str(len(self.runs) + 1))
        self.runs.append(made)
        return made

    def update_check_run(self, project: str, existing: CheckRun, wanted: CheckRun) -> None:
        self.writes += 1
        at = next(i for i, r in enumerate(self.runs) if r.id == existing.id)
        self.runs[at] = replace(wanted, id=existing.id)

    def comments(self, project: str, number: int) -> Sequence[Comment]:
        return list(self.remarks)

    def create_comment(self, project: str, number: int, body: str, marker: str) -> Comment:
        self.writes += 1
        made = Comment(id=str(self.writes), body=body)
        self.remarks.append(made)
        return made

    def update_comment(self, project: str, number: int, comment_id: str, body: str) -> None:
        self.writes += 1
        at = next(i for i, c in enumerate(self.remarks) if c.id == comment_id)
        self.remarks[at] = Comment(id=comment_id, body=body)

    def delete_comment(self, project: str, number: int, comment_id: str) -> None:
        self.writes += 1
        self.remarks = [c for c in self.remarks if c.id != comment_id]

    # As an app: one grant for everything.

    def acting_for(self, project: str, installation: str = "") -> PlainForge:
        return self

    def conversing(self, project: str, installation: str = "") -> PlainForge:
        return self

    def proposing(self, project: str, installation: str = "") -> Proposing:
        raise NotImplementedError("no test proposes on the plain forge")

    def may_write(self, project: str, user: str) -> bool:
        return user in self.writers

    def review(self, project: str, number: int) -> Review:
        return Review(head_sha=self.pulls[number].head_sha, author=self.pulls[number].author)

    def react(self, project: str, number: int, comment_id: str) -> None:
        self.reactions.append(comment_id)

    def reply(self, project: str, number: int, body: str, marker: str) -> Comment:
        return self.create_comment(project, number, body, marker)

    def projects(self) -> Iterable[tuple[str, str]]:
        return sorted({(p.project, "") for p in self.pulls.values()})

    def redeliver_failed(self, since: datetime) -> int:
        return 0

    def pending(self) -> list[CheckRun]:
        return [r for r in self.runs if r.status is CheckStatus.IN_PROGRESS]


def pull(number: int = 1, head: str = "a" * 40, *, is_open: bool = True) -> PullRequest:
    """A pull request of acme/infra."""
    return PullRequest(
        project="acme/infra",
        number=number,
        base_ref="main",
        base_sha="b" * 40,
        head_sha=head,
        is_open=is_open,
        is_draft=False,
        author="alice",
        url=f"https://forge.example/acme/infra/pull/{number}",
    )
