"""The simulated GitHub as tests use it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.forge import auth, rest
from tests.forge.faults import Faults
from tests.forge.git_access import GitHubGit
from tests.forge.git_http import GitHttp
from tests.forge.gitrepo import Files
from tests.forge.hub import Hub
from tests.forge.people import Pull, Repo
from tests.forge.server import Application, Server
from tests.forge.state import (
    App,
    CheckRun,
    Comment,
    HookDelivery,
    Installation,
    Repository,
    now,
)
from tests.forge.webhooks import Webhooks

__all__ = ["FakeGitHub", "Pull", "Repo"]


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
        git = GitHttp(GitHubGit(self.hub))
        site = rest.Site(self.hub)
        self._server = Server(Application(site, git, self.faults, self.violations))
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
        """Copies of the attempts to deliver webhooks, oldest first, when none is under way."""
        self.webhooks.settle()
        with self.hub.state.lock:
            return sorted(map(replace, self.hub.state.deliveries.values()), key=lambda d: d.id)

    def _repo(self, full_name: str) -> Repository:
        found = self.hub.state.repo(full_name)
        assert found is not None, f"there is no repository {full_name!r}; create_repo it first"
        return found
