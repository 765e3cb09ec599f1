"""The form of a rule over AI workloads: which a change reaches, and what is new about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from checks.ai import Workload, workload
from checks.model import Evidence, Facts, Finding, Outcome, ResourceRef, Snapshot, Subject
from checks.pricing.scale import Scalers
from checks.rule import Compare, compared

# How many reasons are named one by one.
_NAMED = 5
NONE = "no AI workload in this change"


@dataclass(frozen=True, slots=True, kw_only=True)
class Untold:
    """Something about a workload that could not be told; never a pass."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side of a change: its AI workloads by id, also those read for context, and what is known
    of them. `previous` is the side before the change, None for that side itself."""

    snapshot: Snapshot
    evidence: Evidence
    facts: Facts
    workloads: Mapping[str, Workload] = field(default_factory=dict)
    scalers: Scalers
    previous: Side | None = None

    def before(self, one: Workload) -> Workload | None:
        """The same workload before the change."""
        return self.previous.workloads.get(one.resource.id) if self.previous else None


Said: TypeAlias = Finding | Untold
# A rule over one workload of one side. The config is the check's own frozen dataclass.
Inspect: TypeAlias = Callable[[Workload, Side, Any], Iterable[Said]]
# Whether a change reaches a workload whose own file it does not touch.
Reach: TypeAlias = Callable[[str, Side, Side], bool]


def over_workloads(check: str, inspect: Inspect, reach: Reach | None = None) -> Compare:
    """A check from a rule over single AI workloads. A finding was there before only if what was
    seen is the same as well: one image that is not pinned for another one is a new finding."""

    def judge(subject: Subject, config: Any) -> Outcome:
        base, head = sides(subject)
        keys = reached(base, head, reach)
        if not keys:
            return Outcome(check=check, skipped=NONE)
        old, new = (
            {key: tuple(inspect(side.workloads[key], side, config)) for key in keys & _ids(side)}
            for side in (base, head)
        )
        return _outcome(check, old, new, head)

    return judge


def sides(subject: Subject) -> tuple[Side, Side]:
    """Both sides of a change. What shows a sign on either one is an AI workload on both."""
    facts = subject.facts
    found = [
        {
            key: one
            for key, resource in sorted(side.resources.items())
            if (one := workload(resource, facts.label_domain))
        }
        for side in (subject.base, subject.head)
    ]
    signed = {key for side in found for key, one in side.items() if one.signs}
    before, after = ({k: one for k, one in side.items() if k in signed} for side in found)
    base = Side(
        snapshot=subject.base,
        evidence=facts.evidence_before,
        facts=facts,
        workloads=before,
        scalers=Scalers.of(subject.base),
    )
    head = Side(
        snapshot=subject.head,
        evidence=facts.evidence,
        facts=facts,
        workloads=after,
        scalers=Scalers.of(subject.head),
        previous=base,
    )
    return base, head


def reached(base: Side, head: Side, reach: Reach | None = None) -> set[str]:
    """The ids of the AI workloads that the change is about."""
    return {
        key
        for key in _ids(base) | _ids(head)
        if any(
            key in side.workloads and side.workloads[key].resource.changed for side in (base, head)
        )
        or (reach is not None and reach(key, base, head))
    }


def _ids(side: Side) -> set[str]:
    return set(side.workloads)


def _outcome(
    check: str,
    old: Mapping[str, tuple[Said, ...]],
    new: Mapping[str, tuple[Said, ...]],
    head: Side,
) -> Outcome:
    before, after = ([*_findings(side)] for side in (old, new))
    seen = {one.fingerprint: one.trace.observed for one in before}
    outcome = compared(check, before, after)
    findings = tuple(
        replace(
            now,
            preexisting=now.preexisting
            and (said.preexisting or seen[now.fingerprint] == now.trace.observed),
        )
        for said, now in zip(after, outcome.findings, strict=True)
    )
    # What can no longer be told was not mended.
    open_questions = {
        f.fingerprint
        for key, said in old.items()
        if any(isinstance(one, Untold) for one in new.get(key, ()))
        for f in said
        if isinstance(f, Finding)
    }
    return replace(
        outcome,
        findings=findings,
        fixed=tuple(f for f in outcome.fixed if f.fingerprint not in open_questions),
        inconclusive=summed_up(
            f"{ResourceRef.of(head.workloads[key].resource)}: {one.reason}"
            for key in sorted(new)
            for one in new[key]
            if isinstance(one, Untold)
        ),
    )


def _findings(said: Mapping[str, tuple[Said, ...]]) -> Iterable[Finding]:
    return (one for key in sorted(said) for one in said[key] if isinstance(one, Finding))


def summed_up(reasons: Iterable[str]) -> str:
    """The reasons of an inconclusive outcome, the first ones in full."""
    every = list(dict.fromkeys(reasons))
    rest = [f"and {len(every) - _NAMED} more"] if len(every) > _NAMED else []
    return "; ".join([*every[:_NAMED], *rest])
