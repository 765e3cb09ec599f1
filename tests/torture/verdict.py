"""What must hold at the end, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from bot import checkruns
from bot.jobs import counts
from tests.forge.fake import FakeGitHub, Pull

Open = tuple[str, Pull]
_WAITING = ("ENQUEUED", "PENDING", "DELAYED")


@dataclass(kw_only=True)
class Verdict:
    """Counts, and everything that is out of order."""

    comments: int = 0
    runs: int = 0
    jobs: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


def waiting(database: str) -> int:
    """How many jobs are not at their end."""
    found = counts(database)
    return sum(found.get(status, 0) for status in _WAITING)


def settled(fake: FakeGitHub, pulls: Iterable[Open]) -> bool:
    """Whether every pull request has its verdict on its newest head."""
    return all(not _out_of_order(fake, project, pull) for project, pull in pulls)


def judge(fake: FakeGitHub, pulls: Iterable[Open], database: str) -> Verdict:
    """Look at every pull request, every check run ever made, and the queue."""
    found = Verdict(jobs=dict(sorted(counts(database).items())))
    for project, pull in pulls:
        found.wrong += _out_of_order(fake, project, pull)
        found.comments += len(fake.comments(project, pull.number))
        found.runs += len(fake.check_runs(project, pull.head_sha))
    for run in fake.hub.state.runs.values():
        if run.status != "completed":
            found.wrong.append(f"{run.name} on {run.head_sha[:12]} is {run.status}")
    left = waiting(database)
    if left:
        found.wrong.append(f"{left} jobs are not at their end")
    found.wrong += fake.violations
    return found


def _out_of_order(fake: FakeGitHub, project: str, pull: Pull) -> list[str]:
    said: list[str] = []
    where = f"{project}#{pull.number}"
    comments = fake.comments(project, pull.number)
    if len(comments) != 1:
        said.append(f"{where} has {len(comments)} comments")
    elif f"head={pull.head_sha} " not in comments[0].body:
        said.append(f"{where}: its comment is not about its newest head")
    runs = fake.check_runs(project, pull.head_sha)
    names = Counter(run.name for run in runs)
    if set(names) != set(checkruns.names()):
        said.append(f"{where} has the check runs {sorted(names)}")
    said += [f"{where}: {name} is there {n} times" for name, n in names.items() if n > 1]
    said += [f"{where}: {run.name} is {run.status}" for run in runs if run.status != "completed"]
    return said
