"""public_service: no Service is open to the Internet by accident."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from checks.labelling.names import among
from checks.model import Resource
from checks.rule import Check, Rule
from checks.severity import SeverityByTier, severity_in
from checks.workloads.objections import Objection, Place, objection
from checks.workloads.over import over
from checks.workloads.sides import Side

_ID = "public_service"
_WHY = """\
A Service of the type LoadBalancer gets a public address at most cloud providers unless an
annotation asks for an internal one, and everybody on the Internet can connect to it unless
`loadBalancerSourceRanges` says who may. That is right for an ingress, and rarely for anything
else. Services that a load balancer of one's own answers for (MetalLB, Cilium, kube-vip, Tailscale)
are left out, and so are those with an address of a private network."""
_PUBLIC = Rule(
    id="public-load-balancer",
    title="A Service gets a public address that everybody can connect to",
    remedy="Use an Ingress and the type ClusterIP, add the provider's annotation for an internal"
    " load balancer, or name those who may connect in 'spec.loadBalancerSourceRanges'.",
)
_RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges"
_PRIVATE = ("10.", "192.168.", "100.64.", *(f"172.{second}." for second in range(16, 32)), "fd")
_WORLD = frozenset({"0.0.0.0/0", "::/0"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """How hard it is; the annotations that make a load balancer internal, with the values that do
    ("*" for any, which may end a value, too); and the classes and annotations of one's own."""

    severity: SeverityByTier = field(
        default_factory=lambda: {"experiment": "info", "staging": "info", "production": "warn"}
    )
    internal: tuple[str, ...] = ()
    own: tuple[str, ...] = ()

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}


def inspect(resource: Resource, side: Side, config: Config) -> Iterator[Objection]:  # noqa: ARG001
    """At most one objection to a Service."""
    is_service = (resource.api_version, resource.kind) == ("v1", "Service")
    if not is_service or resource.get("spec", "type") != "LoadBalancer":
        return
    if _internal(resource, config) or _private(resource) or _restricted(resource):
        return
    yield objection(
        _ID,
        resource,
        _PUBLIC,
        severity_in(config.severity, resource.tier),
        [Place(key="type", label="type", pointer=("spec", "type"), value="LoadBalancer")],
        f"Service {resource.name} gets a public address that everybody can connect to",
        threshold="internal, or open to named addresses",
    )


def _internal(resource: Resource, config: Config) -> bool:
    said = [f"{key}={value}" for key, value in resource.annotations().items()]
    given = resource.get("spec", "loadBalancerClass")
    names = [*resource.annotations(), *([given] if isinstance(given, str) else [])]
    return any(among(one.casefold(), config.internal) for one in said) or any(
        among(name, config.own) for name in names
    )


def _private(resource: Resource) -> bool:
    address = resource.get("spec", "loadBalancerIP")
    return isinstance(address, str) and address.startswith(_PRIVATE)


def _restricted(resource: Resource) -> bool:
    given = resource.get("spec", "loadBalancerSourceRanges")
    ranges = [str(one).strip() for one in (given if isinstance(given, list) else [])]
    ranges += [one.strip() for one in resource.annotations().get(_RANGES, "").split(",") if one]
    return bool(ranges) and not _WORLD & {*ranges}


CHECK = Check(
    id=_ID,
    domain="policy",
    title="Services are not open to the Internet by accident",
    config=Config,
    judge=over(_ID, inspect),
    why=_WHY,
    rules=(_PUBLIC,),
)
