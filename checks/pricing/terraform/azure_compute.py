"""Virtual machines, scale sets and AKS."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from checks.model import Grade
from checks.pricing.terraform.ask import Ask, Usage, refers
from checks.pricing.terraform.attributes import Attributes, CannotTellError
from checks.pricing.terraform.azure_disk import disk
from checks.pricing.terraform.quote import ONE, Count, Group, Item, Quote, item
from checks.pricing.terraform.tariff import machine_part

_LINUX_GIB, _WINDOWS_GIB = Decimal(30), Decimal(127)
# Disks of AKS nodes that say no size, by the cores of the machine.
_NODE_DISKS = ((7, 128), (15, 256), (63, 512), (None, 1024))
_SIZE = re.compile(r"(?:standard|basic)_([a-z]+)\d+(?:-\d+)?([a-z]*)", re.IGNORECASE)
_PLANES = {"standard": "control-plane", "paid": "control-plane", "premium": "control-plane:premium"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Machine:
    size: str
    spot: bool
    disks: tuple[tuple[Decimal, str], ...]
    assumed: bool


def linux_machine(ask: Ask) -> Quote:
    """azurerm_linux_virtual_machine."""
    return _machines(ask, _modern(ask.of, "size", _LINUX_GIB), ONE)


def windows_machine(ask: Ask) -> Quote:
    """azurerm_windows_virtual_machine: priced where the licence is brought along."""
    _licensed(ask.of)
    return _machines(ask, _modern(ask.of, "size", _WINDOWS_GIB), ONE)


def machine(ask: Ask) -> Quote:
    """azurerm_virtual_machine, the resource of old."""
    return _machines(ask, _old(ask.of, ask.of.text("vm_size")), ONE)


def linux_scale_set(ask: Ask) -> Quote:
    """azurerm_linux_virtual_machine_scale_set."""
    return _machines(ask, _modern(ask.of, "sku", _LINUX_GIB), _instances(ask, ask.of, "instances"))


def windows_scale_set(ask: Ask) -> Quote:
    """azurerm_windows_virtual_machine_scale_set."""
    _licensed(ask.of)
    count = _instances(ask, ask.of, "instances")
    return _machines(ask, _modern(ask.of, "sku", _WINDOWS_GIB), count)


def scale_set(ask: Ask) -> Quote:
    """azurerm_virtual_machine_scale_set, the resource of old."""
    sku = ask.of.block("sku")
    return _machines(ask, _old(ask.of, sku.text("name")), _instances(ask, sku, "capacity"))


def kubernetes_cluster(ask: Ask) -> Quote:
    """azurerm_kubernetes_cluster: its control plane and its default pool."""
    pools = ask.of.blocks("default_node_pool")
    groups = []
    tier = ask.of.text("sku_tier", "Free", computed=True)
    if tier.lower() in _PLANES:
        part = ask.tariff.part(_PLANES[tier.lower()])
        plane = item("control plane", f"AKS {tier}", part)
        groups.append(Group(items=(plane,), name="control plane"))
    elif tier != "Free":
        raise CannotTellError(f"{tier:.40} is no tier of AKS that is known")
    if pools:
        usage = ask.usage.under("default_node_pool")
        groups.append(_pool(ask, pools[0], usage, "default pool"))
    return Quote(groups=tuple(groups), nodes=True)


def node_pool(ask: Ask) -> Quote:
    """azurerm_kubernetes_cluster_node_pool."""
    if ask.of.text("os_type", "Linux", computed=True) == "Windows":
        raise CannotTellError("its nodes run Windows, of which no sheet has prices")
    return Quote(groups=(_pool(ask, ask.of, ask.usage, ""),), nodes=True)


def _pool(ask: Ask, of: Attributes, usage: Usage, name: str) -> Group:
    size = of.text("vm_size")
    spot = of.text("priority", "Regular", computed=True) == "Spot"
    items = [_type(ask, size, spot, usage.share)]
    if of.text("os_disk_type", "Managed", computed=True) != "Ephemeral":
        cores = ask.tariff.machine(size).vcpu
        standard = next(g for most, g in _NODE_DISKS if most is None or cores <= most)
        gibs = of.amount("os_disk_size_gb", standard, computed=True)
        kind = "Premium_LRS" if _takes_premium(size) else "Standard_LRS"
        items.append(_disks(ask, ((gibs, kind),)))
    return Group(
        items=tuple(items),
        count=_nodes(of, usage),
        name=name,
        machine=ask.tariff.machine(size),
    )


def _nodes(of: Attributes, usage: Usage) -> Count:
    used = usage.count("nodes")
    scaled = of.flag("auto_scaling_enabled") or of.flag("enable_auto_scaling")
    if not scaled:
        return Count.exact(of.whole("node_count", 1, computed=True) if used is None else used)
    low, high = of.whole("min_count"), of.whole("max_count")
    expected = of.whole("node_count", low, computed=True) if used is None else used
    return Count.between(low, expected, high, "its autoscaler")


def _machines(ask: Ask, of: _Machine, count: Count) -> Quote:
    items = [_type(ask, of.size, of.spot, ask.usage.share)]
    if of.disks:
        items.append(_disks(ask, of.disks))
    group = Group(items=tuple(items), count=count, machine=ask.tariff.machine(of.size))
    note = ("the disk is assumed to be of the usual size, as its image says it",)
    return Quote(
        groups=(group,),
        notes=note if of.assumed else (),
        grade=Grade.B if of.assumed else Grade.A,
    )


def _type(ask: Ask, size: str, spot: bool, share: Decimal) -> Item:
    part = machine_part(ask.tariff, (size,), share, spot=spot)
    return item("instance type", size + (" spot" if spot else ""), part)


def _disks(ask: Ask, disks: tuple[tuple[Decimal, str], ...]) -> Item:
    found = [disk(ask.tariff, size, kind) for size, kind in disks]
    return item("disk", ", ".join(shown for _, shown in found), *(part for part, _ in found))


def _modern(of: Attributes, size: str, usual: Decimal) -> _Machine:
    own = of.blocks("os_disk", computed=False)
    if not own:
        raise CannotTellError("it has no os_disk")
    # Data disks of a scale set stand in it; those of a machine are resources of their own.
    data = of.blocks("data_disk")
    return _Machine(
        size=of.text(size),
        spot=of.text("priority", "Regular", computed=True) == "Spot",
        disks=(
            (own[0].amount("disk_size_gb", usual, computed=True),
             own[0].text("storage_account_type")),
            *((one.amount("disk_size_gb"), one.text("storage_account_type")) for one in data),
        ),
        assumed=not own[0].has("disk_size_gb"),
    )  # fmt: skip


def _old(of: Attributes, size: str) -> _Machine:
    if of.has("os_profile_windows_config"):
        _licensed(of)
    own = (of.blocks("storage_os_disk") or of.blocks("storage_profile_os_disk"))[:1]
    data = (*of.blocks("storage_data_disk"), *of.blocks("storage_profile_data_disk"))
    if own and own[0].text("os_type", "Linux", computed=True) == "Windows":
        _licensed(of)
    return _Machine(
        size=size,
        spot=of.text("priority", "Regular", computed=True) in ("Spot", "Low"),
        disks=tuple(
            (one.amount("disk_size_gb", _LINUX_GIB if one in own else None, computed=one in own),
             one.text("managed_disk_type", "Standard_LRS", computed=True))
            for one in (*own, *data)
        ),
        assumed=bool(own) and not own[0].has("disk_size_gb"),
    )  # fmt: skip


def _licensed(of: Attributes) -> None:
    """Windows at the price of Linux, where the licence is one's own; no sheet has the others."""
    licence = of.text("license_type", "None", computed=True)
    if licence not in ("Windows_Server", "Windows_Client"):
        raise CannotTellError("it runs Windows, of which no sheet has prices")


def _instances(ask: Ask, of: Attributes, name: str) -> Count:
    """How many a scale set has: its own number, or the bounds of its autoscale setting."""
    used = ask.usage.count("instances")
    own = of.whole(name, 0) if used is None else used
    for one in ask.of_kinds("azurerm_monitor_autoscale_setting"):
        setting = Attributes.of(one)
        target = setting.hint("target_resource_id")
        named = any(name and target.endswith(name) for name in map(ask.of.hint, ("id", "name")))
        if named or refers(one, "target_resource_id", ask.resource.name):
            bounds = setting.block("profile").block("capacity")
            low, high = bounds.whole("minimum"), bounds.whole("maximum")
            return Count.between(low, own, high, "its autoscale setting")
    return Count.exact(own)


def _takes_premium(size: str) -> bool:
    """Whether a machine of the size can have premium disks: its name has an s."""
    found = _SIZE.match(size)
    return found is not None and "s" in (found[1][1:] + found[2]).lower()
