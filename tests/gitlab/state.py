"""What the simulated GitLab remembers: plain mutable values behind one lock."""

from __future__ import annotations

import itertools
import re
import threading
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from tests.forge.gitrepo import GitRepo

GUEST, REPORTER, DEVELOPER, MAINTAINER = 10, 20, 30, 40
_DRAFT = re.compile(r"\s*(\[draft\]|\(draft\)|draft:)", re.IGNORECASE)


def now() -> datetime:
    """The time to the millisecond, as GitLab shows it."""
    current = datetime.now(UTC)
    return current.replace(microsecond=current.microsecond // 1000 * 1000)


@dataclass(slots=True, kw_only=True)
class User:
    """A person or a token's bot user."""

    username: str
    name: str
    bot: bool = False

    @property
    def id(self) -> int:
        """The stable id of an account."""
        return zlib.crc32(self.username.lower().encode())


@dataclass(slots=True, kw_only=True)
class Token:
    """An access token of a user."""

    value: str = field(repr=False)
    user: User
    id: int
    scopes: tuple[str, ...] = ("api",)
    expires_at: date | None = None
    revoked: bool = False


@dataclass(slots=True, kw_only=True)
class Project:
    """A project; its content is in `git`. `members` maps user names to access levels. `hooked`:
    the webhook is set up on it."""

    id: int
    path: str
    git: GitRepo
    visibility: str = "private"
    default_branch: str = "main"
    parent: Project | None = None
    hooked: bool = True
    deleted: bool = False
    approvals_required: int = 0
    reset_approvals_on_push: bool = False
    members: dict[str, int] = field(default_factory=dict)
    merge_requests: dict[int, MergeRequest] = field(default_factory=dict)
    created_at: datetime = field(default_factory=now)

    @property
    def namespace(self) -> str:
        """The full path of the group."""
        return self.path.rpartition("/")[0]

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What GitLab keeps at each push to a merge request: `start` is the target's tip of then,
    `base` its merge base with `head`."""

    id: int
    head: str
    base: str
    start: str
    created_at: datetime = field(default_factory=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """An approval still in force."""

    user: User
    at: datetime = field(default_factory=now)


@dataclass(slots=True, kw_only=True)
class MergeRequest:
    """A merge request. `versions` holds at least one, the newest last. `preparing` is how many
    more times it is shown as not prepared yet, without a head, as just after its creation."""

    id: int
    iid: int
    project: Project
    source_project: Project
    source_branch: str
    target_branch: str
    title: str
    author: User
    description: str | None = None
    state: str = "opened"
    labels: list[str] = field(default_factory=list)
    versions: list[Version] = field(default_factory=list)
    approvals: list[Approval] = field(default_factory=list)
    preparing: int = 0
    merged_by: User | None = None
    merged_at: datetime | None = None
    merge_commit_sha: str | None = None
    closed_by: User | None = None
    closed_at: datetime | None = None
    created_at: datetime = field(default_factory=now)
    updated_at: datetime = field(default_factory=now)

    @property
    def draft(self) -> bool:
        """GitLab keeps it in the title."""
        return _DRAFT.match(self.title) is not None

    @property
    def version(self) -> Version:
        """The newest."""
        return self.versions[-1]

    @property
    def head_sha(self) -> str:
        """Its head now."""
        return self.version.head


@dataclass(slots=True, kw_only=True)
class Note:
    """A comment on a merge request, or with `system` what GitLab itself noted there."""

    id: int
    merge_request: MergeRequest
    body: str
    author: User
    system: bool = False
    awards: list[Award] = field(default_factory=list)
    created_at: datetime = field(default_factory=now)
    updated_at: datetime = field(default_factory=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Award:
    """An emoji on a note."""

    id: int
    name: str
    user: User
    created_at: datetime = field(default_factory=now)


@dataclass(slots=True, kw_only=True)
class Pipeline:
    """A pipeline; commit statuses are its jobs. `source` is external where a status made it."""

    id: int
    iid: int
    project: Project
    sha: str
    ref: str
    source: str
    created_at: datetime = field(default_factory=now)


@dataclass(slots=True, kw_only=True)
class Status:
    """A commit status. `retried`: a newer one of its name took its place in the pipeline."""

    id: int
    pipeline: Pipeline
    name: str
    author: User
    state: str = "created"
    description: str | None = None
    target_url: str | None = None
    coverage: float | None = None
    retried: bool = False
    created_at: datetime = field(default_factory=now)
    started_at: datetime | None = None
    finished_at: datetime | None = None


@dataclass(slots=True, kw_only=True)
class HookDelivery:
    """A webhook and its newest attempt; `key` is its Idempotency-Key, which a resend keeps."""

    id: int
    key: str
    event: str
    project: Project
    payload: dict[str, Any]
    resent: bool = False
    status_code: int = 0
    error: str = ""
    request_headers: dict[str, str] = field(default_factory=dict)


class State:
    """Everything of one simulated GitLab. Take `lock` to read or write more than one field."""

    def __init__(self, bot: User) -> None:
        self.lock = threading.RLock()
        self.bot = bot
        self.users: dict[str, User] = {bot.username.lower(): bot}
        self.tokens: dict[str, Token] = {}
        self.projects: dict[int, Project] = {}
        self.notes: dict[int, Note] = {}
        self.pipelines: dict[int, Pipeline] = {}
        self.statuses: dict[int, Status] = {}
        self.deliveries: list[HookDelivery] = []
        self._ids = itertools.count(1001)

    def new_id(self) -> int:
        """An id that nothing else has."""
        return next(self._ids)

    def user(self, username: str) -> User:
        """The account of that name, made where there is none."""
        key = username.lower()
        if key not in self.users:
            self.users[key] = User(username=username, name=username.capitalize())
        return self.users[key]

    def project(self, key: str) -> Project | None:
        """The project of that id or path, in any case of letters."""
        for each in self.all_projects():
            if key in (str(each.id), each.path) or key.lower() == each.path.lower():
                return each
        return None

    def all_projects(self) -> Iterator[Project]:
        """Every project, oldest first."""
        return (each for each in list(self.projects.values()) if not each.deleted)

    def open_merge_requests(self) -> Iterator[MergeRequest]:
        """The open merge requests of all projects."""
        for project in self.all_projects():
            yield from [m for m in project.merge_requests.values() if m.state == "opened"]

    def notes_of(self, merge_request: MergeRequest) -> list[Note]:
        """The notes on a merge request, oldest first."""
        return [each for each in self.notes.values() if each.merge_request is merge_request]

    def pipelines_of(self, project: Project, sha: str) -> list[Pipeline]:
        """The pipelines of a commit, oldest first."""
        found = self.pipelines.values()
        return [each for each in found if each.project is project and each.sha == sha]

    def statuses_of(self, pipeline: Pipeline) -> list[Status]:
        """The commit statuses of a pipeline that are in force, oldest first."""
        found = self.statuses.values()
        return [each for each in found if each.pipeline is pipeline and not each.retried]
