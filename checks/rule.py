"""The two forms a check can have, and how a rule over one side becomes a verdict on a change."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from checks.model import Finding, Outcome, Resource, Snapshot, Subject

# A rule over one object of one side. The config is the check's own frozen dataclass.
Inspect: TypeAlias = Callable[[Resource, Any], Iterable[Finding]]
# A check that needs both sides at once.
Compare: TypeAlias = Callable[[Subject, Any], Outcome]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One thing a check can object to: the `rule` of its findings, and what to do about it.
    `setting` is what the check's config calls how hard it is."""

    id: str
    title: str
    remedy: str
    setting: str = "severity"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check. `id` is its file's name, `domain` the check run it reports under, `config` a
    frozen dataclass that `config/checks/<id>.yaml` fills and a repository's config overrides.
    `why` (Markdown) and `rules` are what its page in `docs/checks/` says."""

    id: str
    domain: str
    title: str
    config: type[Any]
    judge: Compare
    why: str = ""
    rules: tuple[Rule, ...] = ()


def by_resource(check: str, inspect: Inspect) -> Compare:
    """A check from a rule over single objects: it runs on both sides; what stood there before is
    marked preexisting, what the change removed is credited as fixed."""

    def judge(subject: Subject, config: Any) -> Outcome:
        sides = (_over(side, inspect, config) for side in (subject.base, subject.head))
        return compared(check, *sides)

    return judge


def compared(check: str, before: Iterable[Finding], after: Iterable[Finding]) -> Outcome:
    """What a check found after the change, held against what it found before."""
    old = {f.fingerprint: f for f in before}
    # What is judged more strictly now (promoted to production) is not what stood there before.
    new = [
        replace(f, preexisting=f.fingerprint in old and old[f.fingerprint].severity >= f.severity)
        for f in after
    ]
    left = {f.fingerprint for f in new}
    fixed = tuple(f for key, f in old.items() if key not in left)
    return Outcome(check=check, findings=tuple(new), fixed=fixed)


def _over(snapshot: Snapshot, inspect: Inspect, config: Any) -> Iterable[Finding]:
    for key in sorted(snapshot.resources):
        resource = snapshot.resources[key]
        if resource.changed:
            yield from inspect(resource, config)
