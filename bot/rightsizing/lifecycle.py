"""Our open pull requests made to agree with what is recommended now: opened, updated, remembered.

Everything is looked up before it is written, and written in one order: branch and commit, then the
pull request. A run that is cut off anywhere leaves what the next run completes, never two of it.
People merge and people say no; nothing here does either.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Protocol

from bot.forges import ForgeError, Proposing
from bot.forges.branches import NotOurs
from bot.model import Proposal, ProposedPull
from bot.rightsizing.edit import EditRefused
from bot.rightsizing.memory import (
    Change,
    Limits,
    State,
    blocked_until,
    carried,
    read_state,
    refusals,
)
from bot.rightsizing.proposal import Draft, build, title

_DAY = timedelta(days=1)


class Action(Enum):
    """What became of a draft."""

    OPENED = "opened"
    UPDATED = "updated"
    KEPT = "kept"
    # A person closed one like it, or merged one a short while ago.
    REMEMBERED = "remembered"
    COOLING = "cooling"
    # Enough are open, or were opened today.
    WAITING = "waiting"
    LEFT = "left alone"
    REFUSED = "refused"
    CLOSED = "closed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of a draft, in words where it is not as wanted."""

    key: str
    title: str
    action: Action
    number: int = 0
    url: str = ""
    why: str = ""


class Ledger(Protocol):
    """Which pull requests of ours a project has, over all its workloads. Only the limits need it:
    what was proposed and refused stands in the pull requests themselves."""

    def begun(self, project: str, key: str, at: datetime) -> None:
        """One is about to be made; again is no error."""

    def ended(self, project: str, key: str) -> None:
        """It is closed, merged or was never made."""

    def standing(self, project: str) -> Collection[str]:
        """The keys that were begun and have not ended."""

    def count_since(self, project: str, since: datetime) -> int:
        """How many were begun since then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where proposals are made: `base` is the branch they aim at, `base_sha` the commit of it that
    the drafts were made from; `forge` is the forge's name."""

    proposing: Proposing
    forge: str
    project: str
    base: str
    base_sha: str
    ledger: Ledger
    limits: Limits
    now: datetime

    @property
    def place(self) -> str:
        """The project's name in the ledger."""
        return f"{self.forge}:{self.project}"


def reconcile(
    desk: Desk, wanted: Sequence[Draft], settled: Mapping[str, str] | None = None
) -> list[Result]:
    """Make the project's pull requests agree with what is wanted, the most important draft first.

    `settled` are the keys of workloads that are known to need nothing, with the blob of the file
    that says so now, "" where no file declares them any more: what is open for them on another
    text is closed. What fails for one draft is its result and stops no other. Raises `Later`.
    """
    results = _without_drafts(desk, {draft.key for draft in wanted}, settled or {})
    for draft in wanted:
        try:
            result = _settle(desk, draft)
        except EditRefused as error:
            result = _result(draft, Action.REFUSED, why=str(error))
        except NotOurs as error:
            result = _result(draft, Action.LEFT, why=str(error))
        except ForgeError as error:
            result = _result(draft, Action.FAILED, why=str(error))
        results.append(result)
    return results


def _without_drafts(
    desk: Desk, wanted: Collection[str], settled: Mapping[str, str]
) -> list[Result]:
    """Take notice of those that nothing is wanted for now, so that ended ones make room."""
    results = []
    for key in sorted(set(desk.ledger.standing(desk.place)) - set(wanted)):
        try:
            pull = desk.proposing.proposed(desk.project, f"plumbline/{key}")
            why = _obsolete(pull, settled.get(key)) if pull is not None and pull.is_open else ""
            if pull is not None and why:
                _withdraw(desk, key, pull, why)
                results.append(_about(key, pull, Action.CLOSED, why))
            elif pull is not None and pull.is_open:
                continue
        except ForgeError as error:
            results.append(Result(key=key, title="", action=Action.FAILED, why=str(error)))
            continue
        desk.ledger.ended(desk.place, key)
    return results


def _obsolete(pull: ProposedPull, blob: str | None) -> str:
    """Why an open pull request has become pointless, "" where it has not or nobody knows."""
    if blob == "":
        return "No manifest of the repository declares the workload any more."
    state = read_state(pull.body)
    if blob is None or state is None or state.is_about(blob):
        return ""
    return "The file has changed since, and what it requests now is about right."


def _withdraw(desk: Desk, key: str, pull: ProposedPull, why: str) -> None:
    """Close it, so marked that nobody takes it for a person's no."""
    state = replace(read_state(pull.body) or State(key=key), withdrawn=True)
    _, _, rest = pull.body.partition("\n")
    body = f"{state.marker()}\n{rest}"
    marked = Proposal(key=key, title=pull.title, body=body, commit_message="", edits=())
    desk.proposing.update_proposal(desk.project, pull, marked)
    desk.proposing.close_proposal(desk.project, pull, why)


