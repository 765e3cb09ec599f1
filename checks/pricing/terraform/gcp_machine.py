"""Compute Engine machines: instances, templates and the nodes of GKE pools share their shape."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from checks.model import Machine
from checks.pricing.cost import number
from checks.pricing.terraform.ask import Ask
from checks.pricing.terraform.attributes import Attributes, CannotTellError
from checks.pricing.terraform.quote import Count, Group, Item, gib, item
from checks.pricing.terraform.tariff import Part, Tariff, between, machine_part

LOCAL_SSD_GIB = 375
_CUSTOM = re.compile(r"(?:([a-z]\d[a-z]?)-)?custom-(\d{1,3})-(\d{1,7})(-ext)?")
_SHARED = re.compile(r"[a-z]\d[a-z]?-custom-(?:micro|small|medium)-\d+")
_MIB_IN_GIB = Decimal(1024)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A machine as files describe it. `disks` are (GiB, type)."""

    kind: str
    spot: bool
    gpus: tuple[tuple[str, int], ...]
    disks: tuple[tuple[Decimal, str], ...]
    local_ssds: int = 0


def group_of(ask: Ask, shape: Shape, count: Count, name: str = "") -> Group:
    """So many machines of a shape."""
    machine = _machine(ask, shape)
    items = [machine[0]]
    if shape.gpus and not (machine[1] and machine[1].accelerators):
        items.append(_gpus(ask.tariff, shape, ask.usage.share))
    if shape.disks or shape.local_ssds:
        items.append(_disks(ask.tariff, shape))
    return Group(items=tuple(items), count=count, name=name, machine=_with_gpus(ask, machine[1],
                                                                                shape))  # fmt: skip


def is_spot(of: Attributes) -> bool:
    """Whether a scheduling or node_config block says that it may be taken away."""
    model = of.text("provisioning_model", "STANDARD", computed=True)
    return of.flag("preemptible") or of.flag("spot") or model in ("SPOT", "PREEMPTIBLE")


def gpus_of(of: Attributes) -> tuple[tuple[str, int], ...]:
    """The guest_accelerator blocks: (type, count)."""
    return tuple(
        # The type may be the whole path of a zone's accelerator type.
        (one.text("type").rpartition("/")[2], one.whole("count", 1, computed=True))
        for one in of.blocks("guest_accelerator")
    )


def disk_part(tariff: Tariff, size: Decimal, kind: str) -> Part:
    """A disk of a size; of a class that has no price the general one."""
    return tariff.part(f"storage:{kind}", size, instead="storage")


def _machine(ask: Ask, shape: Shape) -> tuple[Item, Machine | None]:
    custom = _CUSTOM.fullmatch(shape.kind)
    if custom and shape.kind not in ask.tariff.prices.machines:
        return _custom(ask, shape, custom)
    if _SHARED.fullmatch(shape.kind):
        raise CannotTellError(f"{shape.kind} shares a core, which has no price by the core")
    part = machine_part(ask.tariff, (shape.kind,), ask.usage.share, spot=shape.spot)
    shown = shape.kind + (" spot" if shape.spot else "")
    return item("instance type", shown, part), ask.tariff.machine(shape.kind)


def _custom(ask: Ask, shape: Shape, found: re.Match[str]) -> tuple[Item, Machine | None]:
    family, extended = found[1] or "n1", found[4]
    if extended:
        raise CannotTellError(f"{shape.kind} has extended memory, of which no sheet has a price")
    vcpu, memory = Decimal(found[2]), Decimal(found[3]) / _MIB_IN_GIB
    share, part = ask.usage.share, ask.tariff.part
    cpu = part(f"cpu:{family}:custom", vcpu * share, instead=f"cpu:{family}")
    ram = part(f"ram:{family}:custom", memory * share, instead=f"ram:{family}")
    if shape.spot:
        cpu, ram = spot_part(ask.tariff, cpu), spot_part(ask.tariff, ram)
    shown = f"{shape.kind} ({number(vcpu)} vCPU, {number(memory)} GiB)"
    hardware = Machine(name=shape.kind, vcpu=vcpu, memory_gib=memory, hourly=cpu.price)
    return item("instance type", shown, cpu, ram), hardware


def _gpus(tariff: Tariff, shape: Shape, share: Decimal) -> Item:
    parts, shown = [], []
    for label, count in shape.gpus:
        name = tariff.accelerator(label).name
        part = tariff.part(f"gpu:{name}", count * share)
        if shape.spot:
            part = spot_part(tariff, part)
        parts.append(part)
        shown.append(f"{count} × {name}")
    return item("GPU", ", ".join(shown), *parts)


def spot_part(tariff: Tariff, firm: Part) -> Part:
    """The interruptible kind of a part that has a unit price."""
    name = f"{firm.key}:spot"
    spot = tariff.prices.units.get(name)
    return between(name, firm.quantity, spot, firm.price, tariff, key=firm.key)


def _disks(tariff: Tariff, shape: Shape) -> Item:
    parts = [disk_part(tariff, size, kind) for size, kind in shape.disks]
    shown = [gib(size, kind) for size, kind in shape.disks]
    if shape.local_ssds:
        size = Decimal(shape.local_ssds * LOCAL_SSD_GIB)
        parts.append(tariff.part("storage:local-ssd", size))
        shown.append(gib(size, "local SSD"))
    return item("disk", ", ".join(shown), *parts)


def _with_gpus(ask: Ask, machine: Machine | None, shape: Shape) -> Machine | None:
    """The machine with what is attached to it, as hardware: one kind of accelerator."""
    if machine is None or machine.accelerators or len(shape.gpus) != 1:
        return machine
    label, count = shape.gpus[0]
    return Machine(
        name=machine.name,
        vcpu=machine.vcpu,
        memory_gib=machine.memory_gib,
        hourly=machine.hourly,
        accelerator=ask.tariff.accelerator(label).name,
        accelerators=Decimal(count),
    )
