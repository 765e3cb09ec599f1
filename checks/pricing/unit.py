"""What one pod or one volume costs a month: the part that is multiplied by replicas or nodes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from checks.model import Grade, Node
from checks.pricing.cost import Unknown, nano, number, worst
from checks.pricing.pod import Amounts, pod_request
from checks.pricing.quantity import GIB, QuantityError, quantity
from checks.pricing.rates import Rates


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One of something that a workload runs several of; `basis` says what it consists of."""

    monthly: Decimal
    grade: Grade
    basis: str

    def __add__(self, other: Unit) -> Unit:
        return Unit(
            monthly=self.monthly + other.monthly,
            grade=worst(self.grade, other.grade),
            basis=f"{self.basis}, {other.basis}",
        )


def pod_unit(spec: Node, rates: Rates) -> Unit | Unknown:
    """One pod, with the volumes that come and go with it."""
    request = pod_request(spec)
    if isinstance(request, Unknown):
        return request
    return with_volumes(_priced(request, rates), _ephemeral(spec), rates)


def with_volumes(unit: Unit | Unknown, claims: Iterable[Node], rates: Rates) -> Unit | Unknown:
    """`unit` and a volume for each claim; Unknown where any part is."""
    for claim in claims:
        if isinstance(unit, Unknown):
            return unit
        volume = volume_unit(_child(claim, "spec"), rates)
        unit = volume if isinstance(volume, Unknown) else unit + volume
    return unit


def volume_unit(spec: Node, rates: Rates) -> Unit | Unknown:
    """One volume, of the size that the spec of a PersistentVolumeClaim asks for."""
    storage = _child(_child(_child(spec, "resources"), "requests"), "storage")
    if storage is None:
        return Unknown(reason="a volume claim has no storage request")
    try:
        return _priced({"storage": quantity(storage)}, rates)
    except QuantityError as error:
        return Unknown(reason=f"a volume claim's storage {error}")


def _ephemeral(spec: Node) -> Iterable[Node]:
    volumes = _child(spec, "volumes")
    for volume in volumes if isinstance(volumes, list) else ():
        claim = _child(_child(volume, "ephemeral"), "volumeClaimTemplate")
        if claim is not None:
            yield claim


def _child(node: Node, key: str) -> Node:
    return node.get(key) if isinstance(node, dict) else None


def _priced(amounts: Amounts, rates: Rates) -> Unit | Unknown:
    total, grades, parts = Decimal(0), [], []
    for name, amount in amounts.items():
        rate = rates.get(name)
        if rate is None:
            return Unknown(reason=f"there is no price for {name}")
        total += rate.of(amount)
        grades.append(rate.grade)
        parts.append(_shown(name, amount))
    return Unit(monthly=nano(total), grade=worst(*grades), basis=", ".join(parts))


def _shown(name: str, amount: Decimal) -> str:
    if name == "cpu":
        return f"{number(amount)} CPU"
    if "/" in name:
        return f"{number(amount)} {name}"
    return f"{number(amount / GIB)} GiB {name}"
