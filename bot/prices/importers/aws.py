"""AWS's bulk price list of EC2, CSV or JSON: gigabytes, read in one pass and a few megabytes."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO

from bot.config_file import ConfigError
from bot.prices.importers.found import Found, Skipped, Source, amount, day, size, table
from bot.prices.importers.json_stream import members
from bot.prices.row import Kind, Row

_NEEDED = (
    "TermType",
    "Unit",
    "PricePerUnit",
    "Currency",
    "Product Family",
    "Instance Type",
    "vCPU",
    "Memory",
    "Tenancy",
    "Operating System",
    "CapacityStatus",
    "Region Code",
)
# The lines before the columns: version, disclaimer, publication date, version, offer code.
_PREAMBLE = 5
_COMPUTE = ("Compute Instance", "Compute Instance (bare metal)")
_HOURS = {"Hrs", "Hours", "hrs"}


def read(path: Path, source: Source) -> Iterator[Found]:
    """Linux machines on demand with shared tenancy and nothing installed, and EBS volumes. Raises
    ConfigError."""
    yield from _json(path, source) if path.suffix == ".json" else _csv(path, source)


def _csv(path: Path, source: Source) -> Iterator[Found]:
    with path.open(newline="", encoding="utf-8-sig") as lines:
        published = _published(path, lines, source)
        for line, cells in table(path, _NEEDED, lines, before=_PREAMBLE):
            if cells["TermType"] != "OnDemand":
                yield Skipped(f"term {cells['TermType'] or 'unknown'}")
                continue
            about = {_ATTRIBUTES.get(name, name): value for name, value in cells.items()}
            yield _row(path, line, about, published, source)


def _published(path: Path, lines: TextIO, source: Source) -> date:
    """The day on which the list was published, of the lines before its table."""
    said: dict[str, str] = {}
    for _ in range(_PREAMBLE):
        cells = next(csv.reader([lines.readline()]), [])
        if len(cells) > 1:
            said[cells[0]] = cells[1]
    if source.as_of is not None:
        return source.as_of
    if "Publication Date" not in said:
        raise ConfigError(
            str(path), 1, "there is no 'Publication Date': is this a bulk price list?"
        )
    return day(path, 1, "Publication Date", said["Publication Date"])


def _json(path: Path, source: Source) -> Iterator[Found]:
    published = source.as_of or _publication(path)
    wanted: dict[str, Mapping[str, str]] = {}
    for _, sku, product in members(path, ("products",)):
        about = {**product.get("attributes", {}), "family": product.get("productFamily", "")}
        reason = _unwanted(about)
        if reason:
            yield Skipped(reason)
        else:
            # There are many products and their attributes: only what is asked of them stays.
            wanted[sku] = {name: about[name] for name in _KEPT if name in about}
    for line, sku, terms in members(path, ("terms", "OnDemand")):
        if sku in wanted:
            for price in _dimensions(terms):
                yield _row(path, line, {**wanted[sku], **price}, published, source)


def _publication(path: Path) -> date:
    # It stands before the products: only the first piece of the file is read.
    with path.open(encoding="utf-8-sig") as file:
        head = file.read(1 << 14)
    _, _, after = head.partition('"publicationDate"')
    quoted = after.split('"')
    if len(quoted) < 2:
        raise ConfigError(str(path), 1, "there is no 'publicationDate': is this a bulk price list?")
    return day(path, 1, "publicationDate", quoted[1])


def _dimensions(terms: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    for term in terms.values():
        for one in term.get("priceDimensions", {}).values():
            for currency, value in one.get("pricePerUnit", {}).items():
                yield {"unit": one.get("unit", ""), "price": value, "currency": currency}


# The CSV's columns as the JSON names the same things.
_ATTRIBUTES = {
    "Product Family": "family",
    "Instance Type": "instanceType",
    "vCPU": "vcpu",
    "Memory": "memory",
    "Tenancy": "tenancy",
    "Operating System": "operatingSystem",
    "CapacityStatus": "capacitystatus",
    "Pre Installed S/W": "preInstalledSw",
    "License Model": "licenseModel",
    "Region Code": "regionCode",
    "Volume API Name": "volumeApiName",
    "Unit": "unit",
    "PricePerUnit": "price",
    "Currency": "currency",
}


_KEPT = frozenset({*_ATTRIBUTES.values(), "gpu"})


def _unwanted(about: Mapping[str, str]) -> str:
    family = about.get("family", "")
    if family == "Storage" and about.get("volumeApiName"):
        return ""
    if family not in _COMPUTE:
        return f"product family {family or 'unknown'}"
    asked = {
        "tenancy": "Shared",
        "operatingSystem": "Linux",
        "capacitystatus": "Used",
        "preInstalledSw": "NA",
    }
    for name, value in asked.items():
        if about.get(name, value) not in {value, ""}:
            return f"{name} other than {value}"
    return ""


def _row(path: Path, line: int, about: Mapping[str, str], published: date, source: Source) -> Found:
    if reason := _unwanted(about):
        return Skipped(reason)
    price = amount(path, line, "price", about["price"])
    disk = about["family"] == "Storage"
    known = None if disk else size("aws", about["instanceType"])
    problem = _problem(about, disk=disk, gpu_unknown=known is None and _gpus(about))
    if problem.startswith("unit"):
        raise ConfigError(str(path), line, problem)
    if problem or not price:
        return Skipped(problem or "a price of 0, which stands for machines that are not sold alone")
    memory = about.get("memory", "").removesuffix("GiB")
    return Row(
        provider="aws",
        region=about["regionCode"],
        kind=Kind.UNIT if disk else Kind.MACHINE,
        name=f"storage:{about['volumeApiName']}" if disk else about["instanceType"],
        unit="GiB-month" if disk else "hour",
        amount=price,
        currency=about["currency"],
        vcpu=Decimal(0) if disk else amount(path, line, "vcpu", about["vcpu"]),
        memory_gib=Decimal(0) if disk else amount(path, line, "memory", memory),
        accelerator=known.accelerator if known else "",
        accelerators=known.accelerators if known else Decimal(0),
        source=source.name or "AWS price list AmazonEC2",
        as_of=published,
    )


def _problem(about: Mapping[str, str], *, disk: bool, gpu_unknown: bool) -> str:
    unit = about.get("unit", "")
    if not (unit == "GB-Mo" if disk else unit in _HOURS):
        return f"unit: expected {'GB-Mo' if disk else 'Hrs'}, not {unit!r}"
    if not about.get("regionCode"):
        return "no region"
    return "the list names no GPU model, and no sheet of ours does" if gpu_unknown else ""


def _gpus(about: Mapping[str, str]) -> bool:
    return about.get("gpu", about.get("GPU", "")) not in {"", "0", "NA"}
