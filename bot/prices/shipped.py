"""The sheets in config/prices/, read when a place is asked for and no more of them than it needs.

    default/units.csv             OpenCost's defaults
    <provider>/units.csv          unit prices, of all regions
    <provider>/accelerated.csv    machines with GPUs, TPUs and the like, of all regions
    <provider>/<region>.csv       the other machines of one region

They are trusted: tests/prices check every row of them.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path

from bot.data import data_root
from bot.prices.row import ANY, COLUMNS, Kind, Row
from checks.model import Grade

DEFAULT = "default"
# Where a provider's prices are taken from when a region has none of its own.
HOMES = {"aws": "us-east-1", "gcp": "us-central1", "azure": "eastus"}
_NOTHING = Decimal(0)
_GRADES = {grade.value: grade for grade in Grade}
_KINDS = {kind.value: kind for kind in Kind}
_REGION, _NAME, _ACCELERATOR = map(COLUMNS.index, ("region", "name", "accelerator"))

# A row as it stands in the file: most of a region's machines are never asked for.
Raw = tuple[str, ...]


@cache
def providers() -> tuple[str, ...]:
    """The providers that have a sheet."""
    return tuple(sorted(entry.name for entry in folder().iterdir() if entry.is_dir()))


def regions(provider: str) -> tuple[str, ...]:
    """The regions that a provider's sheets have prices of, "any" among them."""
    files = (folder() / provider).glob("*.csv") if provider in providers() else ()
    return tuple(sorted({raw[_REGION] for path in files for raw in _read(path)}))


def units(provider: str, region: str) -> dict[str, Raw]:
    """Unit prices of exactly this provider and region, by name."""
    return dict(_of(provider, "units", region))


@lru_cache(maxsize=32)
def machines(provider: str, region: str) -> dict[str, Raw]:
    """Machines of exactly this provider and region, by their name in lower case."""
    found = {name.casefold(): raw for name, raw in _of(provider, "accelerated", region)}
    if region not in {"", ANY}:
        found.update((name.casefold(), raw) for name, raw in _of(provider, region, region))
    return found


@lru_cache(maxsize=16)
def elsewhere(provider: str, file: str) -> dict[str, Raw]:
    """The rows of "units" or "accelerated" wherever they hold, by name (of machines in lower case);
    where several regions have one, that of the home region, else of the first."""
    home = HOMES.get(provider, "")
    found: dict[str, Raw] = {}
    for raw in sorted(_rows(provider, file), key=lambda raw: (raw[_REGION] != home, raw[_REGION])):
        if raw[_REGION] != ANY:
            found.setdefault(raw[_NAME] if file == "units" else raw[_NAME].casefold(), raw)
    return found


def with_accelerators(rows: Mapping[str, Raw]) -> Iterator[str]:
    """Of these machines the names of those that have one."""
    return (name for name, raw in rows.items() if raw[_ACCELERATOR])


def row(raw: Raw) -> Row:
    """A row of a shipped sheet, typed."""
    values = dict(zip(COLUMNS, raw, strict=True))
    spot, spot_as_of = values["spot"], values["spot_as_of"]
    return Row(
        provider=values["provider"],
        region=values["region"],
        kind=_KINDS[values["kind"]],
        name=values["name"],
        unit=values["unit"],
        amount=Decimal(values["amount"]),
        spot=Decimal(spot) if spot else None,
        currency=values["currency"],
        vcpu=_number(values["vcpu"]),
        memory_gib=_number(values["memory_gib"]),
        accelerator=values["accelerator"],
        accelerators=_number(values["accelerators"]),
        source=values["source"],
        as_of=_date(values["as_of"]),
        spot_source=values["spot_source"],
        spot_as_of=_date(spot_as_of) if spot_as_of else None,
        grade=_GRADES[values["grade"]],
    )


def every() -> Iterator[tuple[Path, int, Raw]]:
    """All rows with their file and line. Raises ValueError where a file has other columns."""
    for path in sorted(folder().glob("*/*.csv")):
        for number, raw in enumerate(_read(path), start=2):
            yield path, number, raw


@cache
def folder() -> Path:
    """Where the sheets are."""
    return data_root() / "config" / "prices"


def _of(provider: str, file: str, region: str) -> Iterator[tuple[str, Raw]]:
    return ((raw[_NAME], raw) for raw in _rows(provider, file) if raw[_REGION] == (region or ANY))


def _rows(provider: str, file: str) -> tuple[Raw, ...]:
    # Names of places come from configs and Terraform: none leads out of the folder.
    path = folder() / provider / f"{file}.csv"
    known = provider in providers() and _plain(file) and path.is_file()
    return _read(path) if known else ()


def _plain(name: str) -> bool:
    return name.replace("-", "").isalnum() and len(name) < 64


@lru_cache(maxsize=16)
def _read(path: Path) -> tuple[Raw, ...]:
    with path.open(newline="", encoding="utf-8") as lines:
        reader = csv.reader(lines)
        if tuple(next(reader, ())) != COLUMNS:
            raise ValueError(f"{path.name}: the columns are not {', '.join(COLUMNS)}")
        return tuple(tuple(raw) for raw in reader)


def _number(text: str) -> Decimal:
    return Decimal(text) if text else _NOTHING


@lru_cache(maxsize=256)
def _date(text: str) -> date:
    return date.fromisoformat(text)
