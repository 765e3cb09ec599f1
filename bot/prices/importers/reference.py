"""The layout of two plain tables: machines (`instance_type`, `usd_per_hour`, …) and unit prices
(`scope`, `resource`, `unit`, `usd`, …), each row with its source and day."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

from bot.config_file import ConfigError
from bot.prices.importers.found import (
    Found,
    Skipped,
    Source,
    accelerator,
    amount,
    day,
    table,
)
from bot.prices.row import STEMS, UNITS, Kind, Row
from checks.model import Grade

_MACHINES = ("provider", "region", "instance_type", "vcpu", "memory_gib", "usd_per_hour", "source")
_UNITS = ("provider", "region", "resource", "unit", "usd", "source", "as_of")
# What the layout calls otherwise than we do.
_NAMES = {
    "spot-cpu": "cpu:spot",
    "spot-ram": "ram:spot",
    "internet-egress": "egress:internet",
    "zone-egress": "egress:zone",
    "region-egress": "egress:region",
    "fargate-vcpu": "fargate:cpu",
    "fargate-memory": "fargate:ram",
    "eks-cluster": "control-plane",
    "eks-cluster-extended-support": "control-plane:extended",
    "aks-standard-tier": "control-plane",
    "gke-cluster": "control-plane",
    "gke-autopilot-vcpu": "autopilot:cpu",
    "gke-autopilot-memory": "autopilot:ram",
    "gke-autopilot-ephemeral": "autopilot:storage",
    "ebs-gp3-iops-over-3000": "iops:gp3",
    "ebs-gp3-throughput-over-125": "throughput:gp3",
    "ebs-io1-iops": "iops:io1",
    "ebs-io2-iops-tier1": "iops:io2",
    "efs-standard": "storage:efs",
    "efs-one-zone": "storage:efs-one-zone",
    "alb": "load-balancer:alb",
    "nlb": "load-balancer:nlb",
    "alb-lcu": "load-balancer:alb:lcu",
    "nlb-lcu": "load-balancer:nlb:lcu",
    "lb-standard-rule": "load-balancer:rule",
    "lb-data": "load-balancer:data",
    "forwarding-rule": "load-balancer:forwarding-rule",
    "nat-data": "nat-gateway:data",
    "pd-snapshot": "snapshot",
    "ip-unused": "ip:unused",
    "ip-vm": "ip:vm",
    "public-ip-standard-static": "ip",
    "disk-ultra": "storage:UltraSSD_LRS",
}
_PATTERNS = (
    (re.compile(r"ebs-(\w+)"), r"storage:\1"),
    (re.compile(r"(pd-\w+)-regional"), r"storage:\1:regional"),
    (re.compile(r"(pd-\w+|hyperdisk-\w+|local-ssd)"), r"storage:\1"),
    (re.compile(r"disk-(P\d+)-.*"), r"storage:Premium_LRS:\1"),
    (re.compile(r"disk-(E\d+)-.*"), r"storage:StandardSSD_LRS:\1"),
    (re.compile(r"disk-(S\d+)-.*"), r"storage:Standard_LRS:\1"),
    (re.compile(r"(\w+)-predefined-vcpu"), r"cpu:\1"),
    (re.compile(r"(\w+)-predefined-ram"), r"ram:\1"),
    (re.compile(r"(\w+)-custom-vcpu"), r"cpu:\1:custom"),
    (re.compile(r"(.+)-vcpu"), r"cpu:\1"),
    (re.compile(r"(.+)-ram"), r"ram:\1"),
)
_SAME_UNIT = {"GB-month": "GiB-month", "disk-month": "month"}
_MONTH = 730
_DERIVED = {"derived": Grade.C, "opencost-default": Grade.D}


def read(path: Path, _: Source) -> Iterator[Found]:
    """The rows of either table; each says all of itself. Raises ConfigError."""
    with path.open(newline="", encoding="utf-8-sig") as lines:
        header = lines.readline()
        lines.seek(0)
        machines = "instance_type" in header
        needed = _MACHINES if machines else _UNITS
        for line, cells in table(path, needed, lines):
            yield (_machine if machines else _unit)(path, line, cells)


def _machine(path: Path, line: int, cells: Mapping[str, str]) -> Found:
    vcpu, memory = (
        amount(path, line, name, _least(cells[name]) or "0") for name in ("vcpu", "memory_gib")
    )
    if not vcpu or not memory:
        return _alone(path, line, cells)
    name, count = cells.get("accelerator", ""), cells.get("accelerator_count", "")
    known = accelerator(name) if name else ""
    if name and not (known and count and Decimal(count)):
        return Skipped(f"{name}: not in the catalogue, or nobody says how many")
    spot = cells.get("usd_per_hour_spot", "")
    listed, _, spot_source = cells["source"].partition("+spot:")
    return Row(
        provider=cells["provider"],
        region=cells["region"],
        kind=Kind.MACHINE,
        name=cells["instance_type"],
        unit="hour",
        amount=amount(path, line, "usd_per_hour", cells["usd_per_hour"]),
        spot=amount(path, line, "usd_per_hour_spot", spot) if spot else None,
        spot_source=spot_source,
        spot_as_of=_month(spot_source),
        vcpu=vcpu,
        memory_gib=memory,
        accelerator=known,
        accelerators=amount(path, line, "accelerator_count", count) if known else Decimal(0),
        source=listed,
        as_of=_day(path, line, cells["as_of"]),
        grade=_grade(listed),
    )


def _alone(path: Path, line: int, cells: Mapping[str, str]) -> Found:
    """A chip or a GPU without a machine."""
    kind, _, name = cells["instance_type"].partition(":")
    if kind not in {"tpu-chip", "gpu-attach"}:
        return Skipped("a machine without vCPU and memory")
    tpu = kind == "tpu-chip"
    spot = cells.get("usd_per_hour_spot", "")
    return Row(
        provider=cells["provider"],
        region=cells["region"],
        kind=Kind.UNIT,
        name=f"tpu:{name}" if tpu else f"gpu:{accelerator(cells['accelerator'])}",
        unit="chip-hour" if tpu else "GPU-hour",
        amount=amount(path, line, "usd_per_hour", cells["usd_per_hour"]),
        spot=amount(path, line, "usd_per_hour_spot", spot) if spot else None,
        source=cells["source"],
        as_of=_day(path, line, cells["as_of"]),
    )


def _unit(path: Path, line: int, cells: Mapping[str, str]) -> Found:
    price = amount(path, line, "usd", cells["usd"])
    unit = _SAME_UNIT.get(cells["unit"], cells["unit"])
    if unit not in UNITS:
        said = f"unit: there is no unit {unit!r}; the units are {', '.join(sorted(UNITS))}"
        raise ConfigError(str(path), line, said)
    name = _name(cells["resource"])
    if name.partition(":")[0] not in STEMS:
        said = f"resource: there is no unit price {name!r}; docs/prices.md lists them"
        raise ConfigError(str(path), line, said)
    if name == "storage" and unit == "GiB-hour":
        # The layout's figure was a month's, divided and cut.
        price, unit = (price * _MONTH).quantize(Decimal("0.0001")), "GiB-month"
    elif unit == "month" and name.startswith(("ip", "nat-gateway")):
        price, unit = price / _MONTH, "hour"
    return Row(
        provider=cells["provider"],
        region=cells["region"],
        kind=Kind.UNIT,
        name=name,
        unit=unit,
        amount=price,
        source=cells["source"],
        as_of=_day(path, line, cells["as_of"]),
        grade=_DERIVED.get(cells.get("scope", ""), Grade.A),
    )


def _name(resource: str) -> str:
    if resource in _NAMES:
        return _NAMES[resource]
    for pattern, name in _PATTERNS:
        if found := pattern.fullmatch(resource):
            return found.expand(name)
    return resource


def _least(text: str) -> str:
    """ "4" of "4-6": what a buyer has at least."""
    return text.partition("-")[0]


def _grade(source: str) -> Grade:
    if source.startswith("LOW-CONFIDENCE"):
        return Grade.D
    derived = source.startswith("derived") or "=" in source or "minus" in source
    return Grade.C if derived else Grade.A


def _month(source: str) -> date | None:
    """The first day of the month that a spot source's name may end with: "coroot-2024-08"."""
    found = re.search(r"-(\d{4}-\d{2})$", source)
    return date.fromisoformat(f"{found[1]}-01") if found else None


def _day(path: Path, line: int, text: str) -> date:
    """A day; "2025-11+" (some day of that month or later) is its first."""
    month = text.removesuffix("+")
    return day(path, line, "as_of", f"{month}-01" if month != text else text)
