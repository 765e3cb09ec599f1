"""A showback as a table, CSV or JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from bot.escape import visible
from checks.costs.carbon import shown
from checks.costs.showback import Group, Showback
from checks.money import cents, plain

# A spreadsheet takes a cell that begins with one of these for a formula and runs it.
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")


def to_json(found: Showback, sha: str) -> str:
    """One JSON object; money is decimal strings, carbon grams."""
    body = {
        "schema_version": 1,
        "commit": sha,
        "period": "month",
        "currency": found.currency,
        "by": list(found.by),
        "rows": [_named(found, group) | _figures(group) for group in found.groups],
        "total": _figures(found.total),
        "not_counted": found.elsewhere,
        "unreadable": found.unreadable,
    }
    return json.dumps(body, indent=2) + "\n"


def to_csv(found: Showback) -> str:
    """A row for each group and none for the total, so that summing a column gives it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    figures = ("low", "expected", "high", "currency", "co2e_grams_modelled")
    writer.writerow([*found.by, *figures, "objects", "unknown", "co2e_unknown"])
    for group in found.groups:
        amounts = _amounts(group) if _priced(group) else ("", "", "")
        writer.writerow(
            [
                *(safe_cell(name) for name in group.names),
                *(*amounts, found.currency, group.carbon if _has_carbon(group) else ""),
                *(group.objects, group.unknown, group.carbon_unknown),
            ]
        )
    return out.getvalue()


def to_table(found: Showback) -> str:
    """Columns for people; what is missing is said below them."""
    rows = [
        (*(visible(name) for name in group.names), *_shown(group, found.currency))
        for group in (*found.groups, found.total)
    ]
    if found.by:
        rows[-1] = ("total", *rows[-1][1:])
    head = (*found.by, "a month", "from", "to", "carbon", "objects", "unknown")
    return "\n".join([*_aligned([head, *rows], len(found.by)), *_notes(found)]) + "\n"


def safe_cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    shown_text = visible(text)
    return f"'{shown_text}" if text.lstrip(" ").startswith(_FORMULA) else shown_text


def _named(found: Showback, group: Group) -> dict[str, Any]:
    return {name: visible(value) for name, value in zip(found.by, group.names, strict=True)}


def _amounts(group: Group) -> tuple[str, str, str]:
    cost = group.monthly
    return str(cents(cost.low)), str(cents(cost.expected)), str(cents(cost.high))


def _priced(group: Group) -> bool:
    """Whether there is an amount: of nothing but unknowns it is no zero."""
    return bool(group.objects) or not group.unknown


def _has_carbon(group: Group) -> bool:
    return group.carbon > 0 or (_priced(group) and not group.carbon_unknown)


def _figures(group: Group) -> dict[str, Any]:
    low, expected, high = _amounts(group)
    amounts = {"low": low, "expected": expected, "high": high}
    return {
        "monthly": amounts if _priced(group) else None,
        "carbon_grams": str(group.carbon) if _has_carbon(group) else None,
        "objects": group.objects,
        "unknown": group.unknown,
        "carbon_unknown": group.carbon_unknown,
    }


def _shown(group: Group, currency: str) -> tuple[str, ...]:
    cost = group.monthly
    carbon = "unknown"
    if _has_carbon(group):
        more = "over " if group.carbon_unknown or group.unknown else ""
        carbon = more + shown(group.carbon).removesuffix(" (modelled)")
    amounts = (cost.expected, cost.low, cost.high)
    return (
        *(plain(amount, currency) if _priced(group) else "unknown" for amount in amounts),
        carbon,
        f"{group.objects:,}",
        f"{group.unknown:,}",
    )


def _aligned(rows: list[tuple[str, ...]], left: int) -> Iterator[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = (
            cell.ljust(width) if i < left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join(cells).rstrip()


def _notes(found: Showback) -> Iterator[str]:
    yield ""
    yield "Carbon is modelled. What is unknown is in no sum."
    if found.elsewhere:
        yield f"Not counted: {found.elsewhere:,} that stand in the other ledger (pods or nodes)."
    if found.unreadable:
        yield f"Not readable: {found.unreadable:,} files or roots; what they declare is missing."
