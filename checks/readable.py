"""readable: everything that the change declares could be read, so that it could be judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from checks.model import Finding, Input, Outcome, RenderFailure, Snapshot, Subject, Trace
from checks.rule import Check, compared
from checks.severity import SeverityWord, severity_of

_ID = "readable"
# How many places the reason names one by one.
_NAMED = 5
_WHY = """\
What could not be read was not judged by any other check. A file that is broken is a finding on its
line; a file that is fine but that plumbline has no way to read (a chart without the tool that
renders it) makes the outcome inconclusive. Neither is ever a pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """How hard a broken file is."""

    severity: SeverityWord = "fail"

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}


def judge(subject: Subject, config: Config) -> Outcome:
    """A finding for each broken place of the head; the rest of what was not read as the reason."""
    outcome = compared(_ID, _broken(subject.base, config), _broken(subject.head, config))
    unread = [failure for failure in subject.head.unreadable if not failure.broken]
    return replace(outcome, inconclusive=_inconclusive(unread))


def _broken(snapshot: Snapshot, config: Config) -> Iterator[Finding]:
    seen: Counter[tuple[str, str]] = Counter()
    for failure in _ordered(snapshot.unreadable):
        if failure.broken:
            key = (failure.location.path, failure.code)
            seen[key] += 1
            yield _finding(failure, seen[key], config)


def _ordered(failures: Sequence[RenderFailure]) -> list[RenderFailure]:
    return sorted(failures, key=lambda f: (f.location.path, f.location.line, f.code, f.error))


def _finding(failure: RenderFailure, count: int, config: Config) -> Finding:
    # The same file can be broken twice in the same way; lines are no part of an identity.
    nth = f" #{count}" if count > 1 else ""
    return Finding(
        check=_ID,
        rule=failure.code,
        severity=severity_of(config.severity),
        message=failure.error,
        location=failure.location,
        subject=f"{failure.location.path}{nth}",
        trace=Trace(
            inputs=(Input(location=failure.location, pointer="", value=failure.error),),
            predicate="every file that the change reaches can be read",
            observed=failure.code,
        ),
        remedy=failure.remedy,
    )


def _inconclusive(failures: Sequence[RenderFailure]) -> str:
    if not failures:
        return ""
    named = [
        f"{f.location.path}: {f.error} ({f.remedy})"
        if f.remedy
        else f"{f.location.path}: {f.error}"
        for f in _ordered(failures)[:_NAMED]
    ]
    rest = [f"and {len(failures) - _NAMED} more"] if len(failures) > _NAMED else []
    places = "1 place was" if len(failures) == 1 else f"{len(failures)} places were"
    return f"{places} not read: {'; '.join([*named, *rest])}"


CHECK = Check(
    id=_ID,
    domain="policy",
    title="Everything in the change can be read",
    config=Config,
    judge=judge,
    why=_WHY,
)
