"""Which evidence is about which workload, and which of it is about the model that is deployed."""

from __future__ import annotations

from dataclasses import dataclass

from checks.alignment.model import Normalise, digests, names, spelled, stem, versions
from checks.alignment.sides import Paper, Side
from checks.alignment.workload import Workload, folder, named_paths
from checks.model import GroupCounts, ModelBom, RenderFailure


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


def dossier(one: Workload, side: Side) -> Dossier:
    """The evidence of a workload: of the files that it names, else of its own folder."""
    resource, shelf = one.resource, side.shelf
    named = {path for path, _ in named_paths(resource, one.domain)}
    home = folder(resource.source.path)
    paths = sorted(named & shelf.papers.keys()) if named else shelf.paths.get(home, ())
    known, deployed = names(one), digests(one)
    theirs = frozenset() if named else _neighbours(known, home, side)
    papers = [(path, shelf.papers[path]) for path in paths]
    boms: list[ModelBom] = []
    others: list[str] = []
    for path, paper in papers:
        why = {bom: _another(bom, known, deployed) for bom in paper.boms}
        mine = [bom for bom in paper.boms if not why[bom]]
        boms += mine
        # A BOM may list the model's base models too; and the neighbours' are theirs.
        if not mine:
            others += (f"{path}: {why[bom]}" for bom in paper.boms if not _forms(bom) & theirs)
    manifest = shelf.papers.get(resource.source.path, Paper())
    return Dossier(
        boms=tuple(boms),
        others=tuple(others),
        counts=tuple(row for _, paper in papers for row in paper.counts),
        unreadable=(
            *(failure for _, paper in papers for failure in paper.unreadable),
            # What is wrong with an annotation is told on its line of the manifest.
            *manifest.unreadable,
        ),
        is_shared=not named and shelf.tenants.get(home, 0) > 1,
    )


def _neighbours(own: frozenset[str], home: str, side: Side) -> frozenset[str]:
    """The names of the models of the other AI workloads whose evidence is in the same folder."""
    there = side.shelf.named.get(home, {})
    return frozenset(name for name, count in there.items() if count > (name in own))


def _forms(bom: ModelBom) -> set[str]:
    return {spelled(bom.name), spelled(stem(bom.name))}


def evidence_changed(key: str, base: Side, head: Side) -> bool:
    """Whether what a workload's evidence says differs between the sides."""
    before, after = (
        dossier(side.workloads[key], side) if key in side.workloads else None
        for side in (base, head)
    )
    return before is not None and after is not None and before != after


def _another(bom: ModelBom, known: frozenset[str], deployed: frozenset[str]) -> str:
    """Why a BOM is of another model than the deployed one, by its names and digests; "" where it is
    of that. The version is not looked at: that it differs is a finding, not another model."""
    if not _forms(bom) & known:
        return f"it is of the model {bom.name}, not of {' or '.join(sorted(known))}"
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
