"""Projects and merge requests, as their people act on them."""

from __future__ import annotations

from typing import Any

from tests.forge.gitrepo import Files, GitRepo
from tests.gitlab import state, statuses
from tests.gitlab.hub import Hub
from tests.gitlab.state import now


class MergeRequest:
    """A merge request, as its people act on it. Each act sends its webhook."""

    def __init__(self, hub: Hub, it: state.MergeRequest) -> None:
        self._hub = hub
        self.state = it

    @property
    def iid(self) -> int:
        """Its number in its project."""
        return self.state.iid

    @property
    def head_sha(self) -> str:
        """Its head now."""
        return self.state.head_sha

    @property
    def base_sha(self) -> str:
        """The target's tip when the head last moved, diff_refs.start_sha."""
        return self.state.version.start

    def close(self, by: str = "alice") -> None:
        """Close it unmerged."""
        self._hub.set_state(self.state, "close", self._hub.state.user(by))

    def reopen(self, by: str = "alice") -> None:
        """Open it again."""
        self._hub.set_state(self.state, "reopen", self._hub.state.user(by))

    def merge(self, by: str = "alice") -> str:
        """Merge it with a merge commit; its SHA. Conflicts are an error."""
        return self._hub.merge(self.state, self._hub.state.user(by))

    def change_target(self, target: str, by: str = "alice") -> None:
        """Aim it at another branch."""
        self._hub.edit(self.state, self._hub.state.user(by), target_branch=target)

    def edit_title(self, title: str, by: str = "alice") -> None:
        """Rename it; "Draft: " before the title makes it a draft."""
        self._hub.edit(self.state, self._hub.state.user(by), title=title)

    def ready(self, by: str = "alice") -> None:
        """End its draft."""
        self.edit_title(self.state.title.partition(":")[2].strip(), by)

    def approve(self, user: str = "bob") -> None:
        """Approve it."""
        self._hub.approve(self.state, self._hub.state.user(user))

    def unapprove(self, user: str = "bob") -> None:
        """Take an approval back."""
        self._hub.unapprove(self.state, self._hub.state.user(user))


class Project:
    """A project, as its people act on it."""

    def __init__(self, hub: Hub, it: state.Project) -> None:
        self._hub = hub
        self.state = it

    @property
    def id(self) -> int:
        """Its number."""
        return self.state.id

    @property
    def path(self) -> str:
        """ "group/…/name"."""
        return self.state.path

    @property
    def git(self) -> GitRepo:
        """Its bare git repository."""
        return self.state.git

    @property
    def clone_url(self) -> str:
        """Where git finds it."""
        return f"{self._hub.url}/{self.path}.git"

    def sha(self, revision: str = "") -> str:
        """The commit of a branch or revision, by default of the default branch."""
        name = revision or self.state.default_branch
        found = self.git.branch(name) or self.git.resolve(name)
        assert found, f"{self.path} has no {name!r}"
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
        one with `force`. Open merge requests of the branch move; no webhook is sent.
        """
        sha = self._commit(branch, files, from_, message, force)
        alice = self._hub.state.user("alice")
        self._hub.notice_pushes(self.state, self.git.refs(), alice)
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
        """The same with what GitLab does after a push: push and merge request webhooks."""
        before = self.git.refs()
        sha = self._commit(branch, files, from_, message, force)
        self._hub.pushed(self.state, before, self._hub.state.user(by))
        return sha

    def _commit(self, branch: str, files: Files, from_: str, message: str, force: bool) -> str:
        start = None if force else self.git.branch(branch)
        start = start or self.git.resolve(from_ or f"refs/heads/{self.state.default_branch}")
        assert start or not from_, f"{self.path} has no {from_!r} to start from"
        return self.git.commit(branch, files, (start,) if start else (), message)

    def delete_branch(self, branch: str, by: str = "alice") -> None:
        """Delete a branch, which closes its merge requests."""
        before = self.git.refs()
        self.git.run("update-ref", "-d", f"refs/heads/{branch}")
        self._hub.pushed(self.state, before, self._hub.state.user(by))

    def open_merge_request(
        self,
        source: str,
        target: str = "",
        author: str = "alice",
        draft: bool = False,
        fork: str | None = None,
        title: str = "",
        description: str | None = None,
        preparing: int = 0,
    ) -> MergeRequest:
        """Open a merge request from a branch of this project, or of the fork of that path.

        A fork that does not exist is made; a branch that only this project has moves there.
        `preparing`: so many reads find it without a head, as GitLab's first ones may.
        """
        origin = self.state if fork is None else self._fork(fork, source)
        made = self._hub.open_merge_request(
            self.state,
            origin,
            source,
            target or self.state.default_branch,
            ("Draft: " if draft else "") + (title or f"Change {source}"),
            self._hub.state.user(author),
            description=description,
            preparing=preparing,
        )
        return MergeRequest(self._hub, made)

    def merge_request(self, iid: int) -> MergeRequest:
        """The merge request of that number."""
        return MergeRequest(self._hub, self.state.merge_requests[iid])

    def fork(self, path: str, owner: str = "mallory") -> Project:
        """A fork that the bot is no member of, as anyone can make one."""
        made = Project(self._hub, self._hub.new_project(path, "private", self.state))
        made.state.hooked = False
        self._hub.add_member(made.state, owner)
        return made

    def _fork(self, path: str, source: str) -> state.Project:
        fork = self._hub.state.project(path) or self.fork(path).state
        if fork.git.branch(source) is None:
            fork.git.set_ref(f"refs/heads/{source}", self.sha(f"refs/heads/{source}"))
            self.git.run("update-ref", "-d", f"refs/heads/{source}")
        return fork

    def add_member(self, username: str, level: int = state.DEVELOPER) -> None:
        """Make somebody a member: 10 guest, 20 reporter, 30 developer, 40 maintainer."""
        self._hub.add_member(self.state, username, level)

    def run_pipeline(
        self, sha: str, ref: str, job: str = "build", result: str = "success"
    ) -> state.Pipeline:
        """A pipeline of GitLab CI on a commit, with one job of alice's."""
        with self._hub.state.lock:
            made = statuses.new_pipeline(self._hub, self.state, sha, ref, "push")
            alice = self._hub.state.user("alice")
            number = self._hub.state.new_id()
            done = state.Status(id=number, pipeline=made, name=job, author=alice, state=result)
            done.finished_at = now()
            self._hub.state.statuses[number] = done
        return made

    def rule(self, **settings: Any) -> None:
        """Set `approvals_required` or `reset_approvals_on_push`."""
        for name, value in settings.items():
            assert name in ("approvals_required", "reset_approvals_on_push"), name
            setattr(self.state, name, value)

    def delete(self) -> None:
        """Delete it; merge requests from a deleted fork stay, without their source project."""
        self.state.deleted = True
