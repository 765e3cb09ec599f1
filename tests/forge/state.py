"""What the simulated GitHub remembers: plain mutable values behind one lock."""

from __future__ import annotations

import itertools
import threading
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.forge.gitrepo import GitRepo

PERMISSIONS: Mapping[str, str] = {
    "metadata": "read",
    "checks": "write",
    "contents": "write",
    "pull_requests": "write",
    "issues": "write",
    "merge_queues": "read",
}
EVENTS = (
    "check_run",
    "check_suite",
    "issue_comment",
    "merge_group",
    "pull_request",
    "pull_request_review",
    "push",
)


def now() -> datetime:
    """The time to the second, as GitHub keeps it."""
    return datetime.now(UTC).replace(microsecond=0)


@dataclass(slots=True, kw_only=True)
class App:
    """A GitHub App. `private_key_pem` is what its owner downloaded, `public_key_pem` GitHub's."""

    id: int
    slug: str
    name: str
    owner: str
    private_key_pem: str = field(repr=False)
    public_key_pem: str
    webhook_secret: str = field(repr=False)
    permissions: dict[str, str] = field(default_factory=lambda: dict(PERMISSIONS))
    events: tuple[str, ...] = EVENTS

    @property
    def client_id(self) -> str:
        """The other accepted issuer of its tokens."""
        return f"Iv23li{self.id:014d}"

    @property
    def bot(self) -> str:
        """The login of what it writes as."""
        return f"{self.slug}[bot]"


@dataclass(slots=True, kw_only=True)
class Installation:
    """The app's grant on one account. `permissions` can lag behind the app's."""

    id: int
    account: str
    permissions: dict[str, str]
    suspended: bool = False
    created_at: datetime = field(default_factory=now)


@dataclass(slots=True, kw_only=True)
class Token:
    """An installation token. `repositories` None means all of the installation's."""

    value: str = field(repr=False)
    installation: Installation
    expires_at: datetime
    permissions: dict[str, str]
    repositories: frozenset[int] | None = None
    revoked: bool = False


@dataclass(slots=True, kw_only=True)
class Repository:
    """A repository; its content is in `git`. `installation` None: the app is not installed."""

    id: int
    full_name: str
    git: GitRepo
    private: bool = True
    default_branch: str = "main"
    installation: Installation | None = None
    parent: Repository | None = None
    deleted: bool = False
    created_at: datetime = field(default_factory=now)
    pushed_at: datetime = field(default_factory=now)
    pulls: dict[int, PullRequest] = field(default_factory=dict)
    collaborators: dict[str, str] = field(default_factory=dict)

    @property
    def owner(self) -> str:
        """The account it belongs to."""
        return self.full_name.partition("/")[0]

    @property
    def name(self) -> str:
        """The part after the owner."""
        return self.full_name.partition("/")[2]


@dataclass(slots=True, kw_only=True)
class PullRequest:
    """A pull request. As on GitHub `base_sha` is the base's tip when the head last moved, not
    now; `size` caches (base, head) → (commits, additions, deletions, files)."""

    id: int
    number: int
    repo: Repository
    head_repo: Repository
    head_ref: str
    head_sha: str
    base_ref: str
    base_sha: str
    title: str
    author: str
    body: str | None = None
    state: str = "open"
    draft: bool = False
    maintainer_can_modify: bool = False
    merged_by: str | None = None
    merge_commit_sha: str | None = None
    merged_at: datetime | None = None
    closed_at: datetime | None = None
    created_at: datetime = field(default_factory=now)
    updated_at: datetime = field(default_factory=now)
    size: tuple[str, str, tuple[int, int, int, int]] | None = None
    reviews: list[Review] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Review:
    """A review: `state` as the API has it, `head_sha` None where the commit is gone, `author` None
    where the account is."""

    id: int
    state: str
    author: str | None
    head_sha: str | None
    body: str = ""
    submitted_at: datetime = field(default_factory=now)


@dataclass(slots=True, kw_only=True)
class Comment:
    """A comment in the conversation of an issue or pull request."""

    id: int
    repo: Repository
    number: int
    body: str
    author: str
    by_app: bool
    # By content and login: nobody has two of one kind.
    reactions: dict[tuple[str, str], Reaction] = field(default_factory=dict)
    created_at: datetime = field(default_factory=now)
    updated_at: datetime = field(default_factory=now)


