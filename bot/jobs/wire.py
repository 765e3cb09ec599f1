"""Work as it is stored: explicit JSON with a version, so that every release reads what an older
one has enqueued."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from bot.model import Command, Job, Rightsize, Sweep, Work

VERSION = 1

JOBS = "plumbline.jobs"
SWEEPS = "plumbline.sweeps"
ERRANDS = "plumbline.errands"
QUEUES = (JOBS, SWEEPS, ERRANDS)

_FORMS: dict[str, type[Work]] = {
    "job": Job,
    "sweep": Sweep,
    "command": Command,
    "rightsize": Rightsize,
}
_KINDS = {form: kind for kind, form in _FORMS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One accepted piece of work. `id` stays the same however often it is run; `accepted` is in
    seconds since the epoch."""

    id: str
    work: Work
    seq: int
    accepted: float

    @property
    def queue(self) -> str:
        """Only judging waits in the first: nothing else may hold up a pull request."""
        return queue(self.work)

    @property
    def partition(self) -> str:
        """What runs one at a time: a pull request, or the sweeps or errands of a project."""
        return partition(self.work)


def queue(work: Work) -> str:
    """The queue that work waits in."""
    if isinstance(work, Job):
        return JOBS
    return SWEEPS if isinstance(work, Sweep) else ERRANDS


def partition(work: Work) -> str:
    """The key of what runs one at a time in its queue."""
    of_project = f"{work.forge}:{work.project}"
    return f"{of_project}#{work.number}" if isinstance(work, Job | Command) else of_project


def write(item: Item) -> dict[str, Any]:
    """The item as JSON values."""
    return {
        "v": VERSION,
        "id": item.id,
        "kind": _KINDS[type(item.work)],
        "seq": item.seq,
        "accepted": item.accepted,
        # Flat, and asdict would copy every value for every delivery.
        "work": {f.name: getattr(item.work, f.name) for f in fields(item.work)},
    }


def read(stored: dict[str, Any]) -> Item:
    """The item of JSON values of this version or an older one. Fields this release does not know
    are passed over, for a newer one may have been rolled back.

    Raises ValueError for a later version, KeyError or TypeError for what is missing.
    """
    if stored["v"] > VERSION:
        raise ValueError(
            f"job {stored['id']} was stored by a newer release: format {stored['v']}, and this one "
            f"reads up to {VERSION}; the next catch-up finds its pull request"
        )
    form = _FORMS[stored["kind"]]
    known = {f.name for f in fields(form)}
    work = form(**{name: value for name, value in stored["work"].items() if name in known})
    return Item(id=stored["id"], work=work, seq=stored["seq"], accepted=stored["accepted"])
