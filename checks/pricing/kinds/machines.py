"""The machines that pods run on: node pools of Karpenter and of Cluster API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from checks.model import Grade, Ledger, Machine, Pointer, Range, Resource
from checks.pricing.cost import (
    HOURS,
    Bill,
    Cost,
    Factor,
    Hardware,
    Unknown,
    flawed,
    nano,
    number,
    worst,
)
from checks.pricing.kinds.pieces import Answer
from checks.pricing.market import Market, label
from checks.pricing.nodes.pools import Pool
from checks.pricing.nodes.wishes import INSTANCE_TYPES
from checks.pricing.quantity import GIB, QuantityError, quantity
from checks.pricing.scale import Replicas, counted, whole
from checks.pricing.sheet import Sheet

_ZERO = Decimal(0)
_TYPES = (
    ("spec", "template", "spec", "instanceType"),
    ("spec", "template", "spec", "vmSize"),
    ("spec", "template", "vmSize"),
    ("spec", "awsLaunchTemplate", "instanceType"),
    ("spec", "instanceType"),
    ("spec", "machineType"),
    ("spec", "sku"),
)
_SIZES = "cluster.x-k8s.io/cluster-api-autoscaler-node-group-"


def node_pool(resource: Resource, market: Market) -> Answer:
    """A Karpenter NodePool: from nothing to its limits. It adds no node itself, the pods do; how
    many it has is expected only where config says so."""
    sheet = market.sheets.at(resource.place)
    pool = next((one for one in market.pools if one.id == resource.id), None)
    machines = _machines(pool, sheet)
    most = _limits(resource, machines, sheet)
    if isinstance(most, Unknown):
        return most
    high, prices, grade = most
    expected, note = _ZERO, "what pods need of it is counted with the pods"
    nodes = market.assume.nodes_for.get(label(resource))
    if nodes is not None and machines:
        cheapest = min(machines, key=lambda one: (one.hourly.amount, one.name))
        expected = min(high, nodes * cheapest.hourly.amount * HOURS)
        note = f"{nodes} nodes (assumed) of {cheapest.name}"
    return Cost(
        amount=Range(low=_ZERO, expected=nano(expected), high=nano(high)),
        grade=worst(Grade.B, grade),
        basis=f"{note}; up to its limits",
        prices=prices,
        ledger=Ledger.CAPACITY,
        nodes=True,
        autoscaled=True,
    )


def _machines(pool: Pool | None, sheet: Sheet) -> list[Machine]:
    types = sorted({n for key in INSTANCE_TYPES for n in (pool.nodes.get(key, ()) if pool else ())})
    return [sheet.machines[name] for name in types if name in sheet.machines]


_Most = tuple[Decimal, tuple[Any, ...], Grade]


def _limits(resource: Resource, machines: Sequence[Machine], sheet: Sheet) -> _Most | Unknown:
    """What the most costs that the limits allow: of the dearest of its machines, else by cores
    and GiB."""
    amounts: dict[str, Decimal] = {}
    limits = resource.get("spec", "limits")
    for name, value in limits.items() if isinstance(limits, dict) else ():
        try:
            amounts[name] = quantity(value)
        except QuantityError as error:
            return flawed(("spec", "limits", name), f"its limit of {name} {error}")
    if machines:
        counts = [(one, _most(one, amounts)) for one in machines]
        known = [(one, n) for one, n in counts if n is not None]
        if len(known) == len(machines):
            dearest = max(known, key=lambda pair: (pair[0].hourly.amount * pair[1], pair[0].name))
            amount = dearest[0].hourly.amount * dearest[1] * HOURS
            prices = tuple(dict.fromkeys(one.hourly for one in machines))
            return amount, prices, worst(*(sheet.grade(price) for price in prices))
    cpu, ram = sheet.rate("cpu"), sheet.rate("ram")
    if not {"cpu", "memory"} <= amounts.keys() or any("/" in name for name in amounts):
        return Unknown(
            reason="nothing bounds it that has a price: spec.limits with cpu and memory, or"
            " instance types with a price. What pods need of it is counted with the pods"
        )
    if cpu is None or ram is None:
        return Unknown(reason=f"there is no price for cpu and ram at {sheet.where}")
    amount = cpu.of(amounts["cpu"]) + ram.of(amounts["memory"])
    return amount, (cpu.price, ram.price), worst(cpu.grade, ram.grade)


def _most(machine: Machine, limits: Mapping[str, Decimal]) -> Decimal | None:
    """How many of a machine the limits allow; the last one may be begun."""
    counts = []
    for name, amount in limits.items():
        if name == "cpu" and machine.vcpu:
            counts.append(-(-amount // machine.vcpu))
        elif name == "memory" and machine.memory_gib:
            counts.append(-(-amount // (machine.memory_gib * GIB)))
        elif "/" in name and machine.accelerators:
            counts.append(-(-amount // machine.accelerators))
        elif name == "nodes":
            counts.append(amount)
    return min(counts, default=None)


def machine_set(resource: Resource, market: Market) -> Answer:
    """Cluster API: MachineDeployment, MachineSet, MachinePool, KubeadmControlPlane."""
    inside: Pointer = ("spec", "template", "spec", "infrastructureRef")
    if resource.kind == "KubeadmControlPlane":
        inside = ("spec", "machineTemplate", "infrastructureRef")
    kind, name = resource.get(*inside, "kind"), resource.get(*inside, "name")
    found = market.objects.named(resource, kind, name) if isinstance(kind, str) else None
    if found is None:
        return Unknown(reason=f"its machines ({kind} {name}) are not in the files that were read")
    types = [value for at in _TYPES if isinstance(value := found.get(*at), str)]
    if not types:
        return Unknown(reason=f"{kind} {name} does not say of what type its machines are")
    count = _count(resource, found, market)
    if isinstance(count, Unknown):
        return count
    return machines_cost(types[0], count, resource, market)


def _count(resource: Resource, template: Resource, market: Market) -> Replicas | Unknown:
    stated = counted(resource, ("spec", "replicas"), default=1)
    if isinstance(stated, Unknown):
        return stated
    bounds = []
    for name in ("min", "max"):
        text = resource.annotations().get(f"{_SIZES}{name}-size")
        number_of = int(text) if text and text.isascii() and text.isdigit() else None
        scaling = ("scaling", f"{name}Size")
        inside = template.get("spec", *scaling) if number_of is None else number_of
        bounds.append(whole(inside, default=None))
    low, high = bounds
    if low is None or high is None:
        return Replicas.exact(market.assume.nodes_for.get(label(resource), stated))
    if low > high:
        return flawed(("metadata", "annotations"), f"from {low} to {high} machines is no range")
    expected = market.assume.nodes_for.get(label(resource), stated)
    by = "the cluster autoscaler"
    return Replicas(low=low, expected=min(max(expected, low), high), high=high, by=by)


def machines_cost(name: str, count: Replicas, resource: Resource, market: Market) -> Answer:
    """So many machines of a type."""
    sheet = market.sheets.at(resource.place)
    machine = sheet.machines.get(name)
    if machine is None:
        return Unknown(reason=f"there is no price for {name} at {sheet.where}")
    each = nano(machine.hourly.amount * HOURS)
    ranged = Grade.A if count.low == count.high else Grade.B
    by = f" ({count.low} to {count.high} by {count.by})" if count.by else ""
    expected = Decimal(count.expected)
    return Cost(
        amount=Range(low=each * count.low, expected=each * expected, high=each * count.high),
        grade=worst(sheet.grade(machine.hourly), ranged),
        basis=f"{number(expected)}{by} × {name}",
        prices=(machine.hourly,),
        ledger=Ledger.CAPACITY,
        nodes=True,
        autoscaled=bool(count.by),
        bill=Bill(
            formula=_machines_month,
            factors={
                "replicas": Factor(value=expected, shown=number(expected)),
                "instance type": Factor(value=machine.hourly.amount, shown=name),
            },
        ),
        hardware=Hardware(
            vcpu=machine.vcpu * expected,
            memory_gib=machine.memory_gib * expected,
            accelerators={machine.accelerator: machine.accelerators * expected}
            if machine.accelerators
            else {},
        ),
    )


def _machines_month(values: Mapping[str, Any]) -> Decimal:
    price: Decimal = values["instance type"]
    count: Decimal = values["replicas"]
    return nano(price * HOURS) * count
