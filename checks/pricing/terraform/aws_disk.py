"""EBS volumes: alone, and as block devices of machines."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from checks.pricing.terraform.ask import Ask
from checks.pricing.terraform.attributes import Attributes
from checks.pricing.terraform.quote import Group, Item, Quote, gib, item
from checks.pricing.terraform.tariff import Part, Tariff

# What comes with a gp3 volume.
_GP3_IOPS, _GP3_MBPS = 3000, 125
# io2 gets cheaper by steps.
_IO2_TIERS = ((32_000, "iops:io2"), (64_000, "iops:io2:tier2"), (None, "iops:io2:tier3"))
# The size of the usual Linux images; that of this one stands in no file.
ROOT_GIB = Decimal(8)
_ROOT_DEVICES = frozenset({"/dev/xvda", "/dev/sda1", "/dev/sda", "/dev/nvme0n1"})


def ebs_volume(ask: Ask) -> Quote:
    """aws_ebs_volume: its size, and what it can do beyond what comes with it."""
    kind = ask.of.text("type", "gp2", computed=True)
    size = ask.of.amount("size")
    parts, shown = volume(ask.tariff, ask.of, kind, size)
    more, requests = False, ask.usage.get("monthly_standard_io_requests")
    if kind == "standard":
        more = requests is None
        if requests:
            parts = (*parts, ask.tariff.part("requests:standard", requests))
    return Quote(groups=(Group(items=(item("disk", shown, *parts),)),), more=more)


def volume(
    tariff: Tariff, of: Attributes, kind: str, size: Decimal
) -> tuple[tuple[Part, ...], str]:
    """The parts of one volume, and it in words; `of` may set iops and throughput."""
    parts = [tariff.part(f"storage:{kind}", size, instead="storage")]
    if kind == "gp3":
        iops = of.amount("iops", _GP3_IOPS, computed=True)
        speed = of.amount("throughput", _GP3_MBPS, computed=True)
        parts += _above(tariff, "iops:gp3", iops - _GP3_IOPS)
        parts += _above(tariff, "throughput:gp3", speed - _GP3_MBPS)
    elif kind in ("io1", "io2"):
        parts += _provisioned(tariff, kind, of.amount("iops"))
    return tuple(parts), gib(size, kind)


def devices(tariff: Tariff, of: Attributes) -> Item:
    """The disks of a machine: root_block_device and ebs_block_device."""
    root = of.block("root_block_device")
    found = [_device(tariff, root, ROOT_GIB)]
    found += [_device(tariff, one) for one in of.blocks("ebs_block_device")]
    return _disks(found)


def mappings(tariff: Tariff, of: Attributes) -> Item:
    """The disks of a launch template: the image's own is replaced by name, or stays."""
    found, root = [], False
    for mapping in of.blocks("block_device_mappings"):
        ebs = mapping.blocks("ebs")
        named = mapping.text("device_name", "", computed=True)
        if ebs:
            root = root or named in _ROOT_DEVICES
            size = ROOT_GIB if named in _ROOT_DEVICES else None
            found.append(_device(tariff, ebs[0], size))
    if not root:
        found.insert(0, _device(tariff, Attributes(values={}), ROOT_GIB))
    return _disks(found)


def sized(tariff: Tariff, size: Decimal, kind: str) -> Item:
    """One disk of a size, of a type that needs nothing else."""
    return item("disk", gib(size, kind), tariff.part(f"storage:{kind}", size, instead="storage"))


def _device(
    tariff: Tariff, of: Attributes, size: Decimal | None = None
) -> tuple[tuple[Part, ...], str]:
    # A snapshot or image says the size where the files do not; that of the root is assumed.
    amount = of.amount("volume_size", size, computed=size is not None)
    return volume(tariff, of, of.text("volume_type", "gp2", computed=True), amount)


def _disks(found: Iterable[tuple[tuple[Part, ...], str]]) -> Item:
    parts = tuple(part for group, _ in found for part in group)
    return item("disk", ", ".join(shown for _, shown in found), *parts)


def _above(tariff: Tariff, name: str, amount: Decimal) -> list[Part]:
    return [tariff.part(name, amount)] if amount > 0 else []


def _provisioned(tariff: Tariff, kind: str, iops: Decimal) -> list[Part]:
    if kind == "io1":
        return [tariff.part("iops:io1", iops)]
    parts, below = [], Decimal(0)
    for limit, name in _IO2_TIERS:
        top = iops if limit is None else min(iops, Decimal(limit))
        parts += _above(tariff, name, top - below)
        below = max(below, top)
    return parts
