"""network_policy: not everything in the cluster can talk to what runs in production."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from checks.kube import pod_pointer
from checks.labelling.names import among
from checks.model import Resource
from checks.network.policies import KINDS, is_wide, reaches
from checks.rule import Check, Rule
from checks.severity import SeverityByTier, TierWord, severity_in
from checks.workloads.objections import Objection, Place, objection
from checks.workloads.over import over
from checks.workloads.pods import Pods, pods_of
from checks.workloads.sides import Side

_ID = "network_policy"
_WHY = """\
Without a NetworkPolicy every pod of the cluster, of every team, can connect to every port of this
one. The first policy that selects a pod shuts it off from all that no policy lets in, so a policy
for all pods of the namespace that lets nothing in is a good start. Policies of Cilium and Calico
count, too. What is declared in this repository is looked at: policies for the same namespace and of
the same tier, wherever they stand among what the change reaches. Pods on their node's network are
left out, because no policy holds for them."""
_MISSING = Rule(
    id="network-policy-missing",
    title="No network policy selects the pods of a workload",
    remedy="Declare a NetworkPolicy whose 'podSelector' selects them, and let in what needs to"
    " connect.",
)
_NO_DEFAULT = Rule(
    id="default-deny-missing",
    title="A namespace has policies for some pods, but none for the rest",
    remedy="Declare a NetworkPolicy with 'podSelector: {}' and 'policyTypes: [Ingress]' and without"
    " 'ingress' rules.",
    setting="default_deny",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """In which tiers policies are needed, how hard it is where a workload has none (`severity`) and
    where a namespace has none that is for all pods (`default_deny`), and which namespaces need none
    (may end in "*")."""

    tiers: tuple[TierWord, ...] = ("production",)
    severity: SeverityByTier = "warn"
    default_deny: SeverityByTier = "warn"
    exempt: tuple[str, ...] = ("kube-*",)

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}


def inspect(resource: Resource, side: Side, config: Config) -> Iterator[Objection]:
    """An objection to a workload that nothing shuts off, and to the first of the policies of a
    namespace without one for everybody."""
    if resource.tier.value not in config.tiers or among(resource.namespace, config.exempt):
        return
    if pod_pointer(resource) is not None:
        yield from _workload(resource, side, config)
    elif resource.kind in KINDS and not is_wide(resource) and any(reaches(resource)):
        yield from _namespace(resource, side, config)


def _workload(resource: Resource, side: Side, config: Config) -> Iterator[Objection]:
    pods = pods_of(resource)
    if pods is None or pods.get("hostNetwork") is True:
        return
    if not any(_selects(policy, pods) for policy in _policies(resource, side)):
        where = f" in the namespace {resource.namespace}" if resource.namespace else ""
        yield objection(
            _ID,
            resource,
            _MISSING,
            severity_in(config.severity, resource.tier),
            [Place(key="pods", label="labels of the pods", pointer=(*pods.metadata, "labels"))],
            f"no network policy{where} selects the pods of {resource.kind} {resource.name}",
            observed="no policy",
            threshold=f"a policy in {resource.tier.value}",
        )


def _namespace(resource: Resource, side: Side, config: Config) -> Iterator[Objection]:
    them = _policies(resource, side)
    own = [one for one in them if not is_wide(one)]
    if own[0].id != resource.id or any(r.everybody for one in them for r in reaches(one)):
        return
    pointer = next(iter(reaches(resource))).pointer
    where = f"the namespace {resource.namespace}" if resource.namespace else "its namespace"
    yield objection(
        _ID,
        resource,
        _NO_DEFAULT,
        severity_in(config.default_deny, resource.tier),
        [Place(key="default", label="selector", pointer=pointer, value="some pods")],
        f"{resource.kind} {resource.name} is for some pods of {where}, nothing is for the rest",
        threshold="a policy that is for all pods",
    )


def related(resource: Resource, side: Side) -> Iterable[Resource]:
    """The policies that may be for a workload, or for the same namespace."""
    if pod_pointer(resource) is None and resource.kind not in KINDS:
        return ()
    return _policies(resource, side)


def _policies(resource: Resource, side: Side) -> list[Resource]:
    found = (one for kind in KINDS for one in side.objects.kind(kind) if _beside(one, resource))
    return sorted((one for one in found if any(reaches(one))), key=lambda one: one.id)


def _beside(policy: Resource, resource: Resource) -> bool:
    """Whether a policy may be for what is where `resource` is. The tier tells the environments of a
    repository apart where they call their namespaces alike."""
    if policy.place != resource.place or policy.tier != resource.tier:
        return False
    if is_wide(policy):
        return True
    if policy.home == resource.home and "" in (policy.namespace, resource.namespace):
        return True
    return policy.namespace == resource.namespace != ""


def _selects(policy: Resource, pods: Pods) -> bool:
    return any(reach.means(pods.labels) for reach in reaches(policy))


CHECK = Check(
    id=_ID,
    domain="policy",
    title="Network policies stand before what runs",
    config=Config,
    judge=over(_ID, inspect, related),
    why=_WHY,
    rules=(_MISSING, _NO_DEFAULT),
)
