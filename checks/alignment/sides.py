"""Both sides of a change as the alignment checks see them: AI workloads and their evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from checks.alignment.model import names
from checks.alignment.workload import Workload, folder, named_paths, workload
from checks.model import Evidence, Facts, GroupCounts, ModelBom, RenderFailure, Snapshot, Subject
from checks.pricing.scale import Scalers


@dataclass(slots=True)
class Paper:
    """What one evidence file holds."""

    boms: list[ModelBom] = field(default_factory=list)
    counts: list[GroupCounts] = field(default_factory=list)
    unreadable: list[RenderFailure] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """One side's evidence, where it stands: `papers` by path, `paths` by folder. `tenants` counts
    the AI workloads of a folder that have their evidence there, `named` those of them by the names
    of their models."""

    papers: Mapping[str, Paper]
    paths: Mapping[str, tuple[str, ...]]
    tenants: Mapping[str, int]
    named: Mapping[str, Mapping[str, int]]

    @classmethod
    def of(cls, evidence: Evidence, workloads: Iterable[Workload]) -> Shelf:
        """The evidence in order, so that finding a workload's own takes no search."""
        papers: dict[str, Paper] = {}
        for bom in evidence.boms:
            papers.setdefault(bom.location.path, Paper()).boms.append(bom)
        for row in evidence.counts:
            papers.setdefault(row.location.path, Paper()).counts.append(row)
        for failure in evidence.unreadable:
            papers.setdefault(failure.location.path, Paper()).unreadable.append(failure)
        paths: dict[str, tuple[str, ...]] = {}
        for path in sorted(papers):
            paths[folder(path)] = (*paths.get(folder(path), ()), path)
        tenants: Counter[str] = Counter()
        named: dict[str, Counter[str]] = {}
        for one in workloads:
            if not named_paths(one.resource, one.domain):
                home = folder(one.resource.source.path)
                tenants[home] += 1
                named.setdefault(home, Counter()).update(names(one))
        return cls(papers=papers, paths=paths, tenants=tenants, named=named)


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side of a change: its AI workloads by id, also those read for context, and what is known
    of them. `previous` is the side before the change, None for that side itself."""

    snapshot: Snapshot
    facts: Facts
    workloads: Mapping[str, Workload]
    scalers: Scalers
    shelf: Shelf
    previous: Side | None = None

    @classmethod
    def of(
        cls,
        snapshot: Snapshot,
        facts: Facts,
        evidence: Evidence,
        workloads: Mapping[str, Workload],
        previous: Side | None = None,
    ) -> Side:
        """A side whose autoscalers and evidence are put in order."""
        return cls(
            snapshot=snapshot,
            facts=facts,
            workloads=workloads,
            scalers=Scalers.of(snapshot),
            shelf=Shelf.of(evidence, workloads.values()),
            previous=previous,
        )

    def before(self, one: Workload) -> Workload | None:
        """The same workload before the change."""
        return self.previous.workloads.get(one.resource.id) if self.previous else None


# Whether a change reaches a workload whose own file it does not touch.
Reach: TypeAlias = Callable[[str, Side, Side], bool]


def sides(subject: Subject) -> tuple[Side, Side]:
    """Both sides of a change. What shows a sign on either one is an AI workload on both."""
    if "ai sides" not in subject.memo:
        subject.memo["ai sides"] = _sides(subject)
    found: tuple[Side, Side] = subject.memo["ai sides"]
    return found


def _sides(subject: Subject) -> tuple[Side, Side]:
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
    base = Side.of(subject.base, facts, facts.evidence_before, before)
    return base, Side.of(subject.head, facts, facts.evidence, after, base)


def reached(base: Side, head: Side, reach: Reach | None = None) -> set[str]:
    """The ids of the AI workloads that the change is about."""
    return {
        key
        for key in base.workloads.keys() | head.workloads.keys()
        if any(
            key in side.workloads and side.workloads[key].resource.changed for side in (base, head)
        )
        or (reach is not None and reach(key, base, head))
    }
