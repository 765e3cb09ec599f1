"""Unit prices that nobody lists: a core and a GiB of a cloud's general purpose machines, a GPU
without the machine around it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from statistics import median_low

from checks.model import Accelerator, Grade, Machine, UnitPrice

# Two sizes of one generation with the same cores and different memory, by provider: two equations
# for what a core and a GiB cost.
PAIRS = {
    "aws": ("c6i.xlarge", "r6i.xlarge"),
    "gcp": ("n2-highcpu-4", "n2-highmem-4"),
    "azure": ("Standard_D4s_v5", "Standard_E4s_v5"),
}
_TPU = "google.com/tpu"
_FIGURES = Decimal("0.000001")
_SURE = "ABCD"


def cpu_and_ram(provider: str, machines: Mapping[str, Machine]) -> dict[str, UnitPrice]:
    """`cpu`, `ram` and where the machines have spot prices `cpu:spot`, `ram:spot`; {} where the
    place does not have both machines of the provider's pair."""
    first, second = (machines.get(name) for name in PAIRS.get(provider, ("", "")))
    if first is None or second is None:
        return {}
    found = _solved("", first, second, first.hourly, second.hourly)
    if first.spot and second.spot:
        found |= _solved(":spot", first, second, first.spot, second.spot)
    return found


def of_own(machines: Mapping[str, Machine], like: Mapping[str, UnitPrice]) -> dict[str, UnitPrice]:
    """`cpu` and `ram` of machines of one's own without accelerators: their middle price, split
    between cores and memory as `like` does."""
    plain = [m for m in machines.values() if not m.accelerators and m.vcpu and m.memory_gib]
    if not plain or not {"cpu", "ram"} <= like.keys():
        return {}
    core, gib = like["cpu"].amount, like["ram"].amount

    def ratio(machine: Machine) -> Decimal:
        return machine.hourly.amount / (machine.vcpu * core + machine.memory_gib * gib)

    middle = median_low((ratio(machine), machine.name) for machine in plain)
    machine = machines[middle[1]]
    source = f"derived from {machine.name}, split as {like['cpu'].source}: {machine.hourly.source}"
    return {
        "cpu": _price(middle[0] * core, "vCPU-hour", source, machine.hourly),
        "ram": _price(middle[0] * gib, "GiB-hour", source, machine.hourly),
    }


def accelerators(
    machines: Iterable[Machine],
    catalogue: Mapping[str, Accelerator],
    units: Mapping[str, UnitPrice],
    *,
    whole: bool,
) -> dict[str, UnitPrice]:
    """`gpu:<accelerator>`: what the cheapest machine that has a whole one costs for each, less its
    cores and memory at `units`; with `whole`, as GPU clouds sell them, with their share of the
    machine. A price of the place itself goes before that of another."""
    best: dict[str, tuple[bool, Decimal, Machine]] = {}
    for machine in machines:
        name = machine.accelerator
        known = catalogue.get(name)
        if known is None or known.resource == _TPU or machine.accelerators < 1:
            continue
        rest = machine.hourly.amount - (Decimal(0) if whole else _cores(machine, units))
        one = (machine.hourly.grade is Grade.D, rest / machine.accelerators, machine)
        if rest > 0 and (name not in best or one[:2] < best[name][:2]):
            best[name] = one
    less = "" if whole else " less its cores and memory"
    return {
        f"gpu:{name}": _price(
            rest,
            "GPU-hour",
            f"derived from {machine.name}{less}: {machine.hourly.source}",
            machine.hourly,
        )
        for name, (_, rest, machine) in sorted(best.items())
    }


def _cores(machine: Machine, units: Mapping[str, UnitPrice]) -> Decimal:
    return machine.vcpu * units["cpu"].amount + machine.memory_gib * units["ram"].amount


def _solved(
    suffix: str, first: Machine, second: Machine, one: UnitPrice, two: UnitPrice
) -> dict[str, UnitPrice]:
    divisor = first.vcpu * second.memory_gib - second.vcpu * first.memory_gib
    core = (one.amount * second.memory_gib - two.amount * first.memory_gib) / divisor
    gib = (first.vcpu * two.amount - second.vcpu * one.amount) / divisor
    if core <= 0 or gib <= 0:
        return {}
    older = min(one, two, key=lambda price: price.as_of)
    graded = max(one, two, key=lambda price: _SURE.index(price.grade.value))
    source = f"derived from {first.name} and {second.name}: {graded.source}"
    return {
        name + suffix: UnitPrice(
            amount=amount.quantize(_FIGURES),
            unit=unit,
            source=source,
            as_of=older.as_of,
            grade=max(Grade.C, graded.grade, key=lambda grade: _SURE.index(grade.value)),
            region=one.region,
        )
        for name, amount, unit in (("cpu", core, "vCPU-hour"), ("ram", gib, "GiB-hour"))
    }


def _price(amount: Decimal, unit: str, source: str, of: UnitPrice) -> UnitPrice:
    return UnitPrice(
        amount=amount.quantize(_FIGURES),
        unit=unit,
        source=source,
        as_of=of.as_of,
        grade=Grade.D if of.grade is Grade.D else Grade.C,
        sku=of.sku,
        region=of.region,
    )
