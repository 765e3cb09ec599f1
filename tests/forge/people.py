"""Repositories and pull requests, as their people act on them."""

from __future__ import annotations

from typing import Any

from tests.forge.gitrepo import Files, GitRepo
from tests.forge.hub import Hub
from tests.forge.state import PullRequest, Repository, Review, now


class Pull:
    """A pull request, as its people act on it. Each act sends its webhook unless told not to."""

    def __init__(self, hub: Hub, state: PullRequest) -> None:
        self._hub = hub
        self.state = state

    @property
    def number(self) -> int:
        """Its number in its repository."""
        return self.state.number

    @property
    def head_sha(self) -> str:
        """Its head now."""
        return self.state.head_sha

    @property
    def base_sha(self) -> str:
        """The base's tip when the head last moved."""
        return self.state.base_sha

    def close(self, by: str = "alice") -> None:
        """Close it unmerged."""
        self._hub.set_pull_state(self.state, "closed", by)

    def reopen(self, by: str = "alice") -> None:
        """Open it again."""
        self._hub.set_pull_state(self.state, "open", by)

    def ready(self, by: str = "alice") -> None:
        """End its draft."""
        self.state.draft = False
        self._emit("ready_for_review", by)

    def change_base(self, base: str, by: str = "alice") -> None:
        """Aim it at another branch."""
        it = self.state
        tip = it.repo.git.branch(base)
        assert tip, f"{it.repo.full_name} has no branch {base!r}; commit to it first"
        was = {"ref": {"from": it.base_ref}, "sha": {"from": it.base_sha}}
        it.base_ref, it.base_sha, it.updated_at = base, tip, now()
        self._emit("edited", by, changes={"base": was})

    def edit_title(self, title: str, by: str = "alice") -> None:
        """Rename it: an edit that changes nothing to be judged."""
        was, self.state.title = self.state.title, title
        self._emit("edited", by, changes={"title": {"from": was}})

    def review(self, state: str = "APPROVED", by: str | None = "bob", body: str = "") -> Review:
        """Submit a review of its head: APPROVED, CHANGES_REQUESTED or COMMENTED."""
        made = Review(
            id=self._hub.state.new_id(), state=state, author=by, head_sha=self.head_sha, body=body
        )
        self.state.reviews.append(made)
        self._reviewed("submitted", made, by or "ghost")
        return made

    def dismiss(self, review: Review, by: str = "alice") -> None:
        """Dismiss a review: it keeps its place in the list and changes its state."""
        review.state = "DISMISSED"
        self._reviewed("dismissed", review, by)

    def _reviewed(self, action: str, review: Review, by: str) -> None:
        about = {"pull": self.state, "review": review}
        self._hub.emit("pull_request_review", action, self.state.repo, about, by)

    def merge(self, by: str = "alice") -> str:
        """Merge it with a merge commit on its base; the commit's SHA. Conflicts are an error."""
        it = self.state
        tip = it.repo.git.branch(it.base_ref)
        assert tip is not None
        tree = it.repo.git.text("merge-tree", "--write-tree", tip, it.head_sha)
        parents = ("-p", tip, "-p", it.head_sha)
        message = f"Merge pull request #{it.number}".encode()
        sha = it.repo.git.text("commit-tree", tree, *parents, stdin=message)
        it.merged_by, it.merged_at, it.merge_commit_sha = by, now(), sha
        it.repo.git.set_ref(f"refs/heads/{it.base_ref}", sha)
        self._hub.set_pull_state(it, "closed", by)
        return sha

    def _emit(self, action: str, by: str, **about: Any) -> None:
        everything = {"pull": self.state, **about}
        self._hub.emit("pull_request", action, self.state.repo, everything, by)


class Repo:
    """A repository, as its people act on it."""

    def __init__(self, hub: Hub, state: Repository) -> None:
        self._hub = hub
        self.state = state

    @property
    def full_name(self) -> str:
        """ "owner/name"."""
        return self.state.full_name

    @property
    def git(self) -> GitRepo:
        """Its bare git repository."""
        return self.state.git

    @property
    def clone_url(self) -> str:
        """Where git finds it."""
        return f"{self._hub.url}/{self.full_name}.git"

    def sha(self, revision: str = "") -> str:
        """The commit of a branch or revision, by default of the default branch."""
        name = revision or self.state.default_branch
        found = self.git.branch(name) or self.git.resolve(name)
        assert found, f"{self.full_name} has no {name!r}"
        return found

    def commit(
        self,
        branch: str,
        files: Files,
        from_: str = "",
        message: str = "Change",
        force: bool = False,
    ) -> str:
        """Commit `files` (None deletes) on the tip of a branch; the commit's SHA.

        A new branch starts at `from_` (by default the default branch), and so does an existing
        one with `force`. Open pull requests of the branch move; no webhook is sent.
        """
        sha = self._commit(branch, files, from_, message, force, self.git.branch(branch))
        self._hub.notice_pushes(self.state, self.git.refs())
        return sha

    def push(
        self,
        branch: str,
        files: Files,
        from_: str = "",
        message: str = "Change",
        force: bool = False,
        by: str = "alice",
    ) -> str:
        """The same with what GitHub does after a push: push and synchronize webhooks."""
        before = self.git.refs()
        tip = before.get(branch)
        sha = self._commit(branch, files, from_, message, force, tip)
        self._hub.pushed(self.state, before, by)
        return sha

    def _commit(
        self, branch: str, files: Files, from_: str, message: str, force: bool, tip: str | None
    ) -> str:
        start = None if force else tip
        start = start or self.git.resolve(from_ or f"refs/heads/{self.state.default_branch}")
        assert start or not from_, f"{self.full_name} has no {from_!r} to start from"
        return self.git.commit(branch, files, (start,) if start else (), message)

    def open_pull(
        self,
        head: str,
        base: str = "",
        author: str = "alice",
        draft: bool = False,
        fork: str | None = None,
        title: str = "",
        body: str | None = None,
    ) -> Pull:
        """Open a pull request from a branch of this repository, or of the fork of that name.

        A fork that does not exist is made; a branch that only this repository has moves there.
        """
        source = self.state if fork is None else self._fork(fork, head)
        pull = self._hub.open_pull(
            self.state,
            source,
            head,
            base or self.state.default_branch,
            title or f"Change {head}",
            author,
            draft=draft,
            body=body,
        )
        self._hub.emit("pull_request", "opened", self.state, {"pull": pull}, author)
        return Pull(self._hub, pull)

    def pull(self, number: int) -> Pull:
        """The pull request of that number."""
        return Pull(self._hub, self.state.pulls[number])

    def fork(self, full_name: str) -> Repo:
        """A fork without the app, as anyone can make one."""
        made = self._hub.new_repo(full_name, self.state.private, self.state)
        return Repo(self._hub, made)

    def _fork(self, name: str, head: str) -> Repository:
        fork = self._hub.state.repo(name) or self.fork(name).state
        if fork.git.branch(head) is None:
            fork.git.set_ref(f"refs/heads/{head}", self.sha(f"refs/heads/{head}"))
            self.git.run("update-ref", "-d", f"refs/heads/{head}")
        return fork

    def delete(self) -> None:
        """Delete it; pull requests from a deleted fork stay, without their head repository."""
        self.state.deleted = True
