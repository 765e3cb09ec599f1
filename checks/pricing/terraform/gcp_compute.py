"""Compute Engine instances, instance groups, disks and TPU machines."""

from __future__ import annotations

import math
import re
from decimal import Decimal

from checks.model import Grade, Resource
from checks.pricing.cost import number
from checks.pricing.terraform.ask import Ask, refers
from checks.pricing.terraform.attributes import Attributes, CannotTellError
from checks.pricing.terraform.gcp_machine import (
    Shape,
    disk_part,
    gpus_of,
    group_of,
    is_spot,
    spot_part,
)
from checks.pricing.terraform.quote import ONE, Count, Group, Quote, gib, item

# The size of the usual Linux images; that of this one stands in no file.
_BOOT_GIB = Decimal(10)
# What a disk gets that says neither its size nor what it is made from.
_DISK_GIB = {"pd-standard": 500, "hyperdisk-extreme": 1000, "pd-extreme": 1000}
_DISK_GIB_ELSE = 100
_DISK_IOPS = {"pd-extreme": 100_000, "hyperdisk-extreme": 350_000}
_TPU = re.compile(r"(v\d+[a-z]*|v5lite|v5litepod)-(\d{1,5})")
# How a TPU type's name counts: cores or chips; and its name in the price sheets.
_TPU_NAMES = {"v5litepod": "v5e", "v5lite": "v5e"}
_TPU_BY_CORES = frozenset({"v2", "v3", "v4", "v5p"})
_TPU_TYPES = {"V2": "v2", "V3": "v3", "V4": "v4", "V5LITE_POD": "v5e", "V5P": "v5p", "V6E": "v6e"}


def instance(ask: Ask) -> Quote:
    """google_compute_instance."""
    disk = ask.of.block("boot_disk")
    made = disk.block("initialize_params")
    disks: tuple[tuple[Decimal, str], ...] = ()
    # A boot disk that is a resource of its own is priced as that.
    if not disk.has("source"):
        size = made.amount("size", _BOOT_GIB, computed=True)
        disks = ((size, made.text("type", "pd-standard", computed=True)),)
    shape = Shape(
        kind=ask.of.text("machine_type"),
        spot=is_spot(ask.of.block("scheduling")),
        gpus=gpus_of(ask.of),
        disks=disks,
        local_ssds=len(ask.of.blocks("scratch_disk")),
    )
    assumed = bool(disks) and not made.has("size")
    note = ("the boot disk is assumed to be 10 GiB, as its image says it",) if assumed else ()
    grade = Grade.B if assumed else Grade.A
    return Quote(groups=(group_of(ask, shape, ONE),), notes=note, grade=grade)


def instance_group(ask: Ask) -> Quote:
    """google_compute_(region_)instance_group_manager: its size, or the bounds of its autoscaler."""
    versions = ask.of.blocks("version")
    block = versions[0] if versions else ask.of
    name = block.hint("instance_template")
    kinds = ("google_compute_instance_template", "google_compute_region_instance_template")
    template = ask.sibling(kinds, "version" if versions else "instance_template", name)
    if template is None:
        raise CannotTellError("its instance template is not in the files that were read")
    shape = Shape(
        kind=template.text("machine_type"),
        spot=is_spot(template.block("scheduling")),
        gpus=gpus_of(template),
        disks=tuple(
            (one.amount("disk_size_gb", _BOOT_GIB, computed=True),
             one.text("disk_type", "pd-standard", computed=True))
            for one in template.blocks("disk")
            if one.text("type", "PERSISTENT", computed=True) != "SCRATCH"
        ),
        local_ssds=sum(
            one.text("type", "PERSISTENT", computed=True) == "SCRATCH"
            for one in template.blocks("disk")
        ),
    )  # fmt: skip
    return Quote(groups=(group_of(ask, shape, _size(ask)),))


def disk(ask: Ask) -> Quote:
    """google_compute_disk and google_compute_region_disk."""
    kind = ask.of.text("type", "pd-standard", computed=True).rpartition("/")[2]
    made_from = any(ask.of.has(name) for name in ("image", "snapshot", "source_disk"))
    if made_from and not ask.of.has("size"):
        raise CannotTellError("its size is that of what it is made from, which no file says")
    size = ask.of.amount("size", _DISK_GIB.get(kind, _DISK_GIB_ELSE), computed=True)
    regional = ":regional" if ask.of.has("replica_zones") else ""
    parts = [
        ask.tariff.part(f"storage:{kind}:regional", size)
        if regional
        else disk_part(ask.tariff, size, kind)
    ]
    if kind in _DISK_IOPS:
        iops = ask.of.amount("provisioned_iops", _DISK_IOPS[kind], computed=True)
        parts.append(ask.tariff.part(f"iops:{kind}", iops))
    return Quote(groups=(Group(items=(item("disk", gib(size, kind + regional), *parts),)),))


def tpu(ask: Ask) -> Quote:
    """google_tpu_v2_vm, google_tpu_node: the chips of its type or topology."""
    name, chips = _chips(ask.of)
    spot = is_spot(ask.of.block("scheduling_config"))
    part = ask.tariff.part(f"tpu:{name}", chips)
    if spot:
        part = spot_part(ask.tariff, part)
    shown = f"{number(chips)} chips TPU {name}{' spot' if spot else ''}"
    return Quote(groups=(Group(items=(item("TPU", shown, part),)),))


def _chips(of: Attributes) -> tuple[str, Decimal]:
    config = of.block("accelerator_config")
    if config.values:
        kind = config.text("type", "V2", computed=True)
        sides = config.text("topology").lower().split("x")
        if kind not in _TPU_TYPES or not all(side.isdecimal() for side in sides):
            raise CannotTellError("its accelerator_config names no TPU that is known")
        return _TPU_TYPES[kind], Decimal(math.prod(int(side[:5]) for side in sides))
    text = of.text("accelerator_type")
    found = _TPU.fullmatch(text)
    if found is None:
        raise CannotTellError(f"{text:.60} is no TPU type that is known")
    name = _TPU_NAMES.get(found[1], found[1])
    count = Decimal(found[2])
    return name, count / 2 if name in _TPU_BY_CORES else count


def _size(ask: Ask) -> Count:
    kinds = ("google_compute_autoscaler", "google_compute_region_autoscaler")
    target = ask.of.whole("target_size", 0, computed=True) if ask.of.has("target_size") else None
    for one in ask.of_kinds(*kinds):
        if _scales(one, ask.resource):
            policy = Attributes.of(one).block("autoscaling_policy")
            low, high = policy.whole("min_replicas"), policy.whole("max_replicas")
            return Count.between(low, low if target is None else target, high, "its autoscaler")
    if target is None:
        raise CannotTellError("it has no target_size, and no autoscaler of it was read")
    return Count.exact(ask.of.whole("target_size"))


def _scales(autoscaler: Resource, group: Resource) -> bool:
    own = Attributes.of(autoscaler)
    target = own.hint("target")
    if target:
        names = [Attributes.of(group).hint(key) for key in ("id", "self_link", "name")]
        return any(name and target.endswith(name) for name in names)
    return refers(autoscaler, "target", group.name)
