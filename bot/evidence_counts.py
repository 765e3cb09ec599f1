"""Tables of fairness counts, as CSV or as a list of JSON objects."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Mapping

from bot.evidence_file import Limits, refused
from checks.model import GroupCounts, Lines, Location, Node, RenderFailure, line_of

_NAMES = ("attribute", "group")
_COUNTS = ("n", "selected")
_CONFUSION = ("tp", "fp", "fn", "tn")
_NEEDED = frozenset((*_NAMES, *_COUNTS))
_KNOWN = _NEEDED | {*_CONFUSION, "model"}
_NUMBER = re.compile(r"\d{1,12}", re.ASCII)
_LONGEST = 200

# What a cell of either format can be.
_Cells = Mapping[str, Node]


class _Wrong(Exception):  # noqa: N818 - what the file says, not a fault
    """Something about a table or a row."""


def of_csv(path: str, data: bytes, limits: Limits) -> tuple[list[GroupCounts], list[RenderFailure]]:
    """The rows of a CSV file with a header. A table with anything wrong in it is not used at all:
    what is left of it would be counts of other people."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return [], [refused(path, line, "counts", "it is not UTF-8")]
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_header(header)
        table = _Table(path, limits)
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                raise _Wrong(f"the row has {len(cells)} cells, the header {len(header)}")
            # An empty cell is one that is not given.
            given = {k: v.strip() for k, v in zip(header, cells, strict=True) if v.strip()}
            table.add(given, reader.line_num)
        table.check()
    except (csv.Error, _Wrong) as error:
        return [], [refused(path, reader.line_num or 1, "counts", str(error))]
    return table.rows, []


def of_json(
    path: str, value: Node, lines: Lines, limits: Limits
) -> tuple[list[GroupCounts], list[RenderFailure]]:
    """The rows of a JSON list of objects, or of such a list under "rows"."""
    under: tuple[str, ...] = ()
    if isinstance(value, dict):
        under, value = ("rows",), value.get("rows")
    if not isinstance(value, list):
        return [], [refused(path, 1, "format", "it is no BOM, and no list of rows of counts")]
    table = _Table(path, limits)
    line = 1
    try:
        for index, row in enumerate(value):
            line = line_of(lines, (*under, index)) or 1
            if not isinstance(row, dict):
                raise _Wrong("a row is no object")
            _check_header(list(row))
            table.add({k: v for k, v in row.items() if v is not None and v != ""}, line)
        table.check()
    except _Wrong as error:
        return [], [refused(path, line, "counts", str(error))]
    return table.rows, []


def _check_header(names: list[str]) -> None:
    unknown = sorted(set(names) - _KNOWN)
    missing = sorted(_NEEDED - set(names))
    if unknown:
        # A misspelt column would silently be one that is not given.
        raise _Wrong(f"there is no column {unknown[0][:40]!r}; the columns are {_listed(_KNOWN)}")
    if missing:
        raise _Wrong(f"the column {missing[0]!r} is missing")
    if len(set(names)) < len(names):
        raise _Wrong("a column is there twice")


def _listed(names: frozenset[str]) -> str:
    return ", ".join([*_NAMES, *_COUNTS, *sorted(names - _NEEDED)])


class _Table:
    """Rows as they are added, each checked by itself and against those before it."""

    def __init__(self, path: str, limits: Limits) -> None:
        self._path = path
        self._limits = limits
        self._seen: dict[tuple[str, str, str], int] = {}
        self._groups: Counter[tuple[str, str]] = Counter()
        self.rows: list[GroupCounts] = []

    def add(self, cells: _Cells, line: int) -> None:
        if len(self.rows) >= self._limits.max_rows:
            raise _Wrong(f"there are more than {self._limits.max_rows:,} rows")
        model = _name(cells, "model") if "model" in cells else ""
        attribute, group = (_name(cells, key) for key in _NAMES)
        key = (model, attribute, group)
        if key in self._seen:
            where = f"{attribute} {group} is counted twice, first on line {self._seen[key]}"
            raise _Wrong(where)
        self._seen[key] = line
        self._groups[model, attribute] += 1
        if self._groups[model, attribute] > self._limits.max_groups:
            raise _Wrong(f"{attribute} has more than {self._limits.max_groups:,} groups")
        self.rows.append(
            GroupCounts(
                attribute=attribute,
                group=group,
                model=model,
                location=Location(path=self._path, line=line),
                **_numbers(cells),
            )
        )

    def check(self) -> None:
        if not self.rows:
            raise _Wrong("there are no rows of counts in it")


def _name(cells: _Cells, key: str) -> str:
    value = cells.get(key)
    if not isinstance(value, str) or not value.strip():
        raise _Wrong(f"{key} is not given as text")
    if len(value) > _LONGEST or not value.isprintable():
        raise _Wrong(f"{key} is too long, or holds control characters")
    return value.strip()


def _numbers(cells: _Cells) -> dict[str, int]:
    """The counts of a row, which must be possible together."""
    counts = {key: _count(cells[key], key) for key in (*_COUNTS, *_CONFUSION) if key in cells}
    for key in _COUNTS:
        if key not in counts:
            raise _Wrong(f"{key} is not given")
    if counts["n"] < 1:
        raise _Wrong("n is 0: of nobody there is nothing to say")
    if counts["selected"] > counts["n"]:
        raise _Wrong(f"selected {counts['selected']} is more than n {counts['n']}")
    given = [key for key in _CONFUSION if key in counts]
    if given and len(given) < len(_CONFUSION):
        raise _Wrong("of tp, fp, fn and tn only some are given")
    if given and sum(counts[key] for key in _CONFUSION) != counts["n"]:
        raise _Wrong("tp + fp + fn + tn is not n")
    if given and counts["tp"] + counts["fp"] != counts["selected"]:
        raise _Wrong("tp + fp is not selected")
    return counts


def _count(value: Node, key: str) -> int:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or _NUMBER.fullmatch(text) is None:
        shown = str(value)[:40]
        raise _Wrong(f"{key} is {shown!r}, not a whole number from 0 up (at most 12 digits)")
    return int(text)
