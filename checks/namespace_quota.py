"""namespace_quota: namespaces that matter have a quota and defaults of what a container asks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, TypeAlias

from checks.labelling.names import among
from checks.model import Resource, Tier
from checks.rule import Check, Rule
from checks.severity import SeverityByTier, TierWord, severity_in
from checks.workloads.objections import Objection, Place, objection
from checks.workloads.over import over
from checks.workloads.sides import Side

_ID = "namespace_quota"
Limiting: TypeAlias = Literal["ResourceQuota", "LimitRange"]
_WHY = """\
Without a ResourceQuota a namespace can take the whole cluster: a loop in an autoscaler, or a job
that starts too many pods, leaves nothing to the others. Without a LimitRange a container that does
not say what it needs is scheduled as if it needed nothing, and with a quota it is refused. Only
namespaces that are declared in this repository are looked at, beside what is declared with them:
in the same folder, or by the same Kustomization or chart. A namespace is of the strictest tier that
it or anything in it is of."""
_MISSING = Rule(
    id="quota-missing",
    title="A namespace has no ResourceQuota, or no LimitRange",
    remedy="Declare a ResourceQuota with 'spec.hard' for requests.cpu, requests.memory and pods,"
    " and a LimitRange with 'default' and 'defaultRequest' for containers.",
)
_SAYS: Mapping[Limiting, str] = {"ResourceQuota": "hard", "LimitRange": "limits"}
_STRICTNESS = list(Tier)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What a namespace needs in which tier, how hard it is where it lacks it, and which namespaces
    need nothing; a name may end in "*"."""

    severity: SeverityByTier = "warn"
    require: Mapping[TierWord, tuple[Limiting, ...]] = field(
        default_factory=lambda: {"production": ("ResourceQuota", "LimitRange")}
    )
    exempt: tuple[str, ...] = ("default", "kube-*")

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}


def inspect(resource: Resource, side: Side, config: Config) -> Iterator[Objection]:
    """At most one objection to a namespace: to all that it lacks."""
    if not _is_namespace(resource) or among(resource.name, config.exempt):
        return
    inside = list(_inside(resource, side))
    tier = max((one.tier for one in (resource, *inside)), key=_STRICTNESS.index)
    required = dict.fromkeys(config.require.get(tier.value, ()))
    missing = [kind for kind in required if not any(_limits(one, kind) for one in inside)]
    if missing:
        yield objection(
            _ID,
            resource,
            _MISSING,
            severity_in(config.severity, tier),
            [Place(key=kind, label=kind, pointer=("metadata", "name")) for kind in missing],
            f"no {' and no '.join(missing)} is declared for the namespace {resource.name}",
            threshold=f"required in {tier.value}",
        )


def related(resource: Resource, side: Side) -> Iterable[Resource]:
    """What limits a namespace."""
    if not _is_namespace(resource):
        return ()
    return [one for one in _inside(resource, side) if one.kind in _SAYS]


def _inside(namespace: Resource, side: Side) -> Iterator[Resource]:
    for one in side.snapshot.resources.values():
        if one.namespace == namespace.name and one.place == namespace.place and one.name:
            yield one


def _is_namespace(resource: Resource) -> bool:
    own = resource.api_version == "v1" and resource.kind == "Namespace"
    # A patch that takes it away declares none.
    return own and "$patch" not in resource.body


def _limits(resource: Resource, kind: Limiting) -> bool:
    own = resource.api_version == "v1" and resource.kind == kind
    return own and bool(resource.get("spec", _SAYS[kind]))


CHECK = Check(
    id=_ID,
    domain="policy",
    title="Namespaces have a quota and limits",
    config=Config,
    judge=over(_ID, inspect, related),
    why=_WHY,
    rules=(_MISSING,),
)
