"""Devices and other resources that nodes have a count of ("extended resources")."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from checks.kube import Container
from checks.model import Node, Patch, Pointer
from checks.pricing.quantity import QuantityError, quantity
from checks.workloads.objections import Place, shown
from checks.workloads.pods import inner


def amount(value: Node) -> Decimal:
    """A quantity as a number; nothing where it is none."""
    try:
        return quantity(value)
    except QuantityError:
        return Decimal(0)


def _extended(container: Container) -> Iterator[tuple[str, Node, Node]]:
    """(name, request, limit) of the devices and other resources that nodes have a count of."""
    asked = {
        kind: found if isinstance(found := inner(container.body, "resources", kind), dict) else {}
        for kind in ("requests", "limits")
    }
    for name in sorted(asked["requests"].keys() | asked["limits"].keys()):
        # Kubernetes' own resources have no slash, or its own domain before it.
        if "/" in name and "kubernetes.io/" not in name:
            yield name, asked["requests"].get(name), asked["limits"].get(name)


def unequal(container: Container) -> Iterator[Place]:
    """The devices whose request is not their limit, which nodes cannot be overcommitted with."""
    for name, request, limit in _extended(container):
        if request is None or _same(request, limit):
            continue
        pointer: Pointer = (*container.pointer, "resources")
        said = f"a limit of {shown(limit)}" if limit is not None else "no limit"
        patch = (
            Patch(pointer=(*pointer, "limits", name), value=request)
            if limit is None
            else Patch(pointer=(*pointer, "requests", name), value=limit)
        )
        yield Place(
            key=f"{container.key} {name} {shown(request)}",
            label=container.label,
            pointer=(*pointer, "requests", name),
            value=f"{name} has a request of {shown(request)} and {said}",
            patches=(patch,),
        )


def _same(request: Node, limit: Node) -> bool:
    try:
        return limit is not None and quantity(request) == quantity(limit)
    except QuantityError:
        # What is filled in later may be the same.
        return limit is not None


def fractions(container: Container) -> Iterator[Place]:
    """The devices of which no whole number is asked for."""
    for name, request, limit in _extended(container):
        kind, value = ("limits", limit) if limit is not None else ("requests", request)
        count = amount(value)
        if count != count.to_integral_value():
            yield Place(
                key=f"{container.key} {name} {shown(value)}",
                label=container.label,
                pointer=(*container.pointer, "resources", kind, name),
                value=f"{name} is {shown(value)}",
            )
