"""Azure's retail prices, as its API answers: virtual machines and managed disks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from bot.config_file import ConfigError
from bot.prices.importers.found import Found, Skipped, Source, amount, size
from bot.prices.importers.json_stream import members
from bot.prices.row import Kind, Row

_DISK = re.compile(r"([PES]\d+) (LRS|ZRS)")
_DISKS = {"P": "Premium", "E": "StandardSSD", "S": "Standard"}
_NEEDED = ("armRegionName", "retailPrice", "currencyCode", "unitOfMeasure", "serviceName", "type")


def read(path: Path, source: Source) -> Iterator[Found]:
    """Linux machines and disks, on demand; an interruptible price goes beside its machine's. Raises
    ConfigError."""
    machines: dict[tuple[str, ...], Row] = {}
    spots: dict[tuple[str, ...], Decimal] = {}
    for line, _, item in members(path, ("Items",)):
        missing = [name for name in _NEEDED if not isinstance(item, dict) or name not in item]
        if missing:
            raise ConfigError(str(path), line, f"a price without {missing[0]}: another format?")
        found = _row(path, line, item, source)
        if isinstance(found, Skipped) or found.kind is Kind.UNIT:
            yield found
        elif str(item.get("skuName", "")).endswith(" Spot"):
            spots[found.key] = found.amount
        else:
            machines[found.key] = found
    for key, row in machines.items():
        yield replace(row, spot=spots.get(key))
    for _ in spots.keys() - machines.keys():
        yield Skipped("an interruptible price without one on demand")


def _row(path: Path, line: int, item: Mapping[str, Any], source: Source) -> Found:
    if item["type"] != "Consumption":
        return Skipped(f"type {item['type']}")
    if item.get("tierMinimumUnits") not in {None, 0, "0", "0.0"}:
        return Skipped("a higher tier")
    price = amount(path, line, "retailPrice", str(item["retailPrice"]))
    if item["serviceName"] == "Virtual Machines":
        return _machine(path, line, item, price, source)
    disk = _DISK.fullmatch(str(item.get("skuName", "")))
    if item["serviceName"] != "Storage" or not disk or not _whole_disk(item):
        return Skipped(f"service {item['serviceName']}")
    if item["unitOfMeasure"] != "1/Month":
        said = f"unitOfMeasure: expected '1/Month', not {item['unitOfMeasure']!r}"
        raise ConfigError(str(path), line, said)
    name = f"storage:{_DISKS[disk[1][0]]}_{disk[2]}:{disk[1]}"
    return _found(path, item, source, Kind.UNIT, name, "month", price)


def _whole_disk(item: Mapping[str, Any]) -> bool:
    """Not one of the meters beside it: operations, mounts, bursts."""
    named = str(item.get("productName", "")).endswith("Managed Disks")
    return named and str(item.get("meterName", "")).endswith("Disk")


def _machine(
    path: Path, line: int, item: Mapping[str, Any], price: Decimal, source: Source
) -> Found:
    name = str(item.get("armSkuName", ""))
    said = f"{item.get('productName', '')} {item.get('skuName', '')}"
    if "Windows" in said or "Low Priority" in said or "Cloud Services" in said:
        return Skipped("Windows, low priority or cloud services")
    if item["unitOfMeasure"] != "1 Hour":
        wrong = f"unitOfMeasure: expected '1 Hour', not {item['unitOfMeasure']!r}"
        raise ConfigError(str(path), line, wrong)
    known = size("azure", name)
    if known is None:
        return Skipped("a machine that no sheet says the size of")
    row = _found(path, item, source, Kind.MACHINE, known.name, "hour", price)
    return replace(
        row,
        vcpu=known.vcpu,
        memory_gib=known.memory_gib,
        accelerator=known.accelerator,
        accelerators=known.accelerators,
    )


def _found(
    path: Path,
    item: Mapping[str, Any],
    source: Source,
    kind: Kind,
    name: str,
    unit: str,
    price: Decimal,
) -> Row:
    return Row(
        provider="azure",
        region=str(item["armRegionName"]),
        kind=kind,
        name=name,
        unit=unit,
        amount=price,
        currency=str(item["currencyCode"]),
        source=source.name or "Azure retail prices",
        as_of=source.day(path),
    )
