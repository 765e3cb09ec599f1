"""A sheet of one's own: a CSV or YAML file with rows, each checked, refused on its line."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from bot.config_file import ConfigError, explained, mapping
from bot.prices.own_row import OwnRow
from bot.prices.row import COLUMNS, Row
from checks.model import line_of

_KNOWN = tuple(OwnRow.model_fields)
_LONGEST_SHOWN = 100
_VERSION = 1


def rows_of(path: str, data: bytes) -> list[Row]:
    """The rows of a sheet, by the file's name CSV or YAML. Raises ConfigError, with the line."""
    return list(
        _from_yaml(path, data) if path.endswith((".yaml", ".yml")) else _from_csv(path, data)
    )


def text(rows: Iterable[Row]) -> str:
    """Rows as a CSV sheet, which `rows_of` reads again."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(cells(row) for row in rows)
    return out.getvalue()


def cells(row: Row) -> tuple[str, ...]:
    """A row in the order of the columns."""
    return (
        row.provider,
        row.region,
        row.kind.value,
        row.name,
        row.unit,
        plain(row.amount),
        "" if row.spot is None else plain(row.spot),
        row.currency,
        plain(row.vcpu) if row.vcpu else "",
        plain(row.memory_gib) if row.memory_gib else "",
        row.accelerator,
        plain(row.accelerators) if row.accelerators else "",
        row.source,
        row.as_of.isoformat(),
        row.spot_source,
        row.spot_as_of.isoformat() if row.spot_as_of else "",
        row.grade.value,
    )


def plain(amount: Decimal) -> str:
    """Digits without an exponent or trailing zeros: "0.05"."""
    said = f"{amount:f}"
    return said.rstrip("0").rstrip(".") if "." in said else said


def _from_csv(path: str, data: bytes) -> Iterator[Row]:
    try:
        lines = io.StringIO(data.decode("utf-8-sig"), newline="")
    except UnicodeDecodeError as error:
        raise ConfigError(path, 1, "the sheet is not UTF-8") from error
    reader = csv.DictReader(lines, strict=True)
    try:
        unknown = [name for name in reader.fieldnames or () if name not in _KNOWN]
        if unknown or not reader.fieldnames:
            said = f"there is no column {unknown[0]!r}" if unknown else "the sheet is empty"
            raise ConfigError(path, 1, f"{said}; the columns are {', '.join(_KNOWN)}")
        for values in reader:
            yield _row(path, reader.line_num, values)
    except csv.Error as error:
        raise ConfigError(path, reader.reader.line_num, f"this is no CSV: {error}") from error


def _row(path: str, line: int, values: Mapping[str | None, Any]) -> Row:
    if None in values or None in values.values():
        raise ConfigError(path, line, "the row has not as many cells as there are columns")
    try:
        return OwnRow.model_validate(values).row(path, line)
    except ValidationError as error:
        raise ConfigError(path, line, said(error)) from error


def said(error: ValidationError) -> str:
    """What is wrong with a row, without its place."""
    first = error.errors(include_url=False)[0]
    column = ".".join(str(step) for step in first["loc"])
    given = repr(first["input"])
    shown = f", not {given}" if column and len(given) <= _LONGEST_SHOWN else ""
    return f"{column}: {first['msg']}{shown}" if column else str(first["msg"])


def _from_yaml(path: str, data: bytes) -> Iterator[Row]:
    value, lines = mapping(path, data)
    found = value.get("rows")
    if value.get("version") != _VERSION or not isinstance(found, list) or set(value) - _TOP:
        raise ConfigError(path, 1, "expected 'version: 1' and 'rows', a list, and nothing else")
    for index, one in enumerate(found):
        try:
            row = OwnRow.model_validate(one)
        except ValidationError as error:
            raise explained(path, lines, ("rows", index), error) from error
        yield row.row(path, line_of(lines, ("rows", index)) or 1)


_TOP = {"version", "rows"}
