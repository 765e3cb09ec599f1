"""Work as it is stored: explicit JSON with a version, so that every release reads what an older
one has enqueued."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from bot.model import Job, Sweep

VERSION = 1

JOBS = "plumbline.jobs"
SWEEPS = "plumbline.sweeps"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One accepted piece of work. `id` stays the same however often it is run; `accepted` is in
    seconds since the epoch."""

    id: str
    work: Job | Sweep
    seq: int
    accepted: float

    @property
    def queue(self) -> str:
        """Sweeps wait elsewhere: a long one must not hold up a pull request."""
        return JOBS if isinstance(self.work, Job) else SWEEPS

    @property
    def partition(self) -> str:
        """What runs one at a time: a pull request, or the sweeps of a project."""
        return partition(self.work)


def partition(work: Job | Sweep) -> str:
    """The key of what runs one at a time."""
    of_project = f"{work.forge}:{work.project}"
    return f"{of_project}#{work.number}" if isinstance(work, Job) else of_project


def write(item: Item) -> dict[str, Any]:
    """The item as JSON values."""
    kind = "job" if isinstance(item.work, Job) else "sweep"
    return {
        "v": VERSION,
        "id": item.id,
        "kind": kind,
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
    form: type[Job] | type[Sweep] = Job if stored["kind"] == "job" else Sweep
    known = {f.name for f in fields(form)}
    work = form(**{name: value for name, value in stored["work"].items() if name in known})
    return Item(id=stored["id"], work=work, seq=stored["seq"], accepted=stored["accepted"])