def _settle(desk: Desk, draft: Draft) -> Result:
    """One draft: what is there, what people said to it, and what is to be written."""
    pull = desk.proposing.proposed(desk.project, f"plumbline/{draft.key}")
    if pull is not None and pull.is_merged and pull.closed_at is not None:
        over = pull.closed_at + _DAY * desk.limits.cooldown_days
        if desk.now < over:
            why = f"#{pull.number} was merged; nothing more before {over:%Y-%m-%d}"
            return _over(desk, draft, pull, Action.COOLING, why)
    if _is_unreadable(pull) and pull is not None and pull.closed_at is not None:
        over = pull.closed_at + _DAY * desk.limits.refused_days[0]
        if desk.now < over:
            why = f"#{pull.number} was closed; not proposed again before {over:%Y-%m-%d}"
            return _over(desk, draft, pull, Action.REMEMBERED, why)
    said_no = refusals(pull, desk.now)
    kept, notes = _allowed(draft, said_no, desk)
    if not kept.recommendations:
        if pull is not None and pull.is_open:
            return _about(draft.key, pull, Action.KEPT, "; ".join(notes))
        return _over(desk, draft, pull, Action.REMEMBERED, "; ".join(notes))
    return _write(desk, kept, pull, said_no, notes)


def _is_unreadable(pull: ProposedPull | None) -> bool:
    """Whether people closed one that does not say any more what it was about."""
    closed = pull is not None and not (pull.is_open or pull.is_merged)
    return closed and pull is not None and read_state(pull.body) is None


def _allowed(draft: Draft, said_no: Sequence[Change], desk: Desk) -> tuple[Draft, list[str]]:
    """The part of a draft that nobody has refused lately, and what was left out of it."""
    notes, subjects = [], []
    for change in draft.changes:
        until = blocked_until(change, said_no, desk.limits)
        if until is None or until <= desk.now:
            subjects.append(change.subject)
        else:
            word = "a smaller" if change.subject[2] else "a larger"
            notes.append(
                f"{word} {change.resource} request for {change.container} was turned down; it is"
                f" not proposed again before {until:%Y-%m-%d} unless it moves by"
                f" {desk.limits.reopen_share:.0%}"
            )
    return draft.only(subjects), notes


def _write(
    desk: Desk,
    draft: Draft,
    pull: ProposedPull | None,
    said_no: Sequence[Change],
    notes: Sequence[str],
) -> Result:
    is_open = pull is not None and pull.is_open
    state = _state(draft, said_no)
    before = read_state(pull.body) if pull is not None and is_open else None
    if before is not None and pull is not None:
        same = before.holds(draft.blob, draft.changes, desk.limits.update_share)
        if same and before.is_at(pull.head_sha):
            desk.ledger.begun(desk.place, draft.key, desk.now)
            return _about(draft.key, pull, Action.KEPT)
    if not is_open and (full := _no_room(desk, draft.key)):
        return _result(draft, Action.WAITING, why=full)
    proposal = build(draft, state, desk.limits, notes)
    desk.ledger.begun(desk.place, draft.key, desk.now)
    branch = proposal.branch
    try:
        sha = desk.proposing.commit(desk.project, branch, desk.base_sha, proposal)
    except NotOurs:
        if not is_open:
            desk.ledger.ended(desk.place, draft.key)
        raise
    body = proposal.body.replace(state.marker(), replace(state, head=sha).marker(), 1)
    proposal = replace(proposal, body=body)
    if pull is not None and is_open:
        desk.proposing.update_proposal(desk.project, pull, proposal)
        return _about(draft.key, replace(pull, title=proposal.title), Action.UPDATED)
    made = desk.proposing.open_proposal(desk.project, branch, desk.base, proposal)
    return _about(draft.key, made, Action.OPENED)


def _state(draft: Draft, said_no: Sequence[Change]) -> State:
    """What its pull request has to remember: its own changes, and refusals of others."""
    proposed = carried(draft.changes, said_no)
    subjects = {change.subject for change in proposed}
    refused = tuple(change for change in said_no if change.subject not in subjects)
    return State(key=draft.key, blob=draft.blob, proposed=proposed, refused=refused)


def _no_room(desk: Desk, key: str) -> str:
    """Why no further one may be opened now, "" where it may. One that was begun has its room."""
    standing = desk.ledger.standing(desk.place)
    if key in standing:
        return ""
    if len(standing) >= desk.limits.open_per_project:
        return f"{len(standing)} are open in this project already"
    today = desk.ledger.count_since(desk.place, desk.now - _DAY)
    if today >= desk.limits.workloads_a_day:
        return f"{today} were opened within a day"
    return ""


def _over(desk: Desk, draft: Draft, pull: ProposedPull | None, action: Action, why: str) -> Result:
    """A draft that nothing is written for: what was open for it is over."""
    desk.ledger.ended(desk.place, draft.key)
    return _result(draft, action, why=why) if pull is None else _about(draft.key, pull, action, why)


def _about(key: str, pull: ProposedPull, action: Action, why: str = "") -> Result:
    return Result(
        key=key, title=pull.title, action=action, number=pull.number, url=pull.url, why=why
    )


def _result(draft: Draft, action: Action, *, why: str) -> Result:
    return Result(key=draft.key, title=title(draft), action=action, why=why)
