"""A forge with fields, for our own pull requests; it can die before or after any write."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.forges import branches
from bot.forges.branches import NotOurs
from bot.model import Proposal, ProposedPull


class Died(BaseException):
    """The worker was killed here: nothing catches it."""


@dataclass
class Commit:
    """What a branch is at: its message and blobs as the forge shows them, and its base."""

    sha: str
    base: str
    message: str
    blobs: dict[str, str]
    text: bytes


@dataclass
class PlainProposing:
    """State in the open. `writes` counts what was sent; the write numbered `dies_at` (from 1) is
    the last thing a worker does, `applied` says whether it took effect."""

    heads: dict[str, Commit] = field(default_factory=dict)
    pulls: list[ProposedPull] = field(default_factory=list)
    branch_of: dict[int, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    writes: int = 0
    dies_at: int = 0
    applied: bool = True

    def default_branch(self, project: str) -> str:
        return "main"

    def proposed(self, project: str, branch: str) -> ProposedPull | None:
        mine = [pull for pull in self.pulls if self.branch_of[pull.number] == branch]
        if not mine:
            return None
        return self._now(mine[-1])

    def commit(self, project: str, branch: str, base_sha: str, proposal: Proposal) -> str:
        head = self.heads.get(branch)
        if head is not None:
            if not branches.is_ours(head.message, proposal.key, head.blobs):
                raise NotOurs(f"somebody else committed to the branch {branch} of {project}")
            if branches.is_same(head.message, proposal):
                return head.sha
        with self._write() as takes_effect:
            if takes_effect:
                made = Commit(
                    sha=f"{self.writes:x}".ljust(40, "0"),
                    base=base_sha,
                    message=branches.message(proposal),
                    blobs={edit.path: branches.blob_id(edit) for edit in proposal.edits},
                    text=proposal.edits[0].new_text,
                )
                self.heads[branch] = made
        return self.heads[branch].sha

    def open_proposal(
        self, project: str, branch: str, base: str, proposal: Proposal
    ) -> ProposedPull:
        found = self.proposed(project, branch)
        if found is not None and found.is_open:
            return found
        with self._write() as takes_effect:
            if takes_effect:
                number = len(self.pulls) + 1
                self.branch_of[number] = branch
                made = ProposedPull(
                    number=number,
                    url=f"https://forge.example/{project}/pull/{number}",
                    is_open=True,
                    is_merged=False,
                    head_sha=self.heads[branch].sha,
                    title=proposal.title,
                    body=proposal.body,
                )
                self.pulls.append(made)
        return self.pulls[-1]

    def update_proposal(self, project: str, existing: ProposedPull, proposal: Proposal) -> None:
        if (existing.title, existing.body) == (proposal.title, proposal.body):
            return
        with self._write() as takes_effect:
            if takes_effect:
                self._set(existing.number, title=proposal.title, body=proposal.body)

    def close_proposal(self, project: str, existing: ProposedPull, why: str) -> None:
        with self._write() as takes_effect:
            if takes_effect:
                self.said.append(why)
                self._set(existing.number, is_open=False)
                self.heads.pop(self.branch_of[existing.number], None)

    def close(self, number: int, at: datetime, *, merged: bool = False) -> None:
        """A person closes or merges it; merging takes the branch along."""
        self._set(number, is_open=False, is_merged=merged, closed_at=at)
        if merged:
            self.heads.pop(self.branch_of[number], None)

    def push(self, branch: str, text: bytes) -> None:
        """A person commits on top of the branch."""
        head = self.heads[branch]
        self.heads[branch] = replace(head, sha="f" * 40, message="Mine", text=text)

    def open(self) -> list[ProposedPull]:
        """The pull requests that are open."""
        return [self._now(pull) for pull in self.pulls if pull.is_open]

    def _now(self, pull: ProposedPull) -> ProposedPull:
        """An open one follows its branch."""
        head = self.heads.get(self.branch_of[pull.number])
        return replace(pull, head_sha=head.sha) if head and pull.is_open else pull

    def _set(self, number: int, **fields: object) -> None:
        self.pulls[number - 1] = replace(self.pulls[number - 1], **fields)  # type: ignore[arg-type]

    def _write(self) -> _Write:
        self.writes += 1
        dies = self.writes == self.dies_at
        return _Write(takes_effect=self.applied or not dies, dies=dies)


@dataclass
class _Write:
    takes_effect: bool
    dies: bool

    def __enter__(self) -> bool:
        return self.takes_effect

    def __exit__(self, *_: object) -> None:
        if self.dies:
            raise Died


@dataclass
class PlainLedger:
    """A ledger with fields."""

    at: dict[str, datetime] = field(default_factory=dict)
    alive: set[str] = field(default_factory=set)

    def begun(self, project: str, key: str, at: datetime) -> None:
        if key not in self.alive:
            self.at[key] = at
            self.alive.add(key)

    def ended(self, project: str, key: str) -> None:
        self.alive.discard(key)

    def standing(self, project: str) -> set[str]:
        return set(self.alive)

    def count_since(self, project: str, since: datetime) -> int:
        return sum(at > since for at in self.at.values())
