"""What our own pull requests remember: what each proposed, and what people said no to.

The memory stands in the body of the newest pull request of a workload, in its hidden marker, so it
lasts as long as the forge does. People can edit it; that costs them no more than the memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from urllib.parse import quote, unquote

from bot.model import ProposedPull
from checks.model import Recommendation

_MARKER = re.compile(
    r"<!-- plumbline:proposal key=(?P<key>[0-9a-f]{16}) state=(?P<state>[!-=?-~]*)"
    r"(?: head=(?P<head>[0-9a-f]*))? -->"
)
_ENTRY = re.compile(
    r"(?P<what>[^=;]+)\.(?P<resource>cpu|memory)=(?P<before>[0-9.]+)/(?P<after>[0-9.]+)"
    r"/(?P<times>[0-9]{1,3})(?:/(?P<since>[0-9]{10}))?"
)
_HEAD = 12
# A refusal this old is forgotten altogether.
_FORGET = timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many pull requests there may be, and for how long a no holds. Shares are from 0 to 1.

    `refused_days` is how long a change is not proposed after the first, second, … no, unless its
    value moves by `reopen_share`. An open one is rewritten where a value moves by `update_share`.
    """

    open_per_project: int = 5
    workloads_a_day: int = 10
    refused_days: tuple[int, ...] = (30, 60, 120)
    reopen_share: Decimal = Decimal("0.25")
    update_share: Decimal = Decimal("0.10")
    cooldown_days: int = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One resource of one container from an amount to another, in cores or bytes. `times` counts
    how often people said no to it; `since` is when they did last, None while it is proposed."""

    container: str
    resource: str
    before: Decimal
    after: Decimal
    times: int = 0
    since: datetime | None = None

    @classmethod
    def of(cls, wanted: Recommendation) -> Change:
        """The change that a recommendation asks for."""
        return cls(
            container=wanted.container,
            resource=wanted.resource,
            before=wanted.current_amount,
            after=wanted.proposed_amount,
        )

    @property
    def subject(self) -> tuple[str, str, bool]:
        """(container, resource, whether it is a decrease): what a no is about."""
        return (self.container, self.resource, self.after < self.before)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What a pull request's marker says: what it proposes on which blob of its file, at which
    commit, and which refusals are remembered besides. `withdrawn`: we closed it ourselves."""

    key: str
    blob: str = ""
    head: str = ""
    withdrawn: bool = False
    proposed: tuple[Change, ...] = ()
    refused: tuple[Change, ...] = ()

    def marker(self) -> str:
        """The hidden first line of a body."""
        parts = [f"b={self.blob[:_HEAD]}", *(["withdrawn"] if self.withdrawn else [])]
        parts += [_written(change) for change in (*self.proposed, *self.refused)]
        head = f" head={self.head[:_HEAD]}" if self.head else ""
        return f"<!-- plumbline:proposal key={self.key} state={';'.join(parts)}{head} -->"

    def is_at(self, head_sha: str) -> bool:
        """Whether the pull request is still at the commit we gave it."""
        return bool(self.head) and head_sha.startswith(self.head)

    def is_about(self, blob: str) -> bool:
        """Whether the file is still the one it was made for."""
        return self.blob == blob[:_HEAD]

    def holds(self, blob: str, wanted: Sequence[Change], tolerance: Decimal) -> bool:
        """Whether it proposes as good as what is wanted, on the same text."""
        mine = {change.subject: change for change in self.proposed}
        return (
            self.is_about(blob)
            and mine.keys() == {change.subject for change in wanted}
            and all(_moved(mine[change.subject], change) < tolerance for change in wanted)
        )


def read_state(body: str) -> State | None:
    """What the marker in a body says, None where there is none that can be read."""
    found = _MARKER.search(body)
    if found is None:
        return None
    parts = found["state"].split(";")
    changes = [change for part in parts if (change := _read(part)) is not None]
    blob = next((part[2:] for part in parts if part.startswith("b=")), "")
    return State(
        key=found["key"],
        blob=blob,
        head=found["head"] or "",
        withdrawn="withdrawn" in parts,
        proposed=tuple(change for change in changes if change.since is None),
        refused=tuple(change for change in changes if change.since is not None),
    )


def refusals(pull: ProposedPull | None, now: datetime) -> tuple[Change, ...]:
    """What people said no to, by the newest pull request of a workload."""
    state = read_state(pull.body) if pull else None
    if pull is None or state is None:
        return ()
    found = {change.subject: change for change in state.refused}
    if not (pull.is_open or pull.is_merged or state.withdrawn):
        for change in state.proposed:
            at = pull.closed_at or now
            found[change.subject] = replace(change, times=change.times + 1, since=at)
    return tuple(c for c in found.values() if c.since and now - c.since < _FORGET)


def carried(wanted: Iterable[Change], said_no: Sequence[Change]) -> tuple[Change, ...]:
    """The wanted changes, each with how often it was refused before."""
    times = {change.subject: change.times for change in said_no}
    return tuple(replace(change, times=times.get(change.subject, 0)) for change in wanted)


def blocked_until(change: Change, said_no: Sequence[Change], limits: Limits) -> datetime | None:
    """Until when a change is not proposed again; None where it may be: nobody said no to it, or
    its value has moved since."""
    for refused in said_no:
        if refused.subject == change.subject and refused.since is not None:
            if _moved(refused, change) >= limits.reopen_share:
                return None
            days = limits.refused_days[min(refused.times, len(limits.refused_days)) - 1]
            return refused.since + timedelta(days=days)
    return None


def _moved(before: Change, after: Change) -> Decimal:
    """How far the proposed value moved, as a share of what it was."""
    return abs(after.after - before.after) / before.after if before.after else Decimal(1)


def _written(change: Change) -> str:
    since = f"/{int(change.since.timestamp()):010d}" if change.since else ""
    amounts = f"{change.before.normalize():f}/{change.after.normalize():f}"
    return f"{quote(change.container, safe='')}.{change.resource}={amounts}/{change.times}{since}"


def _read(text: str) -> Change | None:
    found = _ENTRY.fullmatch(text)
    if found is None:
        return None
    try:
        before, after = Decimal(found["before"]), Decimal(found["after"])
    except InvalidOperation:
        return None
    since = datetime.fromtimestamp(int(found["since"]), UTC) if found["since"] else None
    return Change(
        container=unquote(found["what"]),
        resource=found["resource"],
        before=before,
        after=after,
        times=int(found["times"]),
        since=since,
    )
