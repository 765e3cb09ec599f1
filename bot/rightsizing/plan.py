"""Gather and judge for a whole repository: what its workloads used and what they should request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.rightsizing.config import Rightsizing
from bot.rightsizing.declared import Declared
from bot.rightsizing.match import Match, declared_workloads, match
from bot.rightsizing.namespaces import namespaces
from bot.rightsizing.prometheus import Prometheus
from bot.rightsizing.proposal import Draft, key_of
from bot.rightsizing.usage import Measured, measure
from checks.model import (
    ContainerUsage,
    Direction,
    Facts,
    Recommendation,
    Refusal,
    ResourceRef,
)
from checks.rightsizing.context import Context
from checks.rightsizing.rightsizers import RIGHTSIZERS


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is wanted for a repository, the most important draft first; why nothing is for others.

    `settled` maps the keys of workloads that were looked at and need nothing to their file's blob.
    `known` are the keys of all workloads that are declared, None where some could not be told.
    """

    drafts: tuple[Draft, ...]
    refusals: tuple[Refusal, ...]
    settled: Mapping[str, str]
    known: frozenset[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """What a plan is made for, and by which rules. `model` is the algorithm's name and version."""

    forge: str
    name: str
    config: Rightsizing
    facts: Facts
    model: str

    def key(self, workload: ResourceRef) -> str:
        """The key of a workload's proposal."""
        return key_of(self.forge, self.name, workload)


def plan(declared: Declared, prometheus: Prometheus, project: Project) -> Plan:
    """What the workloads of a commit should request. Raises PrometheusError and `Later`."""
    now, config = project.facts.now, project.config
    matches, refusals = _matched(declared, prometheus, now, config)
    measured = measure(prometheus, list(matches), now, config)
    refusals = (*refusals, *measured.refusals)
    drafts, settled = [], {}
    context = Context.of(declared.snapshot(), project.facts)
    for workload, found in matches.items():
        wanted, refused = _judged(found, measured, project, context)
        own = tuple(r for r in measured.refusals if r.workload == workload)
        if wanted:
            drafts.append(_draft(declared, found, wanted, (*own, *refused), project))
        elif not (own or refused):
            settled[project.key(workload)] = found.place.blob
        refusals = (*refusals, *(replace(r, workload=workload) for r in refused))
    everything = {*matches, *(refusal.workload for refusal in refusals)}
    told = not declared.broken and all(workload.namespace for workload in everything)
    return Plan(
        drafts=tuple(sorted(drafts, key=_rank)),
        refusals=refusals,
        settled=settled,
        known=frozenset(map(project.key, everything)) if told else None,
    )


def _matched(
    declared: Declared, prometheus: Prometheus, now: datetime, config: Rightsizing
) -> tuple[dict[ResourceRef, Match], tuple[Refusal, ...]]:
    """Every declared workload with its place, and those without one that can be edited."""
    workloads = declared_workloads(declared)
    nameless = [workload for workload in workloads if not workload.namespace]
    seen = namespaces(prometheus, nameless, now, config) if nameless else {}
    matches: dict[ResourceRef, Match] = {}
    refusals: list[Refusal] = []
    for workload in workloads:
        where = seen.get(workload, ()) if not workload.namespace else (workload.namespace,)
        if len(where) != 1:
            named = f"in {', '.join(where)}" if where else "in no namespace"
            reason = f"its manifest does not say the namespace, and Prometheus has it {named}"
            refusals.append(Refusal(workload=workload, container="", resource="", reason=reason))
            continue
        found = match(declared, replace(workload, namespace=where[0]))
        if isinstance(found, Match):
            matches[found.workload] = found
        else:
            refusals.append(found)
    return matches, tuple(dict.fromkeys(refusals))


def _judged(
    found: Match, measured: Measured, project: Project, context: Context
) -> tuple[list[Recommendation], list[Refusal]]:
    wanted, refused = [], []
    for usage in _usages(found.workload, measured):
        for rightsizer in RIGHTSIZERS:
            answer = rightsizer.recommend(
                found.place.resource, usage, project.config.sizing, context
            )
            if isinstance(answer, Recommendation):
                wanted.append(answer)
            elif answer is not None:
                refused.append(answer)
    return wanted, refused


def _usages(workload: ResourceRef, measured: Measured) -> Iterator[ContainerUsage]:
    return (usage for key, usage in sorted(measured.usages.items(), key=str) if key[0] == workload)


def _draft(
    declared: Declared,
    found: Match,
    wanted: Sequence[Recommendation],
    refused: Sequence[Refusal],
    project: Project,
) -> Draft:
    return Draft(
        key=project.key(found.workload),
        match=found,
        raw=declared.raw(found.place.path),
        recommendations=tuple(wanted),
        refused=tuple(refused),
        model=project.model,
        label_domain=project.facts.label_domain,
    )


def _rank(draft: Draft) -> tuple[int, float, str]:
    """Increases first: what is short of something is at risk. Then by money."""
    short = any(r.direction is Direction.INCREASE for r in draft.recommendations)
    saved = float(draft.saving.expected) if draft.saving else 0.0
    return (0 if short else 1, -saved, draft.key)
