"""GKE: control planes, node pools, and the clusters that hold pools of their own."""

from __future__ import annotations

from decimal import Decimal

from checks.pricing.terraform.ask import Ask, Usage
from checks.pricing.terraform.attributes import Attributes, CannotTellError
from checks.pricing.terraform.gcp_machine import Shape, gpus_of, group_of, is_spot
from checks.pricing.terraform.quote import Count, Group, Quote, item

# GKE's own defaults.
_MACHINE, _DISK_GIB, _DISK_TYPE = "e2-medium", 100, "pd-balanced"
_REGION_ZONES = 3


def cluster(ask: Ask) -> Quote:
    """google_container_cluster: its control plane, and the pools that it declares itself."""
    if ask.of.flag("enable_autopilot"):
        return _autopilot(ask)
    groups = [_control_plane(ask, "GKE")]
    zones = _zones(ask.of, ask.of)
    pools = ask.of.blocks("node_pool")
    if not ask.of.flag("remove_default_node_pool") and not pools:
        count = ask.of.whole("initial_node_count")
        groups.append(_pool(ask, ask.of.block("node_config"), _exact(ask.usage, count), zones,
                            "default pool"))  # fmt: skip
    for number, pool in enumerate(pools):
        figures = ask.usage.under(f"node_pool[{number}]")
        own = _zones(pool, ask.of) if pool.has("node_locations") else zones
        config = pool.block("node_config")
        name = f"pool {number + 1}"
        groups.append(_pool(ask, config, _count(pool, figures, own), 1, name))
    return Quote(groups=tuple(groups), nodes=len(groups) > 1)


def node_pool(ask: Ask) -> Quote:
    """google_container_node_pool: its nodes in every zone of it."""
    name = ask.of.hint("cluster")
    owner = ask.sibling(("google_container_cluster",), "cluster", name)
    zones = _zones(ask.of, owner)
    count = _count(ask.of, ask.usage, zones)
    group = _pool(ask, ask.of.block("node_config"), count, 1, "")
    return Quote(groups=(group,), nodes=True)


def _pool(ask: Ask, config: Attributes, count: Count, zones: int, name: str) -> Group:
    size = config.amount("disk_size_gb", _DISK_GIB, computed=True)
    kind = config.text("disk_type", _DISK_TYPE, computed=True)
    local = config.whole("local_ssd_count", 0, computed=True)
    for block in ("ephemeral_storage_local_ssd_config", "local_nvme_ssd_block_config"):
        local += config.block(block).whole("local_ssd_count", 0, computed=True)
    shape = Shape(
        kind=config.text("machine_type", _MACHINE, computed=True),
        spot=is_spot(config),
        gpus=gpus_of(config),
        disks=((size, kind),),
        local_ssds=local,
    )
    return group_of(ask, shape, count.times(zones), name)


def _count(pool: Attributes, usage: Usage, zones: int) -> Count:
    nodes = usage.count("nodes")
    first = pool.whole("initial_node_count", 0, computed=True)
    each = pool.whole("node_count", first, computed=True) if nodes is None else nodes
    scaling = pool.blocks("autoscaling")
    if not scaling:
        if nodes is None and not pool.has("node_count") and not pool.has("initial_node_count"):
            raise CannotTellError("it has neither node_count nor autoscaling")
        return Count.exact(each).times(zones)
    total = scaling[0]
    if total.has("total_max_node_count"):
        low = total.whole("total_min_node_count", 0, computed=True)
        high = total.whole("total_max_node_count")
        return Count.between(low, each * zones, high, "its autoscaling")
    low = total.whole("min_node_count", 0, computed=True)
    return Count.between(low, each, total.whole("max_node_count"), "its autoscaling").times(zones)


def _exact(usage: Usage, count: int) -> Count:
    nodes = usage.count("nodes")
    return Count.exact(count if nodes is None else nodes)


def _zones(of: Attributes, owner: Attributes | None) -> int:
    """In how many zones the nodes are: those listed (of a zonal cluster besides its own), else one
    of a zonal place and three of a region."""
    location = _location(of, owner)
    zonal = location.count("-") == 2
    own = of.texts("node_locations", computed=True)
    if own:
        return len(own)
    listed = owner.texts("node_locations", computed=True) if owner is not None else ()
    if listed:
        return len({*listed, location}) if zonal else len(listed)
    return 1 if zonal else _REGION_ZONES


def _location(of: Attributes, owner: Attributes | None) -> str:
    for one in (of, owner):
        for name in ("location", "zone", "region"):
            found = one.hint(name) if one is not None else ""
            if found:
                return found
    raise CannotTellError(
        "neither it nor a cluster in the files that were read says its location, so the number of"
        " its zones is not known"
    )


def _control_plane(ask: Ask, shown: str) -> Group:
    plane = item("control plane", shown, ask.tariff.part("control-plane"))
    return Group(items=(plane,), name="control plane")


def _autopilot(ask: Ask) -> Quote:
    items = []
    for figure, name, unit in (
        ("autopilot_vcpu_count", "autopilot:cpu", "vCPU"),
        ("autopilot_memory_gb", "autopilot:ram", "GiB"),
        ("autopilot_ephemeral_storage_gb", "autopilot:storage", "GiB of disk"),
    ):
        amount: Decimal | None = ask.usage.get(figure)
        if amount:
            items.append(item(unit, f"{amount} {unit}", ask.tariff.part(name, amount)))
    groups = [_control_plane(ask, "GKE Autopilot")]
    if items:
        groups.append(Group(items=tuple(items), name="pods"))
    return Quote(groups=tuple(groups), more=not items)
