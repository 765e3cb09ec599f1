"""Annotations that waive: `plumbline.io/skip: rule — reason`, on an object or its pod template.

One that stood at the merge base holds. One that a change brings is a waiver for itself: it is
shown, needs approval, and waives nothing before the merge.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from bot.waiver_file import is_never
from checks.kube import pod_template_pointer
from checks.model import Finding, Location, Pointer, Resource, ResourceRef, Snapshot, Subject

ANNOTATION = "plumbline.io/skip"
# A reason follows a dash with room around it, or a colon with room after it: rules have both.
_LINE = re.compile(
    r"(?P<rule>[A-Za-z0-9](?:[A-Za-z0-9_./:-]*[A-Za-z0-9_])?)"
    r"(?:\s*—\s*|\s+[–-]{1,2}\s+|\s*:\s+)(?P<reason>\S.*)"
)
_LONGEST = 300
_MOST_LINES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """One line of an annotation. `stood` is whether the merge base had it; `flaw` why it is no
    waiver."""

    rule: str
    reason: str
    owner: ResourceRef
    location: Location
    stood: bool
    flaw: str = ""

    def covers(self, finding: Finding) -> bool:
        """Whether it is about a finding of its object."""
        return not self.flaw and self.rule in (finding.rule, finding.check)


class Skips:
    """The annotations of a change's objects."""

    def __init__(self, subject: Subject | None) -> None:
        self._by_id: dict[str, tuple[Skip, ...]] = {}
        self._named: dict[ResourceRef, list[Resource]] = {}
        if subject is not None:
            self._read(subject.base, subject.head)

    def _read(self, base: Snapshot, head: Snapshot) -> None:
        for key, resource in head.resources.items():
            before = base.resources.get(key)
            stood = {line for line, _ in _lines(before)} if before is not None else set()
            found = tuple(_skip(text, at, resource, stood) for text, at in _lines(resource))
            if found:
                self._by_id[key] = found
        refs = {skip.owner for found in self._by_id.values() for skip in found}
        for resource in head.resources.values():
            if ResourceRef.of(resource) in refs:
                self._named.setdefault(ResourceRef.of(resource), []).append(resource)

    def __bool__(self) -> bool:
        return bool(self._by_id)

    def covering(self, finding: Finding) -> Skip | None:
        """The annotation that is about a finding; where the finding may be of several objects of
        that name, all of them have to have one, and a new one counts first."""
        if finding.resource is None or is_never(finding.check):
            return None
        found: list[Skip] = []
        for resource in self._meant(finding, self._named.get(finding.resource, [])):
            own = next((s for s in self._by_id.get(resource.id, ()) if s.covers(finding)), None)
            if own is None:
                return None
            found.append(own)
        return next((skip for skip in found if not skip.stood), found[0] if found else None)

    def _meant(self, finding: Finding, named: list[Resource]) -> list[Resource]:
        """The objects that a finding may be about: its subject begins with the id of its own."""
        begin = [one for one in named if _begins(finding.subject, one.id)]
        here = [one for one in named if one.source.path == finding.location.path]
        return begin or here or named

    def flawed(self) -> Iterator[Skip]:
        """What is written as an annotation and is none, where the change brings it."""
        for found in self._by_id.values():
            yield from (skip for skip in found if skip.flaw and not skip.stood)


def _begins(subject: str, key: str) -> bool:
    return bool(key) and (subject == key or subject.startswith((f"{key} ", f"{key}\0", f"{key}#")))


def _lines(resource: Resource) -> Iterator[tuple[str, Location]]:
    """The lines of the object's own annotation and of its pod template's, each with its place."""
    for pointer in _places(resource):
        value: Any = resource.get(*pointer)
        if isinstance(value, str):
            texts: Iterable[str] = (line.strip() for line in value.splitlines())
            for text in [text for text in texts if text][:_MOST_LINES]:
                yield text, resource.locate(*pointer)


def _places(resource: Resource) -> Iterator[Pointer]:
    template = pod_template_pointer(resource)
    for where in dict.fromkeys(((), template or ())):
        yield (*where, "metadata", "annotations", ANNOTATION)


def _skip(text: str, location: Location, resource: Resource, stood: set[str]) -> Skip:
    parsed = _LINE.fullmatch(text)
    rule = parsed["rule"] if parsed else text.split()[0].rstrip(":—–-")
    flaw = ""
    if parsed is None:
        flaw = "it has no reason: write `rule — reason`"
    elif is_never(rule):
        flaw = f"{rule} cannot be waived: what cannot be read was not judged"
    return Skip(
        rule=rule,
        reason=parsed["reason"][:_LONGEST] if parsed else "",
        owner=ResourceRef.of(resource),
        location=location,
        stood=text in stood or (not flaw and rule in {_rule(line) for line in stood}),
        flaw=flaw,
    )


def _rule(text: str) -> str:
    """The rule that a line waives, "" where it waives none."""
    parsed = _LINE.fullmatch(text)
    return parsed["rule"] if parsed else ""
