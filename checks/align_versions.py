"""align_versions: everything that says which version of a model runs says the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from checks.alignment.evidence import dossier, evidence_changed
from checks.alignment.model import Claim, Normalise, Source, claims, versions
from checks.alignment.rule import Said, Untold, over_workloads
from checks.alignment.sides import Side
from checks.alignment.workload import Workload
from checks.model import Finding, Input, ModelBom, Patch, ResourceRef, Trace
from checks.rule import Check, Rule
from checks.severity import SeverityByTier, severity_in

_ID = "align_versions"
_RULE = Rule(
    id="ALN02",
    title="The places that name a model's version disagree",
    remedy="Bring them to the version that is meant to run, its ML-BOM included.",
)
_WHY = """\
The version that was evaluated, the one that is documented and the one that runs must be one. This
check compares what names it: the tag of the model's own image, the variable `MODEL_VERSION`, the
storage URI, the end of `finops.<domain>/ai-model-id`, and the ML-BOM (CycloneDX) that is the
workload's own: `*.cdx.json` in its folder, or what its annotation `ai.<domain>/evidence` names.

What is only spelling is taken away first: see `normalise`. An image's tag counts only where the
model is in the image; with a storage URI the image is the server. A bare number at the end of a
name (`resnet-50`) is no version. A BOM of another model is not used. Where only one place names a
version there is nothing to compare it with, and the outcome is inconclusive, not a pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """How hard a finding is, what is compared, and what is only spelling."""

    severity: SeverityByTier = field(
        default_factory=lambda: {"experiment": "warn", "staging": "fail", "production": "fail"}
    )
    compare: tuple[Source, ...] = (
        "image-tag",
        "model-version",
        "storage-uri",
        "model-id",
        "ml-bom",
    )
    normalise: Normalise = field(default_factory=Normalise)

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}


def inspect(one: Workload, side: Side, config: Config) -> Iterator[Said]:
    """One finding where any two places cannot mean the same version; what is untold besides."""
    evidence = dossier(one, side)
    said = [*versions(one, config.normalise), *(_of_bom(bom) for bom in evidence.boms)]
    said = [claim for claim in said if claim.source in config.compare and claim.version]
    for claim in claims(one):
        if not claim.version and claim.source in config.compare:
            place = f"{claim.input.location.path}:{claim.input.location.line}"
            yield Untold(reason=f"the {claim.source} at {place} is filled in later")
    if "ml-bom" in config.compare:
        for failure in evidence.unreadable:
            yield Untold(reason=f"{failure.location.path}: {failure.error}. {failure.remedy}")
        for reason in evidence.others:
            yield Untold(reason=f"{reason}, so it was not compared")
    if config.normalise.differing(claim.version for claim in said):
        yield _finding(one, said, config)
    elif len({claim.source for claim in said}) < 2:
        what = f"only by its {said[0].source} ({said[0].version})" if said else "nowhere"
        yield Untold(reason=f"the model's version is named {what}: there is nothing to compare")


def _of_bom(bom: ModelBom) -> Claim:
    said = Input(location=bom.location, pointer="version", value=bom.version)
    return Claim(source="ml-bom", version=bom.version, input=said)


def _finding(one: Workload, said: Sequence[Claim], config: Config) -> Finding:
    resource = one.resource
    seen = ", ".join(dict.fromkeys(f"{claim.source} {claim.version}" for claim in said))
    # The manifest's places come first: they are what a reviewer of the change looks at.
    return Finding(
        check=_ID,
        rule=_RULE.id,
        severity=severity_in(config.severity, resource.tier),
        message=f"{ResourceRef.of(resource)} names different versions of its model: {seen}",
        location=said[0].input.location,
        subject=f"{resource.id} model-version",
        resource=ResourceRef.of(resource),
        trace=Trace(
            inputs=tuple(claim.input for claim in said),
            predicate="every place that names the model's version names the same one",
            observed=seen,
            threshold="one version",
        ),
        remedy=_RULE.remedy,
        patches=_patches(said, config.normalise),
    )


def _patches(said: Sequence[Claim], normalise: Normalise) -> tuple[Patch, ...]:
    """The one value of the manifest that stands against all others, set to what they say."""
    for claim in said:
        others = [other for other in said if other is not claim]
        if claim.pointer is None or normalise.differing(other.version for other in others):
            continue
        # Of versions that agree the longest is the most exact.
        meant = max((normalise(other.version) for other in others), key=len)
        old = normalise(claim.version)
        whole = claim.input.value
        before, found, after = whole.rpartition(claim.version)
        new = claim.version.casefold().replace(old, meant) if old else meant
        if found:
            return (Patch(pointer=claim.pointer, value=f"{before}{new}{after}"),)
    return ()


CHECK = Check(
    id=_ID,
    domain="alignment",
    title="A model's version is the same wherever it is named",
    config=Config,
    judge=over_workloads(_ID, inspect, evidence_changed),
    why=_WHY,
    rules=(_RULE,),
)
