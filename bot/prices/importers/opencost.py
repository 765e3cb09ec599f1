"""OpenCost's custom pricing CSV: what its users say that their nodes, disks and GPUs cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

from bot.config_file import ConfigError
from bot.prices.importers.found import Found, Skipped, Source, accelerator, amount, day, size, table
from bot.prices.row import ANY, Kind, Row

_NEEDED = (
    "EndTimestamp",
    "InstanceID",
    "Region",
    "AssetClass",
    "InstanceIDField",
    "InstanceType",
    "MarketPriceHourly",
)
_MONTH = 730
_CLASS_FIELDS = ("spec.storageClassName", "storageclass")
_TYPE_LABELS = ("node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type")


def read(path: Path, source: Source) -> Iterator[Found]:
    """Nodes by their type, disks by their class, GPUs by their model; what is priced by the name of
    one node or volume is skipped. Raises ConfigError."""
    with path.open(newline="", encoding="utf-8-sig") as lines:
        for line, cells in table(path, _NEEDED, lines):
            kind = cells["AssetClass"].strip().casefold()
            if kind not in _READERS:
                raise ConfigError(
                    str(path), line, f"AssetClass: expected node, pv or gpu, not {kind!r}"
                )
            yield _READERS[kind](path, line, cells, source)


def _node(path: Path, line: int, cells: Mapping[str, str], source: Source) -> Found:
    by_type = cells["InstanceIDField"].endswith(_TYPE_LABELS)
    name = cells["InstanceType"] or (cells["InstanceID"] if by_type else "")
    if not name:
        return Skipped("priced by the name of one node, not by its type")
    known = size(source.of(path), name)
    if known is None:
        return Skipped(f"{name}: no sheet says how large it is; add vcpu and memory_gib by hand")
    return Row(
        provider=source.of(path),
        region=cells["Region"] or ANY,
        kind=Kind.MACHINE,
        name=known.name,
        unit="hour",
        amount=amount(path, line, "MarketPriceHourly", cells["MarketPriceHourly"]),
        vcpu=known.vcpu,
        memory_gib=known.memory_gib,
        accelerator=known.accelerator,
        accelerators=known.accelerators,
        source=source.name or "OpenCost custom pricing",
        as_of=_day(path, line, cells, source),
    )


def _disk(path: Path, line: int, cells: Mapping[str, str], source: Source) -> Found:
    if not cells["InstanceIDField"].endswith(_CLASS_FIELDS):
        return Skipped("priced by the name of one volume, not by its class")
    hourly = amount(path, line, "MarketPriceHourly", cells["MarketPriceHourly"])
    name = f"storage:{cells['InstanceID']}"
    return _unit(path, line, cells, source, (name, "GiB-month", hourly * _MONTH))


def _gpu(path: Path, line: int, cells: Mapping[str, str], source: Source) -> Found:
    known = accelerator(cells["InstanceID"].replace("_", "-"))
    if not known:
        return Skipped(f"{cells['InstanceID']}: not in the catalogue of accelerators")
    hourly = amount(path, line, "MarketPriceHourly", cells["MarketPriceHourly"])
    return _unit(path, line, cells, source, (f"gpu:{known}", "GPU-hour", hourly))


def _unit(
    path: Path,
    line: int,
    cells: Mapping[str, str],
    source: Source,
    price: tuple[str, str, Decimal],
) -> Row:
    name, unit, value = price
    return Row(
        provider=source.of(path),
        region=cells["Region"] or ANY,
        kind=Kind.UNIT,
        name=name,
        unit=unit,
        amount=value,
        source=source.name or "OpenCost custom pricing",
        as_of=_day(path, line, cells, source),
    )


def _day(path: Path, line: int, cells: Mapping[str, str], source: Source) -> date:
    if source.as_of is None and cells["EndTimestamp"]:
        return day(path, line, "EndTimestamp", cells["EndTimestamp"])
    return source.day(path)


_READERS = {"node": _node, "pv": _disk, "gpu": _gpu}
