"""What the workflow needs of a forge. Adapters are the only places that know a vendor's API."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bot.model import CheckRun, Comment, Proposal, ProposedPull, PullRequest
from checks.model import Review


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
    # Whether check runs carry annotations and a neutral conclusion here. Where not, the adapter
    # says in words what it cannot say in states.
    annotates: bool

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

    def shown(self, run: CheckRun) -> CheckRun:
        """The run as `check_runs` gives it back once it is written here: a forge that keeps less
        than was said must not look changed each time."""

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


class Conversing(Protocol):
    """What comment commands and approvals need of a forge."""

    def may_write(self, project: str, user: str) -> bool:
        """Whether a person may push to the project; False for strangers."""

    def review(self, project: str, number: int) -> Review:
        """Who approved the pull request, with the head that each approval was given to; for
        approvals that a later review of the same person dismissed or replaced, nothing."""

    def react(self, project: str, number: int, comment_id: str) -> None:
        """Show on a comment that it was read."""

    def reply(self, project: str, number: int, body: str, marker: str) -> Comment:
        """A comment of ours, or the one that holds `marker` made to say `body`."""


class Proposing(Protocol):
    """What our own pull requests need of a forge. Every method can be run again."""

    def default_branch(self, project: str) -> str:
        """The branch that proposals aim at."""

    def proposed(self, project: str, branch: str) -> ProposedPull | None:
        """The newest pull request of ours from a branch, open or not."""

    def commit(self, project: str, branch: str, base_sha: str, proposal: Proposal) -> str:
        """Make the branch one verified commit on `base_sha` that holds the edits, and nothing when
        it does already; the commit. Modes of files are kept. Raises ForgeError where somebody else
        committed to the branch."""

    def open_proposal(
        self, project: str, branch: str, base: str, proposal: Proposal
    ) -> ProposedPull:
        """Open the pull request, or find the open one where the answer was lost."""

    def update_proposal(self, project: str, existing: ProposedPull, proposal: Proposal) -> None:
        """Make its title and body say what is wanted; nothing is sent where they do."""

    def close_proposal(self, project: str, existing: ProposedPull, why: str) -> None:
        """Close it with a comment that says why, and delete its branch."""


class ForgeApp(Protocol):
    """The app as a whole, over all its grants: what catch-up needs."""

    name: str

    def acting_for(self, project: str, installation: str = "") -> Forge:
        """The forge under the grant that covers the project."""

    def conversing(self, project: str, installation: str = "") -> Conversing:
        """What comment commands and approvals need, under the same grant."""

    def proposing(self, project: str, installation: str = "") -> Proposing:
        """What our own pull requests need, under the same grant."""

    def projects(self) -> Iterable[tuple[str, str]]:
        """(project, installation) of everything the app is installed on."""

    def redeliver_failed(self, since: datetime) -> int:
        """Ask again for every delivery since then whose newest attempt failed; how many."""


class ForgeError(Exception):
    """A forge refused or could not be reached. The message is fit to be shown; no secrets in it."""
