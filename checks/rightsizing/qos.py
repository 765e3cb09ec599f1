"""The quality-of-service class that Kubernetes gives a pod: what is killed first, and when."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from enum import Enum

from checks.kube import containers
from checks.model import Node, Resource
from checks.pricing.quantity import QuantityError, quantity

_NAMES = ("cpu", "memory")


class QosClass(Enum):
    """The classes as Kubernetes names them."""

    GUARANTEED = "Guaranteed"
    BURSTABLE = "Burstable"
    BEST_EFFORT = "BestEffort"


def qos_class(workload: Resource) -> QosClass | None:
    """The class of the workload's pods by their containers; None where a quantity is unreadable.

    Guaranteed: every container, the init containers too, has a CPU and a memory limit and requests
    just that (a limit without a request is a request). BestEffort: none asks for anything. A pod's
    own `resources` are not looked at.
    """
    asked = list(_asked(workload))
    if not asked or any(amount is None for pair in asked for amount in pair):
        return None
    if all(request == limit == 0 for request, limit in asked):
        return QosClass.BEST_EFFORT
    if all(request == limit and limit for request, limit in asked):
        return QosClass.GUARANTEED
    return QosClass.BURSTABLE


def _asked(workload: Resource) -> Iterator[tuple[Decimal | None, Decimal | None]]:
    """(request, limit) of each resource of each container; 0 is not asked for, None unreadable."""
    for container in containers(workload):
        resources = container.body.get("resources")
        for name in _NAMES:
            limit = amount_of(resources, "limits", name)
            request = amount_of(resources, "requests", name)
            yield (limit if request == 0 else request), limit


def amount_of(resources: Node, kind: str, name: str) -> Decimal | None:
    """What `resources` says under requests or limits: 0 for nothing, None for no quantity."""
    part = resources.get(kind) if isinstance(resources, dict) else None
    value = part.get(name) if isinstance(part, dict) else None
    if value is None:
        return Decimal(0)
    try:
        return quantity(value)
    except QuantityError:
        return None
