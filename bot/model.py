"""The values that travel through the app, between the adapters and the workflow."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import TypeAlias

from checks.model import CostDelta, Outcome, RenderFailure, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Judge one pull request. `head_sha` is what the sender saw, "" where it did not say: arrival
    order is not push order, so the workflow reads the head from the forge.

    `installation` is the forge's own handle of the grant to act under (GitHub: the installation
    id), opaque outside its adapter.
    """

    forge: str
    project: str
    number: int
    trigger: str
    delivery_id: str
    head_sha: str = ""
    installation: str = ""

    @property
    def key(self) -> tuple[str, str, int]:
        """What is judged one job at a time: (forge, project, number)."""
        return (self.forge, self.project, self.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """Compare a project's open pull requests with what was judged, and enqueue what is missing.

    `project` "" means every project of the forge. With `head_sha`, the open pull requests at that
    head are judged again whatever was judged before (a check suite of a fork names none).
    """

    forge: str
    project: str
    trigger: str
    delivery_id: str
    head_sha: str = ""
    installation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A comment on a pull request that speaks to us: `/plumbline …`. `text` is what follows the
    slash word on its line, untrusted."""

    forge: str
    project: str
    number: int
    comment_id: str
    author: str
    text: str
    delivery_id: str
    installation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rightsize:
    """Look at what a project's workloads use, and propose what they should ask for. `project` ""
    means every project of the forge."""

    forge: str
    project: str
    trigger: str
    delivery_id: str
    installation: str = ""


Work: TypeAlias = Job | Sweep | Command | Rightsize


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One properly signed webhook delivery: what it asks for, or why it asks for nothing."""

    id: str
    event: str
    work: tuple[Work, ...] = ()
    ignored: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequest:
    """A pull or merge request as the forge has it now."""

    project: str
    number: int
    base_ref: str
    base_sha: str
    head_sha: str
    is_open: bool
    is_draft: bool
    author: str
    url: str


class CheckStatus(Enum):
    """Where a check run stands. The conclusions after IN_PROGRESS are final."""

    IN_PROGRESS = "in_progress"
    SUCCESS = "success"
    NEUTRAL = "neutral"
    ACTION_REQUIRED = "action_required"
    FAILURE = "failure"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """A remark on a line of a changed file. `level` is notice, warning or failure."""

    path: str
    line: int
    level: str
    title: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRun:
    """A check run, wanted or as the forge has it. `external_id` is its identity for us; `id` is
    the forge's, "" while it is only wanted. Annotations of an existing run are not read back."""

    name: str
    external_id: str
    head_sha: str
    status: CheckStatus
    title: str = ""
    summary: str = ""
    text: str = ""
    details_url: str = ""
    annotations: tuple[Annotation, ...] = ()
    id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """A comment of ours on a pull request."""

    id: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A file to be written: its path, the blob it must still have, its whole new text, and the mode
    it has and keeps."""

    path: str
    base_blob: str
    new_text: bytes
    mode: str = "100644"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A pull request of ours, wanted. `key` (16 hex digits) is what it is about and stays the same
    while that does; the branch is made of it. `body` is Markdown and begins with our marker."""

    key: str
    title: str
    body: str
    commit_message: str
    edits: tuple[Edit, ...]
    labels: tuple[str, ...] = ()

    @property
    def branch(self) -> str:
        """The branch it is on."""
        return f"plumbline/{self.key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedPull:
    """A pull request that is or was open from one of our branches."""

    number: int
    url: str
    is_open: bool
    is_merged: bool
    head_sha: str
    title: str
    body: str
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """One path that differs between two commits. Modes are git's ("100644", "120000", "160000"),
    "" on the side where the path does not exist; so are the blob ids."""

    path: str
    old_mode: str = ""
    new_mode: str = ""
    old_blob: str = ""
    new_blob: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeEntry:
    """One file of a commit's tree."""

    path: str
    mode: str
    blob: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TooLarge:
    """A blob that was not read because of its size in bytes."""

    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is judged: `base_sha` is the tip whose config is the law, `merge_base` what the head is
    compared with."""

    base_sha: str
    merge_base: str
    head_sha: str
    files: tuple[FileChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """How much was looked at, and how long it took."""

    files_changed: int = 0
    files_relevant: int = 0
    resources_before: int = 0
    resources_after: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything that is said about a change, before it is put into anybody's format.

    `law` is the config's path on the base branch, "" for the shipped defaults, and `law_digest`
    changes with what it enforces. `prices` names the price source and its date. `summary` is
    Markdown of ours or, checked, of a model, and `no_summary` says why a wanted one is missing.
    `changed_lines` maps a path to its changed line ranges (first, last).
    """

    verdict: Verdict
    change: Change
    outcomes: tuple[Outcome, ...]
    unreadable: tuple[RenderFailure, ...] = ()
    law: str = ""
    law_digest: str = ""
    prices: str = ""
    summary: str = ""
    no_summary: str = ""
    changed_lines: dict[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    judged_at: datetime | None = None
    stats: Stats = Stats()

    @property
    def cost(self) -> CostDelta | None:
        """The price of the change, None where nothing priced it."""
        return next((o.cost for o in self.outcomes if o.cost is not None), None)
