"""Which fairness counts can be used for a workload: those of the model that it deploys."""

from __future__ import annotations

from collections.abc import Iterator

from checks.alignment.evidence import Dossier, another_version, dossier, names_version
from checks.alignment.model import Normalise, digests, model_containers, storage_uris, versions
from checks.alignment.sides import Side
from checks.alignment.workload import Workload, named_paths
from checks.model import GroupCounts


def usable(
    one: Workload, side: Side, normalise: Normalise
) -> tuple[tuple[GroupCounts, ...], tuple[str, ...]]:
    """The rows of the deployed model, and why others are not used or there are none."""
    evidence = dossier(one, side)
    reasons = [f"{f.location.path}: {f.error}. {f.remedy}" for f in evidence.unreadable]
    rows: list[GroupCounts] = []
    stale = _counted_before(one, side, normalise)
    why = {
        model: _unusable(model, one, evidence, normalise)
        for model in dict.fromkeys(row.model for row in evidence.counts)
    }
    for row in evidence.counts:
        if not why[row.model] and row not in stale:
            rows.append(row)
            continue
        said = why[row.model] or "they were counted before this model came, and name no version"
        reasons.append(f"the counts in {row.location.path} are not used: {said}")
    if not evidence.counts:
        where = (
            "its annotation names" if named_paths(one.resource, one.domain) else "its folder has"
        )
        reasons.append(f"{where} no fairness counts that could be read")
    return tuple(rows), tuple(dict.fromkeys(reasons))


def _unusable(model: str, one: Workload, evidence: Dossier, normalise: Normalise) -> str:
    """Why rows that name this model ("" for none) are not of the deployed one."""
    if model:
        return another_version(model, one, normalise)
    if evidence.is_shared:
        return "they name no model, and several AI workloads share the folder"
    if evidence.others and not evidence.boms:
        return f"they name no model, and {evidence.others[0]}"
    said = [*versions(one, normalise)]
    for bom in evidence.boms:
        differs = any(not normalise.agree(bom.version, claim.version) for claim in said)
        if bom.version and differs:
            return f"they name no model, and {bom.location.path} is of version {bom.version}"
    return ""


def _counted_before(one: Workload, side: Side, normalise: Normalise) -> frozenset[GroupCounts]:
    """Rows without a version that were there before a change that brings another model."""
    before = side.before(one)
    if side.previous is None or before is None:
        return frozenset()
    if _model(one, normalise) == _model(before, normalise):
        return frozenset()
    old = dossier(before, side.previous).counts
    return frozenset(row for row in old if not names_version(row.model))


def _model(one: Workload, normalise: Normalise) -> tuple[object, ...]:
    """What would be different of another model."""
    return (
        tuple(_said(one, normalise)),
        tuple(uri.value for uri in storage_uris(one)),
        digests(one),
        tuple(str(c.body.get("image")) for c in model_containers(one)),
    )


def _said(one: Workload, normalise: Normalise) -> Iterator[tuple[str, str]]:
    for claim in versions(one, normalise):
        yield claim.source, normalise(claim.version)
