"""What a pod reserves: the request the scheduler counts, as Kubernetes computes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

from checks.model import Node, Pointer
from checks.pricing.cost import Flaw, Unknown
from checks.pricing.quantity import QuantityError, quantity

# By resource name: cores, bytes, device counts.
Amounts: TypeAlias = Mapping[str, Decimal]

_NEEDED = ("cpu", "memory")
_BOTH = frozenset(_NEEDED)
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Default:
    """What a container asks for that does not say: `amount`, and who says so."""

    amount: Decimal
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The effective request of a pod. `silent` are the sentences about containers that do not say
    what they need, so that `amounts` holds less than it should; `assumed` who filled such gaps."""

    amounts: Amounts
    silent: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asks:
    """What one container asks for. A sidecar is an init container that keeps running."""

    label: str
    sidecar: bool
    amounts: Amounts


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """What came up while a pod spec was read."""

    defaults: Mapping[str, Default]
    # What the pod as a whole asks for, so that its containers need not.
    whole: frozenset[str]
    problems: list[str] = field(default_factory=list)
    flaws: list[Flaw] = field(default_factory=list)
    assumed: dict[str, None] = field(default_factory=dict)


def pod_request(spec: Node) -> Amounts | Unknown:
    """The effective request of a pod spec; Unknown where a container has no CPU or memory request.

    max(Σ containers + Σ sidecars, the largest ordinary init container with the sidecars started
    before it) + overhead. The pod's own `resources` come before its containers'; a limit without
    a request is a request. Disk space for logs and the like (ephemeral-storage) is left out.
    """
    request = effective(spec, {})
    if isinstance(request, Unknown):
        return request
    return Unknown(reason="; ".join(request.silent)) if request.silent else request.amounts


def effective(spec: Node, defaults: Mapping[str, Default]) -> Request | Unknown:
    """The same with `defaults` for containers that do not say what they need, and where none
    helps, with their silence told."""
    if not isinstance(spec, dict):
        return Unknown(reason="it has no pod spec")
    own = spec.get("resources")
    stated = _stated(own.get("requests")).keys() if isinstance(own, dict) else ()
    limited = _stated(own.get("limits")).keys() if isinstance(own, dict) else ()
    reading = _Reading(defaults=defaults, whole=frozenset((*stated, *limited)))
    apps = _read(spec, "containers", reading)
    inits = _read(spec, "initContainers", reading)
    overhead = _amounts(_stated(spec.get("overhead")), "overhead", ("overhead",), reading)
    every = (*inits, *apps)
    whole = _whole(own, every, reading) if isinstance(own, dict) else {}
    silent = tuple(_silent(every, whole))
    if not apps and not reading.problems:
        reading.problems.append("it has no containers")
    if reading.problems:
        reason = "; ".join((*reading.problems, *silent))
        return Unknown(reason=reason, flaws=tuple(reading.flaws))
    total = {**_combine(apps, inits), **whole}
    for name, amount in overhead.items():
        total[name] = total.get(name, _ZERO) + amount
    return Request(amounts=total, silent=silent, assumed=tuple(reading.assumed))


_ROLES = {"containers": "container", "initContainers": "init container"}


def _read(spec: Mapping[str, Node], key: str, reading: _Reading) -> list[_Asks]:
    entries, role = spec.get(key), _ROLES[key]
    if entries is None:
        return []
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        problem = f"its list of {role}s is not a list of mappings"
        reading.problems.append(problem)
        reading.flaws.append(Flaw(pointer=(key,), problem=problem))
        return []
    return [
        _asks(entry, f"{role} {_named(entry.get('name'), index + 1)}", (key, index), reading)
        for index, entry in enumerate(entries)
        if isinstance(entry, dict)
    ]


def _named(name: Node, number: int) -> str:
    return name if isinstance(name, str) and name else f"#{number}"


def _asks(entry: dict[str, Node], label: str, pointer: Pointer, reading: _Reading) -> _Asks:
    resources = entry.get("resources")
    amounts: dict[str, Decimal] = {}
    if isinstance(resources, dict):
        requests = _stated(resources.get("requests"))
        if limits := _stated(resources.get("limits")):
            # A limit without a request is a request.
            lone = {name: value for name, value in limits.items() if name not in requests}
            amounts = _amounts(lone, label, (*pointer, "resources", "limits"), reading)
        amounts |= _amounts(requests, label, (*pointer, "resources", "requests"), reading)
    for name, default in reading.defaults.items():
        if name not in amounts and name not in reading.whole:
            amounts[name] = default.amount
            reading.assumed[f"{label} {default.by}"] = None
    sidecar = pointer[0] == "initContainers" and entry.get("restartPolicy") == "Always"
    return _Asks(label=label, sidecar=sidecar, amounts=amounts)


def _stated(amounts: Node) -> dict[str, Node]:
    """Without what is null: to Kubernetes that is not there."""
    if not isinstance(amounts, dict):
        return {}
    if None not in amounts.values():
        return amounts
    return {name: value for name, value in amounts.items() if value is not None}


def _amounts(
    asked: Mapping[str, Node], label: str, pointer: Pointer, reading: _Reading
) -> dict[str, Decimal]:
    amounts: dict[str, Decimal] = {}
    for name, value in asked.items():
        if name == "ephemeral-storage":
            continue
        try:
            amounts[name] = quantity(value)
        except QuantityError as error:
            problem = f"{label}: {name} {error}"
            reading.problems.append(problem)
            reading.flaws.append(Flaw(pointer=(*pointer, name), problem=problem))
            # So that it is not called absent as well; with a problem there is no total anyway.
            amounts[name] = _ZERO
    return amounts


def _whole(
    resources: Mapping[str, Node], asks: Sequence[_Asks], reading: _Reading
) -> dict[str, Decimal]:
    """What the pod-level `resources` decide: their requests, and their limits for what no
    container asks for."""
    limits = _amounts(
        _stated(resources.get("limits")), "the pod's limits", ("resources", "limits"), reading
    )
    requests = _amounts(
        _stated(resources.get("requests")), "the pod's requests", ("resources", "requests"), reading
    )
    asked = {name for one in asks for name in one.amounts}
    return {**{n: amount for n, amount in limits.items() if n not in asked}, **requests}


def _silent(asks: Iterable[_Asks], whole: Amounts) -> Iterable[str]:
    for one in asks:
        if one.amounts.keys() >= _BOTH:
            continue
        absent = [n for n in _NEEDED if n not in one.amounts and n not in whole]
        if absent:
            yield f"{one.label} has no {' or '.join(absent)} request"


def _combine(apps: Sequence[_Asks], inits: Sequence[_Asks]) -> dict[str, Decimal]:
    if len(apps) == 1 and not inits:
        return dict(apps[0].amounts)
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
