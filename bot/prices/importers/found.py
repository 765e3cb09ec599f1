"""What an importer yields, and what all of them need: numbers, dates, sizes of known machines."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache
from pathlib import Path
from typing import TextIO, TypeAlias

from bot.config_file import ConfigError
from bot.prices import shipped
from bot.prices.catalogue import accelerators
from bot.prices.row import Row


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that is no price for us, and why: counted, never silently lost."""

    reason: str


Found: TypeAlias = Row | Skipped


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What a list does not say of itself. `as_of` is the day of its prices, `provider` whose they
    are, `name` what to call it as a source."""

    as_of: date | None = None
    provider: str = ""
    name: str = ""

    def day(self, path: Path) -> date:
        """The day of a list that carries none. Raises ConfigError."""
        if self.as_of is None:
            raise ConfigError(str(path), 1, "this format carries no date: give one with --as-of")
        return self.as_of

    def of(self, path: Path) -> str:
        """The provider of a list that names none. Raises ConfigError."""
        if not self.provider:
            raise ConfigError(str(path), 1, "this format names no provider: give --provider")
        return self.provider


def table(
    path: Path, needed: Collection[str], lines: TextIO, before: int = 0
) -> Iterator[tuple[int, Mapping[str, str]]]:
    """(line, cells by column) of a CSV, after `before` lines that were read already. Raises
    ConfigError where a needed column is missing or a row has another number of cells."""
    reader = csv.reader(lines, strict=True)
    try:
        columns: Sequence[str] = next(reader, [])
        if missing := [name for name in needed if name not in columns]:
            said = f"there is no column {missing[0]!r}; is this another format?"
            raise ConfigError(str(path), before + 1, said)
        for cells in reader:
            line = before + reader.line_num
            if cells and len(cells) != len(columns):
                said = f"{len(cells)} cells under {len(columns)} columns"
                raise ConfigError(str(path), line, said)
            if cells:
                yield line, dict(zip(columns, cells, strict=True))
    except csv.Error as error:
        said = f"this is no CSV: {error}"
        raise ConfigError(str(path), before + reader.line_num, said) from error


def amount(path: Path, line: int, column: str, text: str) -> Decimal:
    """A number of a list. Raises ConfigError for what is none, or negative."""
    try:
        value = Decimal(text.strip().replace(",", ""))
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or value < 0:
        raise ConfigError(
            str(path), line, f"{column}: expected a number of 0 or more, not {text!r}"
        )
    return value


def day(path: Path, line: int, column: str, text: str) -> date:
    """A day of a list, of a time only its day. Raises ConfigError."""
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError as error:
        raise ConfigError(
            str(path), line, f"{column}: expected a day as 2026-07-20, not {text!r}"
        ) from error


def size(provider: str, name: str) -> Row | None:
    """A shipped machine of this name, for lists that do not say how large it is."""
    raw = _machines(provider).get(name.casefold())
    return None if raw is None else shipped.row(raw)


@lru_cache(maxsize=8)
def _machines(provider: str) -> dict[str, shipped.Raw]:
    found: dict[str, shipped.Raw] = {}
    for region in shipped.regions(provider):
        found = {**shipped.machines(provider, region), **found}
    return found


_ALIASES = {
    "a100": "A100-40GB",
    "a6000": "RTX-A6000",
    "trainium": "Trainium1",
    "inferentia": "Inferentia1",
    "rtxpro6000": "RTX-PRO-6000",
    "rtx6000": "Quadro-RTX-6000",
    "gaudi hl-205": "Gaudi1",
    "a4000": "RTX-A4000",
    "a5000": "RTX-A5000",
    "h100 hgx (80gb)": "H100",
    "h100 pcie (80gb)": "H100-PCIe",
    "rtx a6000": "RTX-A6000",
    "rtx4000": "Quadro-RTX-4000",
    "rtx5000": "Quadro-RTX-5000",
    "quadro rtx 6000": "Quadro-RTX-6000",
    "tesla t4": "T4",
    "tesla v100": "V100",
    "tesla p100": "P100",
    "tesla p4": "P4",
    "tesla k80": "K80",
    "tesla a100": "A100-40GB",
    "a100 80gb": "A100-80GB",
    "h100 80gb": "H100",
    "h100 80gb mega": "H100-MEGA",
    "h200 141gb": "H200",
    "rtx 6000 96gb": "RTX-PRO-6000",
}


@cache
def _known() -> dict[str, str]:
    return {name.casefold(): name for name in accelerators()}


def accelerator(name: str) -> str:
    """The catalogue's name of an accelerator as others write it; "" for one that is not in it."""
    plain = name.strip().casefold()
    for prefix in ("nvidia ", "nvidia-", "amd "):
        plain = plain.removeprefix(prefix)
    plain = _ALIASES.get(plain, plain).casefold()
    return _known().get(plain, "")