@dataclass(slots=True, kw_only=True)
class Reaction:
    """A reaction to a comment."""

    id: int
    content: str
    author: str
    created_at: datetime = field(default_factory=now)


@dataclass(slots=True, kw_only=True)
class CheckSuite:
    """What GitHub keeps for each app and commit. `reset` since it was asked to run again."""

    id: int
    repo: Repository
    app_id: int
    head_sha: str
    reset: bool = False
    created_at: datetime = field(default_factory=now)
    updated_at: datetime = field(default_factory=now)


@dataclass(slots=True, kw_only=True)
class CheckRun:
    """A check run; `annotations` are the request's objects, in the order they were sent."""

    id: int
    suite: CheckSuite
    name: str
    status: str = "queued"
    conclusion: str | None = None
    external_id: str = ""
    details_url: str | None = None
    title: str | None = None
    summary: str | None = None
    text: str | None = None
    started_at: datetime | None = field(default_factory=now)
    completed_at: datetime | None = None
    annotations: list[dict[str, Any]] = field(default_factory=list)
    actions: list[dict[str, Any]] = field(default_factory=list)

    @property
    def repo(self) -> Repository:
        """The repository it is in."""
        return self.suite.repo

    @property
    def head_sha(self) -> str:
        """The commit it is about."""
        return self.suite.head_sha


@dataclass(slots=True, kw_only=True)
class HookDelivery:
    """One attempt to deliver a webhook; redeliveries share the `guid` and have their own `id`."""

    id: int
    guid: str
    event: str
    action: str | None
    payload: dict[str, Any]
    installation_id: int | None
    repository_id: int | None
    redelivery: bool = False
    delivered_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    duration: float = 0.0
    status: str = ""
    status_code: int = 0
    request_headers: dict[str, str] = field(default_factory=dict)
    response_headers: dict[str, str] = field(default_factory=dict)
    response_body: str = ""


class State:
    """Everything of one simulated GitHub. Take `lock` to read or write more than one field."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.lock = threading.RLock()
        self.token_lifetime = timedelta(hours=1)
        self.installations: dict[str, Installation] = {}
        self.tokens: dict[str, Token] = {}
        self.repos: dict[str, Repository] = {}
        self.comments: dict[int, Comment] = {}
        self.suites: dict[int, CheckSuite] = {}
        self.runs: dict[int, CheckRun] = {}
        self.deliveries: dict[int, HookDelivery] = {}
        # Commits that GitHub signed itself: shown as verified.
        self.signed: set[str] = set()
        self._ids = itertools.count(1001)
        self._numbers: dict[int, Iterator[int]] = {}

    def new_id(self) -> int:
        """An id that nothing else has."""
        return next(self._ids)

    def new_number(self, repo: Repository) -> int:
        """The next issue number of a repository."""
        return next(self._numbers.setdefault(repo.id, itertools.count(1)))

    def repo(self, full_name: str) -> Repository | None:
        """The repository of that name, in any case of letters."""
        found = self.repos.get(full_name.lower())
        return None if found is None or found.deleted else found

    def all_repos(self) -> Iterator[Repository]:
        """Every repository, oldest first."""
        return (repo for repo in list(self.repos.values()) if not repo.deleted)

    def installation(self, account: str) -> Installation:
        """The app's installation on an account, made where there is none."""
        key = account.lower()
        if key not in self.installations:
            self.installations[key] = Installation(
                id=self.new_id(), account=account, permissions=dict(self.app.permissions)
            )
        return self.installations[key]

    def suite(self, repo: Repository, app_id: int, sha: str) -> CheckSuite:
        """The app's check suite on a commit, made where there is none."""
        for suite in self.suites.values():
            if (suite.repo, suite.app_id, suite.head_sha) == (repo, app_id, sha):
                return suite
        made = CheckSuite(id=self.new_id(), repo=repo, app_id=app_id, head_sha=sha)
        self.suites[made.id] = made
        return made

    def runs_of(self, suite: CheckSuite) -> list[CheckRun]:
        """The check runs of a suite, oldest first."""
        return [run for run in self.runs.values() if run.suite is suite]

    def open_pulls(self) -> Iterator[PullRequest]:
        """The open pull requests of all repositories."""
        for repo in self.all_repos():
            yield from [pull for pull in repo.pulls.values() if pull.state == "open"]


def user_id(login: str) -> int:
    """The stable id of an account."""
    return zlib.crc32(login.lower().encode())
