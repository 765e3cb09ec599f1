"""What a pod reserves: the request the scheduler counts, as Kubernetes computes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from checks.model import Node
from checks.pricing.cost import Unknown
from checks.pricing.quantity import QuantityError, quantity

# By resource name: cores, bytes, device counts.
Amounts: TypeAlias = Mapping[str, Decimal]

_NEEDED = ("cpu", "memory")
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asks:
    """What one container asks for. A sidecar is an init container that keeps running."""

    label: str
    sidecar: bool
    amounts: Amounts


def pod_request(spec: Node) -> Amounts | Unknown:
    """The effective request of a pod spec; Unknown where a container has no CPU or memory request.

    max(Σ containers + Σ sidecars, the largest ordinary init container with the sidecars started
    before it) + overhead. The pod's own `resources` come before its containers'; a limit without
    a request is a request. Disk space for logs and the like (ephemeral-storage) is left out.
    """
    if not isinstance(spec, dict):
        return Unknown(reason="it has no pod spec")
    problems: list[str] = []
    apps = _read(spec.get("containers"), "container", problems)
    inits = _read(spec.get("initContainers"), "init container", problems)
    overhead = _amounts(spec.get("overhead"), "overhead", problems)
    whole = _whole(spec.get("resources"), (*apps, *inits), problems)
    problems += _silent((*inits, *apps), whole)
    if not apps:
        problems.append("it has no containers")
    if spec.get("resourceClaims"):
        problems.append("it claims devices (resourceClaims), which have no price")
    if problems:
        return Unknown(reason="; ".join(problems))
    total = {**_combine(apps, inits), **whole}
    for name, amount in overhead.items():
        total[name] = total.get(name, _ZERO) + amount
    return total


def _read(entries: Node, role: str, problems: list[str]) -> list[_Asks]:
    if entries is None:
        return []
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        problems.append(f"its list of {role}s is not a list of mappings")
        return []
    return [
        _asks(entry, f"{role} {_named(entry.get('name'), number)}", role, problems)
        for number, entry in enumerate(entries, start=1)
        if isinstance(entry, dict)
    ]


def _named(name: Node, number: int) -> str:
    return name if isinstance(name, str) and name else f"#{number}"


def _asks(entry: dict[str, Node], label: str, role: str, problems: list[str]) -> _Asks:
    resources = entry.get("resources")
    if isinstance(resources, dict):
        asked = {**_stated(resources.get("limits")), **_stated(resources.get("requests"))}
    else:
        asked = {}
    sidecar = role == "init container" and entry.get("restartPolicy") == "Always"
    return _Asks(label=label, sidecar=sidecar, amounts=_amounts(asked, label, problems))


def _stated(amounts: Node) -> dict[str, Node]:
    """Without what is null: to Kubernetes that is not there."""
    if not isinstance(amounts, dict):
        return {}
    return {name: value for name, value in amounts.items() if value is not None}


def _amounts(asked: Node, label: str, problems: list[str]) -> dict[str, Decimal]:
    amounts: dict[str, Decimal] = {}
    for name, value in _stated(asked).items():
        if name == "ephemeral-storage":
            continue
        try:
            amounts[name] = quantity(value)
        except QuantityError as error:
            problems.append(f"{label}: {name} {error}")
            # So that it is not called absent as well; with a problem there is no total anyway.
            amounts[name] = _ZERO
    return amounts


def _whole(resources: Node, asks: Sequence[_Asks], problems: list[str]) -> dict[str, Decimal]:
    """What the pod-level `resources` decide: their requests, and their limits for what no
    container asks for."""
    if not isinstance(resources, dict):
        return {}
    limits = _amounts(resources.get("limits"), "the pod's limits", problems)
    requests = _amounts(resources.get("requests"), "the pod's requests", problems)
    asked = {name for one in asks for name in one.amounts}
    return {**{n: amount for n, amount in limits.items() if n not in asked}, **requests}


def _silent(asks: Iterable[_Asks], whole: Amounts) -> Iterable[str]:
    for one in asks:
        absent = [n for n in _NEEDED if n not in one.amounts and n not in whole]
        if absent:
            yield f"{one.label} has no {' or '.join(absent)} request"


def _combine(apps: Sequence[_Asks], inits: Sequence[_Asks]) -> dict[str, Decimal]:
    total = _sum(one.amounts for one in (*apps, *(i for i in inits if i.sidecar)))
    started: dict[str, Decimal] = {}
    for one in inits:
        at_once = _sum((started, one.amounts))
        if one.sidecar:
            started = at_once
        for name, amount in at_once.items():
            if amount > total.get(name, _ZERO):
                total[name] = amount
    return total


def _sum(parts: Iterable[Amounts]) -> dict[str, Decimal]:
    total: dict[str, Decimal] = {}
    for part in parts:
        for name, amount in part.items():
            total[name] = total[name] + amount if name in total else amount
    return total
