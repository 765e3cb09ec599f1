"""The simulated GitHub's centre: its state, its address, and what follows from a change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.forge.gitrepo import ZERO, GitRepo
from tests.forge.state import App, Comment, HookDelivery, PullRequest, Repository, State, now

# (event, action, repository, what it is about, sender)
Emit = Callable[[str, str | None, Repository | None, dict[str, Any], str], None]


class Hub:
    """What the routes and the front act on. `url` is the API's base; `emit` sends a webhook."""

    def __init__(self, root: Path, app: App) -> None:
        self.root = root
        self.url = ""
        self.state = State(app)
        self.emit: Emit = _nobody
        self.resend: Callable[[HookDelivery], None] = _never

    def new_repo(self, full_name: str, private: bool, parent: Repository | None) -> Repository:
        """An empty repository; a fork starts with its parent's default branch."""
        git = GitRepo(self.root / f"{full_name}.git")
        default = parent.default_branch if parent else "main"
        git.create(default, parent.git if parent else None)
        with self.state.lock:
            repo = Repository(
                id=self.state.new_id(),
                full_name=full_name,
                git=git,
                private=private,
                default_branch=default,
                parent=parent,
            )
            self.state.repos[full_name.lower()] = repo
        if parent and (tip := parent.git.branch(default)):
            git.set_ref(f"refs/heads/{default}", tip)
        return repo

    def open_pull(
        self,
        repo: Repository,
        head_repo: Repository,
        head_ref: str,
        base_ref: str,
        title: str,
        author: str,
        **fields: Any,
    ) -> PullRequest:
        """A new pull request between existing branches."""
        head_sha, base_sha = head_repo.git.branch(head_ref), repo.git.branch(base_ref)
        assert head_sha, f"{head_repo.full_name} has no branch {head_ref!r}; commit to it first"
        assert base_sha, f"{repo.full_name} has no branch {base_ref!r}; commit to it first"
        with self.state.lock:
            pull = PullRequest(
                id=self.state.new_id(),
                number=self.state.new_number(repo),
                repo=repo,
                head_repo=head_repo,
                head_ref=head_ref,
                head_sha=head_sha,
                base_ref=base_ref,
                base_sha=base_sha,
                title=title,
                author=author,
                **fields,
            )
            self.keep_head(pull)
            repo.pulls[pull.number] = pull
        return pull

    def keep_head(self, pull: PullRequest) -> None:
        """Point refs/pull/N/head of the base repository at the pull request's head."""
        ref = f"refs/pull/{pull.number}/head"
        if pull.head_repo is not pull.repo:
            pull.repo.git.fetch(pull.head_repo.git, f"refs/heads/{pull.head_ref}", ref)
        else:
            pull.repo.git.set_ref(ref, pull.head_sha)

    def notice_pushes(
        self, repo: Repository, tips: dict[str, str]
    ) -> list[tuple[PullRequest, str]]:
        """Move the open pull requests whose branch of `repo` moved to its new tip, and close
        those whose branch is gone; each with its old head."""
        moved: list[tuple[PullRequest, str]] = []
        with self.state.lock:
            repo.pushed_at = now()
            for pull in self.state.open_pulls():
                if pull.head_repo is not repo or tips.get(pull.head_ref) == pull.head_sha:
                    continue
                moved.append((pull, pull.head_sha))
                self._move(pull, tips.get(pull.head_ref))
        return moved

    def _move(self, pull: PullRequest, tip: str | None) -> None:
        pull.updated_at = now()
        if tip is None:
            pull.state, pull.closed_at = "closed", now()
            return
        pull.head_sha = tip
        pull.base_sha = pull.repo.git.branch(pull.base_ref) or pull.base_sha
        self.keep_head(pull)

    def pushed(self, repo: Repository, before: dict[str, str], sender: str) -> None:
        """What follows from a push: pull requests move, webhooks go out."""
        after = repo.git.refs()
        moved = self.notice_pushes(repo, after)
        for branch in sorted(before.keys() | after.keys()):
            old, new = before.get(branch, ZERO), after.get(branch, ZERO)
            if old != new:
                about = {"branch": branch, "before": old, "after": new}
                self._suite_for(repo, new, sender)
                self.emit("push", None, repo, about, sender)
        for pull, old in moved:
            moves = {"pull": pull, "before": old, "after": pull.head_sha}
            action = "synchronize" if pull.state == "open" else "closed"
            self.emit("pull_request", action, pull.repo, moves, sender)

    def _suite_for(self, repo: Repository, sha: str, sender: str) -> None:
        """As on GitHub the app has a check suite on every pushed commit, and is told."""
        if sha != ZERO and repo.installation is not None:
            suite = self.state.suite(repo, self.state.app.id, sha)
            self.emit("check_suite", "requested", repo, {"suite": suite}, sender)

    def set_pull_state(self, pull: PullRequest, state: str, sender: str) -> None:
        """Close it, or reopen it at what its branch has become meanwhile."""
        with self.state.lock:
            pull.state, pull.updated_at = state, now()
            pull.closed_at = now() if state == "closed" else None
            tip = pull.head_repo.git.branch(pull.head_ref)
            if state == "open" and tip and tip != pull.head_sha:
                self._move(pull, tip)
        action = "closed" if state == "closed" else "reopened"
        self.emit("pull_request", action, pull.repo, {"pull": pull}, sender)

    def add_comment(self, repo: Repository, number: int, body: str, author: str | None) -> Comment:
        """A comment by a person, or where `author` is None by the app."""
        with self.state.lock:
            made = Comment(
                id=self.state.new_id(),
                repo=repo,
                number=number,
                body=body,
                author=author or self.state.app.bot,
                by_app=author is None,
            )
            self.state.comments[made.id] = made
        self.emit("issue_comment", "created", repo, {"comment": made}, made.author)
        return made

    def pull_size(self, pull: PullRequest) -> tuple[int, int, int, int]:
        """(commits, additions, deletions, changed files), counted when the heads moved."""
        git = pull.repo.git
        if pull.size is None or pull.size[:2] != (pull.base_sha, pull.head_sha):
            lines = git.numstat(f"{pull.base_sha}...{pull.head_sha}")
            counted = (
                git.count(f"{pull.base_sha}..{pull.head_sha}"),
                sum(add for add, _ in lines),
                sum(cut for _, cut in lines),
                len(lines),
            )
            pull.size = (pull.base_sha, pull.head_sha, counted)
        return pull.size[2]


def _nobody(
    event: str, action: str | None, repo: Repository | None, about: dict[str, Any], sender: str
) -> None:
    """No webhook is configured."""


def _never(delivery: HookDelivery) -> None:
    """No webhook is configured."""
