"""Which evidence is about which workload, and which of it is about the model that is deployed."""

from __future__ import annotations

from dataclasses import dataclass

from checks.ai import Workload, stated
from checks.ai_model import Normalise, digests, names, spelled, stem, versions
from checks.ai_rule import Side
from checks.model import GroupCounts, Input, ModelBom, RenderFailure, Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """What stands in a workload's evidence files. `boms` are of its model, `others` say why the
    rest are not. `is_shared`: the files stand in a folder with several AI workloads, so that what
    names no model belongs to none of them."""

    boms: tuple[ModelBom, ...]
    others: tuple[str, ...]
    counts: tuple[GroupCounts, ...]
    unreadable: tuple[RenderFailure, ...]
    is_shared: bool


def named_paths(resource: Resource, domain: str) -> tuple[tuple[str, Input], ...]:
    """The paths that the annotation `ai.<domain>/evidence` of an object names, as it has them, each
    with where that is."""
    return tuple(
        (path.strip(), said)
        for said in stated(resource, f"ai.{domain}/evidence")
        for path in said.value.split(",")
        if path.strip()
    )


def folder(path: str) -> str:
    """The folder of a path, "" for the top one."""
    return path.rpartition("/")[0]


def dossier(one: Workload, side: Side) -> Dossier:
    """The evidence of a workload: of the files that it names, else of its own folder."""
    resource = one.resource
    named = {path for path, _ in named_paths(resource, one.domain)}
    home = folder(resource.source.path)
    neighbours = [] if named else _neighbours(one, side)

    def is_mine(path: str) -> bool:
        return path in named if named else folder(path) == home

    boms = [bom for bom in side.evidence.boms if is_mine(bom.location.path)]
    mine = tuple(bom for bom in boms if not another(bom, one))
    files = {bom.location.path for bom in mine}
    return Dossier(
        boms=mine,
        # A BOM may list the model's base models too; and the neighbours' are theirs.
        others=tuple(
            f"{bom.location.path}: {another(bom, one)}"
            for bom in boms
            if bom.location.path not in files
            and not any(not another(bom, other) for other in neighbours)
        ),
        counts=tuple(row for row in side.evidence.counts if is_mine(row.location.path)),
        unreadable=tuple(
            failure
            for failure in side.evidence.unreadable
            if is_mine(failure.location.path) or failure.location.path == resource.source.path
        ),
        is_shared=bool(neighbours),
    )


def _neighbours(one: Workload, side: Side) -> list[Workload]:
    """The other AI workloads whose evidence is that of the same folder."""
    home = folder(one.resource.source.path)
    return [
        other
        for key, other in side.workloads.items()
        if key != one.resource.id
        and folder(other.resource.source.path) == home
        and not named_paths(other.resource, other.domain)
    ]


def evidence_changed(key: str, base: Side, head: Side) -> bool:
    """Whether what a workload's evidence says differs between the sides."""
    before, after = (
        dossier(side.workloads[key], side) if key in side.workloads else None
        for side in (base, head)
    )
    return before is not None and after is not None and before != after


def another(bom: ModelBom, one: Workload) -> str:
    """Why a BOM is of another model than the deployed one; "" where it is of that. The version is
    not looked at: that it differs is a finding, not another model."""
    known = names(one)
    if not {spelled(bom.name), spelled(stem(bom.name))} & known:
        return f"it is of the model {bom.name}, not of {' or '.join(sorted(known))}"
    deployed = digests(one)
    given = {digest.casefold() for digest in bom.digests}
    if deployed and given and not deployed & given:
        return f"it is of {sorted(given)[0]}, and {sorted(deployed)[0]} is deployed"
    return ""


def another_version(model: str, one: Workload, normalise: Normalise) -> str:
    """Why `model` ("name", "name:version", "name@version" or a digest), as a row of counts has it,
    is not the deployed one; "" where it is."""
    if model.startswith("sha256:"):
        deployed = digests(one)
        if not deployed:
            return f"they are of {model}, and the workload does not say its model's digest"
        if model.casefold() not in deployed:
            return f"they are of {model}, and {sorted(deployed)[0]} is deployed"
        return ""
    name, version = _parted(model)
    known = names(one)
    if not {spelled(name), spelled(stem(name))} & known:
        return f"they are of the model {name}, not of {' or '.join(sorted(known))}"
    return _not_deployed(version, one, normalise) if version else ""


def names_version(model: str) -> bool:
    """Whether `model` says which version, or which digest, and not only a name."""
    return model.startswith("sha256:") or bool(_parted(model)[1])


def _parted(model: str) -> tuple[str, str]:
    """The name of a model and its version, "" where it names none."""
    name, _, version = model.replace("@", ":").partition(":")
    return name, version or name[len(stem(name)) :].lstrip("-_@:")


def _not_deployed(version: str, one: Workload, normalise: Normalise) -> str:
    said = versions(one, normalise)
    if not said:
        return f"they are of version {version}, and the workload does not say its model's version"
    different = [claim for claim in said if not normalise.agree(claim.version, version)]
    if different:
        return (
            f"they are of version {version}, and {different[0].source} says {different[0].version}"
        )
    return ""
