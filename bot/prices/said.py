"""Rows as people and programs read them: a table, JSON, one price with all that is known of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from bot.escape import visible
from bot.prices.compare import Difference
from bot.prices.row import Kind, Row
from bot.prices.sheet import plain
from checks.model import Machine, UnitPrice

_MONTH = 730
_STALE_DAYS = 180
_CENT = Decimal("0.01")


def listing(rows: Iterable[Row], today: date) -> Iterator[str]:
    """One line a row: where, what, the hour, the spot hour, the month, the source and its age."""
    head = ("provider", "region", "name", "price", "spot", "a month", "grade", "source", "age")
    yield from aligned(
        [
            head,
            *(
                (
                    row.provider,
                    row.region,
                    row.name,
                    f"{money(row.amount, row.currency)}/{row.unit}",
                    "" if row.spot is None else plain(row.spot),
                    monthly(row.amount, row.unit),
                    row.grade.value,
                    row.source,
                    age(row.as_of, today),
                )
                for row in rows
            ),
        ]
    )


def as_json(row: Row) -> dict[str, Any]:
    """A row as JSON types; amounts are decimal strings."""
    return {
        "provider": row.provider,
        "region": row.region,
        "kind": row.kind.value,
        "name": row.name,
        "unit": row.unit,
        "amount": plain(row.amount),
        "spot": None if row.spot is None else plain(row.spot),
        "currency": row.currency,
        "vcpu": plain(row.vcpu) if row.kind is Kind.MACHINE else None,
        "memory_gib": plain(row.memory_gib) if row.kind is Kind.MACHINE else None,
        "accelerator": row.accelerator,
        "accelerators": plain(row.accelerators),
        "source": row.source,
        "as_of": row.as_of.isoformat(),
        "grade": row.grade.value,
    }


def machine(found: Machine, today: date) -> Iterator[str]:
    """A machine with all that is known of it."""
    size = f"{plain(found.vcpu)} vCPU, {plain(found.memory_gib)} GiB"
    if found.accelerators:
        size += f", {plain(found.accelerators)} {found.accelerator}"
    yield f"{visible(found.name)}: {size}"
    yield from price("on demand", found.hourly, today)
    if found.spot:
        yield from price("spot", found.spot, today)


def price(label: str, found: UnitPrice, today: date) -> Iterator[str]:
    """A price with its source, day, age and grade."""
    month = monthly(found.amount, found.unit)
    yield f"  {visible(label)}: {money(found.amount, 'USD')}/{found.unit}" + (
        f", {month} a month" if month else ""
    )
    at = f", {found.region}" if found.region else ""
    yield f"    {visible(found.source, 300)}{visible(at)}"
    yield f"    of {found.as_of.isoformat()}, {age(found.as_of, today)}, grade {found.grade.value}"


def differences(found: Sequence[Difference]) -> Iterator[str]:
    """One line a difference, and how many there are of each kind."""
    yield from aligned(
        [
            ("", "provider", "region", "name", "before", "after", "change"),
            *(
                (
                    one.what,
                    one.row.provider,
                    one.row.region,
                    one.row.name,
                    _amount(one.before),
                    _amount(one.after),
                    "" if one.percent is None else f"{one.percent:+}%",
                )
                for one in found
            ),
        ]
    )
    kinds = [one.what for one in found]
    counted = [f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(sorted(kinds))]
    yield ", ".join(counted) or "The sheets have the same prices."


def difference_json(one: Difference) -> dict[str, Any]:
    """A difference as JSON types."""
    return {
        "what": one.what,
        "percent": None if one.percent is None else str(one.percent),
        "before": None if one.before is None else as_json(one.before),
        "after": None if one.after is None else as_json(one.after),
    }


def aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Cells under each other, two spaces apart."""
    shown = [[visible(cell, 120) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in shown) for i in range(len(shown[0]))]
    for row in shown:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def money(amount: Decimal, currency: str) -> str:
    """ "$0.0416", or the amount and its currency."""
    return f"${plain(amount)}" if currency == "USD" else f"{plain(amount)} {currency}"


def monthly(amount: Decimal, unit: str) -> str:
    """What 730 hours of an hourly price come to, "" of any other."""
    _, _, span = unit.rpartition("-")
    return f"{(amount * _MONTH).quantize(_CENT):,}" if span == "hour" else ""


def age(as_of: date, today: date) -> str:
    """ "12 days old", with a word where that is too old to be sure."""
    days = max((today - as_of).days, 0)
    return f"{days} days old" + (", stale" if days > _STALE_DAYS else "")


def _amount(row: Row | None) -> str:
    return "" if row is None else f"{money(row.amount, row.currency)}/{row.unit}"
