"""One resource of one container that is to be rightsized: what it asks for now, what holds it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from checks.kube import Container, containers, pod_pointer
from checks.model import (
    ContainerUsage,
    Node,
    Refusal,
    Resource,
    ResourceName,
)
from checks.rightsizing import guards
from checks.rightsizing.config import Sizing
from checks.rightsizing.context import Context
from checks.rightsizing.qos import QosClass, amount_of, qos_class

_MIB = Decimal(2**20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One resource of one container, before anything is decided. Amounts are cores or bytes;
    `limit` is 0 where there is none. `tied` says that request and limit must stay equal."""

    resource: Resource
    container: Container
    name: ResourceName
    usage: ContainerUsage
    request: Decimal
    limit: Decimal
    qos: QosClass
    config: Sizing
    context: Context

    @property
    def tied(self) -> bool:
        """Whether a Guaranteed pod needs its limit to move along."""
        return self.qos is QosClass.GUARANTEED

    def refuse(self, reason: str) -> Refusal:
        """Nothing, with the reason."""
        return _refusal(self.usage, self.name, reason)


def open_case(
    resource: Resource, usage: ContainerUsage, name: ResourceName, config: Sizing, context: Context
) -> Case | Refusal:
    """What there is to decide about, or why nothing can be."""

    def refuse(reason: str) -> Refusal:
        return _refusal(usage, name, reason)

    for reason in (
        guards.out_of_scope(resource, usage.namespace, config.guards, context),
        guards.steered(resource, usage, name, context),
        guards.stale(usage, config.guards),
        _unfit(resource),
    ):
        if reason:
            return refuse(reason)
    found = [c for c in containers(resource) if c.body.get("name") == usage.container]
    if len(found) != 1:
        times = "more than once" if found else "not"
        return refuse(f"the container {usage.container} is {times} in the manifest")
    container = found[0]
    if "initContainers" in container.pointer and container.body.get("restartPolicy") != "Always":
        return refuse("an init container runs at the start only")
    resources = container.body.get("resources")
    request, limit = (amount_of(resources, kind, name) for kind in ("requests", "limits"))
    qos = qos_class(resource)
    if request is None or limit is None or qos is None:
        return refuse("a request or limit in the manifest is no quantity (such as 500m or 1Gi)")
    if not request and (not limit or states_request(resources, name)):
        return refuse(f"it has no {name} request that could be compared with its use")
    return Case(
        resource=resource,
        container=container,
        name=name,
        usage=usage,
        request=request or limit,
        limit=limit,
        qos=qos,
        config=config,
        context=context,
    )


def states_request(resources: Node, name: str) -> bool:
    """Whether a request is written down, be it 0, and not only implied by a limit."""
    requests = resources.get("requests") if isinstance(resources, dict) else None
    return isinstance(requests, dict) and requests.get(name) is not None


def _unfit(resource: Resource) -> str:
    pointer = pod_pointer(resource)
    if pointer is None:
        return f"a {resource.kind} has no pod template that is known"
    if resource.get(*pointer, "resources"):
        return "the pod's own resources decide, not its containers'"
    return ""


def _refusal(usage: ContainerUsage, name: ResourceName, reason: str) -> Refusal:
    return Refusal(workload=usage.workload, container=usage.container, resource=name, reason=reason)


def shown(amount: Decimal, name: ResourceName) -> str:
    """An amount as a Kubernetes quantity that people would write: "250m", "2", "512Mi", "2Gi"."""
    if name == "cpu":
        milli = amount * 1000
        if milli != milli.to_integral_value():
            return f"{(amount * 10**9).to_integral_value(ROUND_CEILING)}n"
        return f"{milli / 1000:.0f}" if milli % 1000 == 0 else f"{milli:.0f}m"
    for unit, size in (("Gi", _MIB * 1024), ("Mi", _MIB), ("Ki", Decimal(1024))):
        if amount % size == 0:
            return f"{amount / size:.0f}{unit}"
    return f"{amount:.0f}"
