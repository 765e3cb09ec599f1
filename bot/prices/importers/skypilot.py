"""SkyPilot's catalog (`aws.csv`, `gcp.csv`, …): a machine a row and zone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from bot.prices.importers.found import Found, Skipped, Source, accelerator, amount, table
from bot.prices.row import Kind, Row

_NEEDED = (
    "InstanceType",
    "AcceleratorName",
    "AcceleratorCount",
    "vCPUs",
    "MemoryGiB",
    "Price",
    "SpotPrice",
    "Region",
)


def read(path: Path, source: Source) -> Iterator[Found]:
    """The machines of a catalog, of several zones the lowest spot price. Raises ConfigError."""
    found: dict[tuple[str, ...], Row] = {}
    with path.open(newline="", encoding="utf-8-sig") as lines:
        for line, cells in table(path, _NEEDED, lines):
            row = _row(path, line, cells, source)
            if isinstance(row, Skipped):
                yield row
                continue
            before = found.get(row.key)
            found[row.key] = row if before is None else _cheaper(before, row)
    yield from found.values()


def _cheaper(first: Row, other: Row) -> Row:
    spots = [row.spot for row in (first, other) if row.spot is not None]
    return replace(first, spot=min(spots, default=None))


def _row(path: Path, line: int, cells: Mapping[str, str], source: Source) -> Found:
    name, gpu, count = (cells[c] for c in ("InstanceType", "AcceleratorName", "AcceleratorCount"))
    known = accelerator(gpu) if gpu else ""
    number = amount(path, line, "AcceleratorCount", count) if gpu and count else Decimal(0)
    if gpu and not (known and number):
        return Skipped(f"{gpu}: not in the catalogue of accelerators")
    if not cells["Price"]:
        return Skipped("no on-demand price")
    price = amount(path, line, "Price", cells["Price"])
    spot = amount(path, line, "SpotPrice", cells["SpotPrice"]) if cells["SpotPrice"] else None
    alone = not name
    if not alone and not (cells["vCPUs"] and cells["MemoryGiB"]):
        return Skipped("a machine without vCPU and memory")
    if alone and not gpu:
        return Skipped("neither a machine nor an accelerator")
    return Row(
        provider=source.of(path),
        region=cells["Region"],
        kind=Kind.UNIT if alone else Kind.MACHINE,
        name=f"gpu:{known}" if alone else name,
        unit="GPU-hour" if alone else "hour",
        amount=price / number if alone else price,
        spot=spot / number if alone and spot is not None else spot,
        vcpu=Decimal(0) if alone else amount(path, line, "vCPUs", cells["vCPUs"]),
        memory_gib=Decimal(0) if alone else amount(path, line, "MemoryGiB", cells["MemoryGiB"]),
        accelerator="" if alone else known,
        accelerators=Decimal(0) if alone else number,
        source=source.name or "skypilot-catalog",
        as_of=source.day(path),
    )
