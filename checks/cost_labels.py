"""cost_labels: every workload says who pays for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

from checks.alignment.workload import workload
from checks.labelling.places import places as label_places
from checks.labelling.places import strays
from checks.model import AttributionRules, Node, Patch, Pointer, Resource
from checks.pricing.near import nearest
from checks.rule import Check, Rule
from checks.severity import SeverityByTier, TierWord, severity_in
from checks.workloads.objections import Objection, Place, objection
from checks.workloads.over import over
from checks.workloads.pods import listed
from checks.workloads.sides import Side

_ID = "cost_labels"
_WHY = """\
A cost that is nobody's is cut by nobody. So every workload says to which cost center it belongs and
of which tier it is, and an AI workload which model it runs: as a label or annotation of the object,
of its pods, or of its namespace where the repository declares that. The names that the config's
`attribution` reads count as well (`cost-center`, `environment`, …), unless `other_names` is
switched off. A label that stands in a wrong place, or has a slip in its name, is `label_place`'s
business: it is not missing here as well."""
_MISSING = Rule(
    id="cost-label-missing",
    title="A workload does not say who pays for it",
    remedy="Add the labels that the finding names to 'metadata.labels'.",
)
# Which dimension of costs a label is about; the others have no second name.
_DIMENSIONS = {
    "cost-center": "cost_center",
    "team": "team",
    "ai-model-id": "model",
    "tier": "environment",
    "environment": "environment",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Which labels below finops.<domain>/ a workload has in which tier, which an AI workload has
    besides, whether other names count, and how hard it is where one is missing."""

    severity: SeverityByTier = "warn"
    required: Mapping[TierWord, tuple[str, ...]] = field(default_factory=dict)
    required_of_models: Mapping[TierWord, tuple[str, ...]] = field(default_factory=dict)
    other_names: bool = True

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}


def inspect(resource: Resource, side: Side, config: Config) -> Iterator[Objection]:
    """One finding for all labels that a workload lacks."""
    one = workload(resource, side.domain)
    if one is None:
        return
    wanted = [*config.required.get(resource.tier.value, ())]
    if one.signs:
        of_models = config.required_of_models.get(resource.tier.value, ())
        wanted += [name for name in of_models if name not in wanted]
    if not wanted:
        return
    said = _said(resource, side)
    missing = [name for name in wanted if not said & set(_names(name, side, config))]
    if not missing:
        return
    keys = [f"finops.{side.domain}/{name}" for name in missing]
    yield objection(
        _ID,
        resource,
        _MISSING,
        severity_in(config.severity, resource.tier),
        [
            Place(
                key=name,
                label=key,
                pointer=("metadata", "labels", key),
                patches=_known(resource, side, name, key),
            )
            for name, key in zip(missing, keys, strict=True)
        ],
        f"it has no {listed(keys, 'or')}",
        threshold=f"{', '.join(wanted)} in {resource.tier.value}",
        remedy=f"Add {listed(keys)} to 'metadata.labels'.",
    )


def _said(resource: Resource, side: Side) -> set[str]:
    """The names that say something of the object, in place or out of it."""
    them = [
        one for one in side.objects.kind("Namespace", "") if one.name == resource.namespace != ""
    ]
    namespace = nearest(resource, them)
    found: set[str] = set()
    for one in (resource, *([namespace] if namespace else [])):
        found |= {
            key for _, values in label_places(one) for key, value in values.items() if _text(value)
        }
        found |= {stray.key for stray in strays(one, side.domain) if _text(stray.value)}
    return found


def _text(value: Node) -> bool:
    """Whether a value says anything; numbers and booleans are meant as texts."""
    return bool(value.strip()) if isinstance(value, str) else isinstance(value, int)


def _names(name: str, side: Side, config: Config) -> tuple[str, ...]:
    """The labels that say what `name` does."""
    own = f"finops.{side.domain}/{name}"
    dimension = _DIMENSIONS.get(name)
    if not config.other_names or dimension not in {one.name for one in fields(AttributionRules)}:
        return (own,)
    others: tuple[str, ...] = getattr(side.attribution, dimension)
    return (own, *(other.replace("{domain}", side.domain) for other in others))


def _known(resource: Resource, side: Side, name: str, key: str) -> tuple[Patch, ...]:
    """The label as it was before the change, or as the tier says it."""
    right: Pointer = ("metadata", "labels", key)
    before = side.before(resource)
    was = before.get(*right) if before else None
    if isinstance(was, str) and was:
        return (Patch(pointer=right, value=was),)
    return (Patch(pointer=right, value=resource.tier.value),) if name == "tier" else ()


def _related(resource: Resource, side: Side) -> Iterator[Resource]:
    """A namespace speaks for what is in it."""
    if resource.namespace and workload(resource, side.domain) is not None:
        yield from (
            one for one in side.objects.kind("Namespace", "") if one.name == resource.namespace
        )


CHECK = Check(
    id=_ID,
    domain="policy",
    title="Workloads say who pays for them",
    config=Config,
    judge=over(_ID, inspect, _related),
    why=_WHY,
    rules=(_MISSING,),
)
