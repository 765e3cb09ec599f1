"""The simulated GitLab as tests use it."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.forge.faults import Faults
from tests.forge.git_http import GitHttp
from tests.forge.gitrepo import Files
from tests.forge.server import Application, Server
from tests.gitlab import auth, state
from tests.gitlab.hub import Hub
from tests.gitlab.people import MergeRequest, Project
from tests.gitlab.rest import Site
from tests.gitlab.state import DEVELOPER, HookDelivery, Note, Status, User
from tests.gitlab.webhooks import Webhooks

__all__ = ["FakeGitLab", "MergeRequest", "Project"]
# The bot of a group access token: GitLab makes up the user name, the token gives the name.
BOT = User(username="group_17_bot_5f2c9d", name="plumbline", bot=True)


class FakeGitLab:
    """A GitLab of its own in this process, empty but for one bot; use it as a context manager.

    `url` is the base of the instance, the REST API is below it at /api/v4. `token` is the bot's
    group access token. At the end of a test `violations` must be empty: it lists every request and
    answer that the schemas in tests/gitlab/schemas.py do not allow, requests to what the fake does
    not know, and errors of the fake itself.
    """

    def __init__(self, root: Path, webhook_threads: int = 1) -> None:
        self.bot = replace(BOT)
        self.violations: list[str] = []
        self.faults = Faults()
        self.hub = Hub(root, self.bot)
        self.token = auth.issue(self.hub.state, self.bot).value
        self.webhooks = Webhooks(self.hub, "It's a Secret to Everybody", webhook_threads)
        self.hub.emit = self.webhooks.emit
        git = GitHttp(auth.GitLabGit(self.hub))
        self._server = Server(Application(Site(self.hub), git, self.faults, self.violations))
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
    def webhook_token(self) -> str:
        """The secret token of the webhooks, sent in X-Gitlab-Token; "" sends none."""
        return self.webhooks.token

    @webhook_token.setter
    def webhook_token(self, token: str) -> None:
        self.webhooks.token = token

    @property
    def webhook_signing_key(self) -> str:
        """`whsec_…` to sign webhooks with; "" does not."""
        return self.webhooks.signing_key

    @webhook_signing_key.setter
    def webhook_signing_key(self, key: str) -> None:
        base64.b64decode(key.removeprefix("whsec_"), validate=True)
        self.webhooks.signing_key = key

    @property
    def refuses_repeats(self) -> bool:
        """Whether a status refuses the state that it has (400), as GitLab's source says it does;
        False is as lenient as some versions were."""
        return self.hub.refuses_repeats

    @refuses_repeats.setter
    def refuses_repeats(self, strict: bool) -> None:
        self.hub.refuses_repeats = strict

    @property
    def quick_actions(self) -> list[tuple[str, str, str]]:
        """(user name, action, argument) of the quick actions in notes and descriptions so far."""
        return self.hub.quick_actions

    def create_project(
        self,
        path: str,
        files: Files | None = None,
        level: int = DEVELOPER,
        visibility: str = "private",
    ) -> Project:
        """A project with one commit on main, the bot a member of it at `level` (0: none, and no
        webhook) and alice its maintainer."""
        project = Project(self.hub, self.hub.new_project(path, visibility, None))
        self.hub.add_member(project.state, "alice")
        project.state.hooked = level > 0
        if level:
            self.hub.add_member(project.state, self.bot.username, level)
        start = {"README.md": f"# {project.state.name}\n"} if files is None else files
        project.commit("main", start)
        return project

    def project(self, path: str) -> Project:
        """The project of that path."""
        found = self.hub.state.project(path)
        assert found is not None, f"there is no project {path!r}; create_project it first"
        return Project(self.hub, found)

    def notes(self, path: str, iid: int, system: bool = False) -> list[Note]:
        """Copies of the notes on a merge request, oldest first; system notes only if asked for."""
        it = self.project(path).merge_request(iid).state
        with self.hub.state.lock:
            found = self.hub.state.notes_of(it)
            return [replace(each) for each in found if system or not each.system]

    def add_note(self, path: str, iid: int, body: str, author: str = "mallory") -> Note:
        """A note by a person, which must be more than quick actions."""
        it = self.project(path).merge_request(iid).state
        made = self.hub.add_note(it, body, self.hub.state.user(author))
        assert made is not None, "the note held nothing but quick actions"
        return made

    def statuses(self, path: str, sha: str, retried: bool = False) -> list[Status]:
        """Copies of the statuses on a commit in force, or with `retried` of all, oldest first."""
        project = self.project(path).state
        with self.hub.state.lock:
            return [
                replace(each)
                for each in self.hub.state.statuses.values()
                if (each.pipeline.project, each.pipeline.sha) == (project, sha)
                and (retried or not each.retried)
            ]

    def issue_token(self, username: str = "", scopes: tuple[str, ...] = ("api",)) -> state.Token:
        """Another token, of the bot or of a person; it can be changed to be revoked or expired."""
        user = self.hub.state.user(username) if username else self.bot
        with self.hub.state.lock:
            return auth.issue(self.hub.state, user, scopes)

    def revoke_tokens(self) -> None:
        """Make every token of now invalid."""
        with self.hub.state.lock:
            for token in self.hub.state.tokens.values():
                token.revoked = True

    def deliveries(self) -> list[HookDelivery]:
        """Copies of the attempts to deliver webhooks, oldest first, when none is under way."""
        self.webhooks.settle()
        with self.hub.state.lock:
            return [replace(each) for each in self.hub.state.deliveries]
