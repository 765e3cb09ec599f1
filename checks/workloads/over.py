"""The form of a rule over workloads: which objects a change reaches, and what is new about them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, TypeAlias

from checks.model import Finding, Outcome, Resource, Subject
from checks.rule import Compare
from checks.workloads.objections import Objection
from checks.workloads.sides import Side, sides

# A rule over one object of one side. The config is the check's own frozen dataclass.
Inspect: TypeAlias = Callable[[Resource, Side, Any], Iterable[Objection]]
# What a rule looks at besides the object itself: if that changes, the object is judged anew.
Related: TypeAlias = Callable[[Resource, Side], Iterable[Resource]]


def over(check: str, inspect: Inspect, related: Related | None = None) -> Compare:
    """A check from a rule over single objects beside others. What is objected to on both sides was
    there before, unless the rule now objects to more places or more strictly."""

    def judge(subject: Subject, config: Any) -> Outcome:
        before, after = sides(subject)
        keys = reached(before, after, related)
        old, new = (
            {
                one.finding.fingerprint: one
                for key in keys
                if key in side.snapshot.resources
                for one in inspect(side.snapshot.resources[key], side, config)
            }
            for side in (before, after)
        )
        return Outcome(
            check=check,
            findings=tuple(_held(one, old.get(key)) for key, one in new.items()),
            fixed=tuple(one.finding for key, one in old.items() if key not in new),
        )

    return judge


def reached(before: Side, after: Side, related: Related | None = None) -> list[str]:
    """The ids of the objects that the change is about, in order."""
    found = {key for side in (before, after) for key in _changed(side, related)}
    return sorted(found)


def _changed(side: Side, related: Related | None) -> Iterator[str]:
    for key, resource in side.snapshot.resources.items():
        if resource.changed or (
            related is not None and any(one.changed for one in related(resource, side))
        ):
            yield key


def _held(now: Objection, was: Objection | None) -> Finding:
    stood = (
        was is not None and was.finding.severity >= now.finding.severity and now.about <= was.about
    )
    return replace(now.finding, preexisting=stood)
