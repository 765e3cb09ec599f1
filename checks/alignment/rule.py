"""The form of a rule over AI workloads: which a change reaches, and what is new about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from checks.alignment.sides import Reach, Side, reached, sides
from checks.alignment.workload import Workload
from checks.model import Finding, Outcome, ResourceRef, Subject
from checks.rule import Compare, compared

# How many reasons are named one by one.
_NAMED = 5
NONE = "no AI workload in this change"


@dataclass(frozen=True, slots=True, kw_only=True)
class Untold:
    """Something about a workload that could not be told; never a pass."""

    reason: str


Said: TypeAlias = Finding | Untold
# A rule over one workload of one side. The config is the check's own frozen dataclass.
Inspect: TypeAlias = Callable[[Workload, Side, Any], Iterable[Said]]


def over_workloads(check: str, inspect: Inspect, reach: Reach | None = None) -> Compare:
    """A check from a rule over single AI workloads. A finding was there before only if what was
    seen is the same as well: one image that is not pinned for another one is a new finding."""

    def judge(subject: Subject, config: Any) -> Outcome:
        base, head = sides(subject)
        keys = reached(base, head, reach)
        if not keys:
            return Outcome(check=check, skipped=NONE)
        old, new = (
            {
                key: tuple(inspect(side.workloads[key], side, config))
                for key in keys & side.workloads.keys()
            }
            for side in (base, head)
        )
        return _outcome(check, old, new, head)

    return judge


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
