"""What the workflow needs of a forge. Adapters are the only places that know a vendor's API."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bot.model import CheckRun, Comment, PullRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """Where to fetch a project from. `header` is a whole HTTP header with a secret in it: it goes
    to git through its environment, never on a command line, in a URL or in a log."""

    url: str
    header: str = field(default="", repr=False)


class Forge(Protocol):
    """One forge, acting for one grant. Every method has a time-out, retries by one policy
    (`bot/retry.py`), and raises `retry.Later` where waiting would take too long. Reads of what
    does not exist return None; anything else that goes wrong raises `ForgeError`.
    """

    name: str

    def pull_request(self, project: str, number: int) -> PullRequest | None:
        """The pull request as it is now, None where there is none."""

    def branch_tip(self, project: str, branch: str) -> str | None:
        """The commit a branch is at now, None where there is no such branch. A pull request's own
        `base_sha` is where its base stood when its head last moved, so it is not the law of today.
        """

    def open_pull_requests(self, project: str) -> Iterable[PullRequest]:
        """The open pull requests of a project."""

    def remote(self, project: str) -> Remote:
        """Where to fetch from, with a fresh token."""

    def check_runs(self, project: str, sha: str) -> Sequence[CheckRun]:
        """OUR check runs on a commit, oldest first."""

    def create_check_run(self, project: str, wanted: CheckRun) -> CheckRun:
        """Create it; after a lost answer find the one with its external_id instead of making a
        second. All annotations are sent, in batches."""

    def update_check_run(self, project: str, existing: CheckRun, wanted: CheckRun) -> None:
        """Make the existing one say what is wanted."""

    def comments(self, project: str, number: int) -> Sequence[Comment]:
        """OUR comments (by author) on a pull request, oldest first."""

    def create_comment(self, project: str, number: int, body: str, marker: str) -> Comment:
        """Create it; after a lost answer find our one that contains `marker` instead."""

    def update_comment(self, project: str, number: int, comment_id: str, body: str) -> None:
        """Replace its body."""

    def delete_comment(self, project: str, number: int, comment_id: str) -> None:
        """Remove it; no error where it is gone already."""


class ForgeApp(Protocol):
    """The app as a whole, over all its grants: what catch-up needs."""

    name: str

    def acting_for(self, project: str, installation: str = "") -> Forge:
        """The forge under the grant that covers the project."""

    def projects(self) -> Iterable[tuple[str, str]]:
        """(project, installation) of everything the app is installed on."""

    def redeliver_failed(self, since: datetime) -> int:
        """Ask again for every delivery since then whose newest attempt failed; how many."""


class ForgeError(Exception):
    """A forge refused or could not be reached. The message is fit to be shown; no secrets in it."""
