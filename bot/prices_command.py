"""`plumbline prices`: bring price lists in, and see what things cost here and why."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from pydantic import ValidationError

from bot.config_file import ConfigError, explained, mapping
from bot.escape import visible
from bot.globs import matches
from bot.prices import said, shipped
from bot.prices.arguments import SHIPPED
from bot.prices.book import Book
from bot.prices.catalogue import accelerators, without_price
from bot.prices.compare import compare
from bot.prices.config import PriceSettings
from bot.prices.importers import FORMATS, Source
from bot.prices.row import Row
from bot.prices.sheet import rows_of, text
from checks.model import Place, Prices

WRONG_USE = 2
NOT_FOUND = 1


def run(args: argparse.Namespace) -> int:
    """What `args.action` (import, list, show, diff) says; the exit status: 0, 1 where there is no
    such price, 2 for wrong use or a file that is none."""
    actions: Mapping[str, Callable[[argparse.Namespace], int]] = {
        "import": _import,
        "list": _list,
        "show": _show,
        "diff": _diff,
    }
    try:
        return actions[args.action](args)
    except (ConfigError, OSError, UnicodeDecodeError) as error:
        sys.stderr.write(f"plumbline: {error}\n")
        return WRONG_USE


def _import(args: argparse.Namespace) -> int:
    source = Source(as_of=args.as_of, provider=args.provider or "", name=args.source or "")
    skipped: Counter[str] = Counter()
    rows: dict[tuple[str, ...], Row] = {}
    for path in args.files:
        for found in FORMATS[args.format](path, source):
            if not isinstance(found, Row):
                skipped[found.reason] += 1
            elif _wanted(found, args):
                # A list may name one price twice; the first one stands.
                rows.setdefault(found.key, found)
    _write(args.output, text(sorted(rows.values(), key=lambda row: row.key)))
    sys.stderr.write(f"plumbline: {len(rows):,} prices, {skipped.total():,} rows left out\n")
    for reason, count in sorted(skipped.items(), key=lambda item: (-item[1], item[0])):
        sys.stderr.write(f"  {count:,}: {reason}\n")
    return 0 if rows else NOT_FOUND


def _list(args: argparse.Namespace) -> int:
    rows = sorted(filter(lambda row: _wanted(row, args), _rows(args.sheet)), key=lambda r: r.key)
    if args.output_format == "json":
        _print([json.dumps([said.as_json(row) for row in rows])])
    elif args.output_format == "csv":
        sys.stdout.write(text(rows))
    else:
        _print(said.listing(rows, _today()) if rows else ["No price matches."])
    return 0 if rows else NOT_FOUND


def _show(args: argparse.Namespace) -> int:
    book = _book(args)
    place = Place(args.provider or book.settings.provider, _region(args, book), args.cluster or "")
    book.check(place)
    prices = book.at(place)
    lines = list(_shown(args.name, prices))
    if not lines:
        _print([_why_not(args.name, place)])
        return NOT_FOUND
    _print([f"At {' '.join(filter(None, place))}:", *lines])
    return 0


def _diff(args: argparse.Namespace) -> int:
    before, after = (
        [row for row in _rows([sheet]) if _wanted(row, args)] for sheet in (args.before, args.after)
    )
    found = compare(before, after)
    if args.output_format == "json":
        _print([json.dumps([said.difference_json(one) for one in found])])
    else:
        _print(said.differences(found))
    return 0


def _shown(name: str, prices: Prices) -> Iterator[str]:
    machine = prices.machines.get(name)
    if machine is not None:
        yield from said.machine(machine, _today())
    for unit in (name, f"{name}:spot"):
        if unit in prices.units:
            yield from said.price(unit, prices.units[unit], _today())
    if name in prices.accelerators:
        with_it = (m for m in prices.machines.values() if m.accelerator == name)
        for one in sorted(with_it, key=lambda m: (m.hourly.amount, m.name)):
            yield from said.machine(one, _today())


def _why_not(name: str, place: Place) -> str:
    known = next((one for one in accelerators() if one.casefold() == name.casefold()), "")
    if known in without_price():
        return f"{known} has no public price: give your own in a sheet; docs/prices.md says how"
    at = " ".join(filter(None, place))
    return f"There is no price of {visible(name)} at {at}; docs/prices.md lists the names"


def _book(args: argparse.Namespace) -> Book:
    """The book of the config and the sheets that are given; paths are those of this machine."""
    path = args.config
    settings = PriceSettings() if path is None else _settings(path)
    sheets = {str(one): Path(one).read_bytes() for one in args.sheet if one != SHIPPED}
    return Book.of(settings, "" if path is None else str(path), sheets)


def _settings(path: Path) -> PriceSettings:
    value, lines = mapping(str(path), path.read_bytes())
    try:
        return PriceSettings.model_validate(value.get("prices") or {})
    except ValidationError as error:
        raise explained(str(path), lines, ("prices",), error) from error


def _region(args: argparse.Namespace, book: Book) -> str:
    if args.region is not None:
        return str(args.region)
    same = args.provider in {None, book.settings.provider}
    return book.settings.region if same else shipped.HOMES.get(args.provider, "")


def _rows(sheets: Sequence[str]) -> Iterator[Row]:
    for sheet in sheets or [SHIPPED]:
        if sheet == SHIPPED:
            yield from (shipped.row(raw) for _, _, raw in shipped.every())
        else:
            yield from rows_of(sheet, Path(sheet).read_bytes())


def _wanted(row: Row, args: argparse.Namespace) -> bool:
    asked: Iterable[tuple[str | None, str]] = (
        (args.provider, row.provider),
        (args.region, row.region),
        (args.name, row.name),
    )
    return all(
        pattern is None or matches(value.casefold(), (pattern.casefold(),))
        for pattern, value in asked
    )


def _write(output: Path | None, content: str) -> None:
    if output is None:
        sys.stdout.write(content)
    else:
        output.write_text(content, encoding="utf-8")


def _print(lines: Iterable[str]) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))


def _today() -> date:
    return datetime.now(UTC).date()
