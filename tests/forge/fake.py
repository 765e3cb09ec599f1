"""The simulated GitHub as tests use it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.forge import auth
from tests.forge.faults import Faults
from tests.forge.gitrepo import Files, GitRepo
from tests.forge.hub import Hub
from tests.forge.server import Application, Server
from tests.forge.state import (
    App,
    CheckRun,
    Comment,
    HookDelivery,
    Installation,
    PullRequest,
    Repository,
    now,
)
from tests.forge.webhooks import Webhooks


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
        sha = self._commit(branch, files, from_, message, force)
        self._hub.notice_pushes(self.state)
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
        sha = self._commit(branch, files, from_, message, force)
        self._hub.pushed(self.state, before, by)
        return sha

    def _commit(self, branch: str, files: Files, from_: str, message: str, force: bool) -> str:
        tip = None if force else self.git.branch(branch)
        start = tip or self.git.resolve(from_ or f"refs/heads/{self.state.default_branch}")
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


class FakeGitHub:
    """A GitHub of its own in this process, empty but for one app; use it as a context manager.

    `url` is the base of its REST API and of its git remotes. At the end of a test `violations`
    must be empty: it lists every request and response that GitHub's own API description does not
    allow, requests to what the fake does not know, and errors of the fake itself.
    """

    def __init__(self, root: Path, webhook_threads: int = 1) -> None:
        private, public = auth.key_pair()
        self.app = App(
            id=4711,
            slug="plumbline",
            name="plumbline",
            owner="plumbline-maintainers",
            private_key_pem=private,
            public_key_pem=public,
            webhook_secret="It's a Secret to Everybody",
        )
        self.violations: list[str] = []
        self.faults = Faults()
        self.hub = Hub(root, self.app)
        self.webhooks = Webhooks(self.hub, webhook_threads)
        self.hub.emit, self.hub.resend = self.webhooks.emit, self.webhooks.resend
        self._server = Server(Application(self.hub, self.faults, self.violations))
        self.hub.url = self.url = f"http://127.0.0.1:{self._server.port}"

    def start(self) -> None:
        """Serve, and send webhooks."""
        self._server.start()
        self.webhooks.start()

    def stop(self) -> None:
        """Stop both."""
        self.webhooks.stop()
        self._server.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def webhook_url(self) -> str:
        """Where webhooks go; "" sends none."""
        return self.webhooks.url

    @webhook_url.setter
    def webhook_url(self, url: str) -> None:
        self.webhooks.url = url

    @property
    def token_lifetime(self) -> timedelta:
        """How long new installation tokens live."""
        return self.hub.state.token_lifetime

    @token_lifetime.setter
    def token_lifetime(self, lifetime: timedelta) -> None:
        self.hub.state.token_lifetime = lifetime

    def create_repo(
        self,
        full_name: str,
        files: Files | None = None,
        install: bool = True,
        private: bool = True,
    ) -> Repo:
        """A repository with one commit on main, the app installed on it."""
        repo = Repo(self.hub, self.hub.new_repo(full_name, private, None))
        if install:
            repo.state.installation = self.hub.state.installation(repo.state.owner)
        repo.commit("main", {"README.md": f"# {repo.state.name}\n"} if files is None else files)
        return repo

    def repo(self, full_name: str) -> Repo:
        """The repository of that name."""
        return Repo(self.hub, self._repo(full_name))

    def install(self, full_name: str, by: str = "alice") -> Installation:
        """Install the app on a repository, which sends installation webhooks."""
        repo = self._repo(full_name)
        is_new = repo.owner.lower() not in self.hub.state.installations
        grant = repo.installation = self.hub.state.installation(repo.owner)
        about = {"installation": grant, "repositories": [repo], "added": [repo]}
        name = "installation" if is_new else "installation_repositories"
        self.hub.emit(name, "created" if is_new else "added", None, about, by)
        return grant

    def uninstall(self, full_name: str, by: str = "alice") -> None:
        """Take one repository from the app."""
        repo = self._repo(full_name)
        grant, repo.installation = repo.installation, None
        about = {"installation": grant, "removed": [repo]}
        self.hub.emit("installation_repositories", "removed", None, about, by)

    def ping(self) -> None:
        """Send what GitHub sends when the webhook is set up."""
        self.hub.emit("ping", None, None, {"url": self.webhook_url}, self.app.owner)

    def token(self, full_name: str, permissions: Mapping[str, str] | None = None) -> str:
        """A fresh installation token for a repository, as its owner's scripts would get one."""
        grant = self._repo(full_name).installation
        assert grant is not None, f"the app is not installed on {full_name}"
        with self.hub.state.lock:
            granted = dict(permissions or grant.permissions)
            return auth.issue(self.hub.state, grant, granted, None).value

    def revoke_tokens(self) -> None:
        """Make every installation token of now invalid."""
        with self.hub.state.lock:
            for token in self.hub.state.tokens.values():
                token.revoked = True

    def comments(self, full_name: str, number: int) -> list[Comment]:
        """Copies of the comments on a pull request, oldest first."""
        repo = self._repo(full_name)
        with self.hub.state.lock:
            found = self.hub.state.comments.values()
            return [replace(each) for each in found if (each.repo, each.number) == (repo, number)]

    def add_comment(
        self, full_name: str, number: int, body: str, author: str = "mallory"
    ) -> Comment:
        """A comment by a person."""
        return self.hub.add_comment(self._repo(full_name), number, body, author)

    def check_runs(self, full_name: str, sha: str) -> list[CheckRun]:
        """Copies of all check runs on a commit, oldest first."""
        repo = self._repo(full_name)
        with self.hub.state.lock:
            found = self.hub.state.runs.values()
            return [replace(each) for each in found if (each.repo, each.head_sha) == (repo, sha)]

    def add_check_run(self, full_name: str, sha: str, name: str, app_id: int = 1) -> CheckRun:
        """A successful check run of another app."""
        state = self.hub.state
        with state.lock:
            suite = state.suite(self._repo(full_name), app_id, sha)
            run = CheckRun(id=state.new_id(), suite=suite, name=name)
            run.status, run.conclusion, run.completed_at = "completed", "success", now()
            state.runs[run.id] = run
        return replace(run)

    def rerequest_check_run(self, run_id: int, by: str = "alice") -> None:
        """Someone clicks "Re-run" beside a check run."""
        run = self.hub.state.runs[run_id]
        run.suite.reset = True
        self.hub.emit("check_run", "rerequested", run.repo, {"run": run}, by)

    def rerequest_check_suite(self, full_name: str, sha: str, by: str = "alice") -> None:
        """Someone clicks "Re-run all checks"."""
        repo = self._repo(full_name)
        suite = self.hub.state.suite(repo, self.app.id, sha)
        suite.reset = True
        self.hub.emit("check_suite", "rerequested", repo, {"suite": suite}, by)

    def deliveries(self) -> list[HookDelivery]:
        """Copies of the attempts to deliver webhooks, oldest first."""
        with self.hub.state.lock:
            return sorted(map(replace, self.hub.state.deliveries.values()), key=lambda d: d.id)

    def _repo(self, full_name: str) -> Repository:
        found = self.hub.state.repo(full_name)
        assert found is not None, f"there is no repository {full_name!r}; create_repo it first"
        return found
