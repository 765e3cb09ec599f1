"""From priced parts to a Cost: counts, ranges, grades, and the bill that explains a change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from checks.model import Grade, Ledger, Machine, Range
from checks.pricing.cost import Bill, Cost, Factor, Hardware, number, worst
from checks.pricing.terraform.attributes import CannotTellError
from checks.pricing.terraform.tariff import Part, Tariff

_PRICE = "price"


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many of something run; low ≤ expected ≤ high. `by` says what moves it."""

    low: int
    expected: int
    high: int
    by: str = ""

    @classmethod
    def exact(cls, count: int) -> Count:
        """Just so many."""
        return cls(low=count, expected=count, high=count)

    @classmethod
    def between(cls, low: int, expected: int, high: int, by: str) -> Count:
        """An autoscaled number; CannotTellError where the bounds contradict each other."""
        if low > high:
            raise CannotTellError(f"its least number ({low}) is above its greatest ({high})")
        return cls(low=low, expected=min(max(expected, low), high), high=high, by=by)

    @property
    def shown(self) -> str:
        """ "3", or "3 (1 to 5 by the group's scaling)"."""
        if self.low == self.high:
            return str(self.expected)
        return f"{self.expected} ({self.low} to {self.high} by {self.by})"

    def times(self, factor: int) -> Count:
        """So many in each of `factor` zones."""
        return Count(
            low=self.low * factor,
            expected=self.expected * factor,
            high=self.high * factor,
            by=self.by,
        )


ONE = Count.exact(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What the cost of one machine (database, …) depends on: `name` is that of the factor
    ("instance type", "disk"), `shown` its value for people ("m5.large")."""

    name: str
    shown: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Several of the same: `count` × what `items` cost together. `name` tells groups of one
    resource apart ("default pool"); "" where it has only one."""

    items: tuple[Item, ...]
    count: Count = ONE
    name: str = ""
    machine: Machine | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What a resource consists of. `more` says that usage adds to it, `notes` what was assumed, and
    `grade` how sure that leaves it; `nodes` that pods run on it."""

    groups: tuple[Group, ...]
    more: bool = False
    notes: tuple[str, ...] = ()
    grade: Grade = Grade.A
    nodes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Priced:
    """The value of a factor that has a price: its parts, times the factor of that name. Two are the
    same where they are as much of the same, at whatever price: that is a factor of its own."""

    parts: tuple[Part, ...]
    times: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Priced) and self._what == other._what

    def __hash__(self) -> int:
        return hash(self._what)

    @property
    def _what(self) -> tuple[object, ...]:
        return self.times, *((part.key, part.quantity) for part in self.parts)


def item(name: str, shown: str, *parts: Part) -> Item:
    """An Item of its parts."""
    return Item(name=name, shown=shown, parts=parts)


def cost_of(quote: Quote, tariff: Tariff) -> Cost:
    """The cost a month of all groups of a quote, in the capacity ledger."""
    parts = [part for group in quote.groups for one in group.items for part in one.parts]
    ranged = any(group.count.low != group.count.high for group in quote.groups)
    spread = any(part.low != part.high for part in parts)
    grades = [part.grade for part in parts] + [quote.grade]
    return Cost(
        amount=_range(quote.groups),
        grade=worst(*grades, Grade.B if ranged or spread else Grade.A),
        basis=_basis(quote),
        prices=tuple({id(part.price): part.price for part in parts}.values()),
        ledger=Ledger.CAPACITY,
        nodes=quote.nodes,
        autoscaled=quote.nodes and ranged,
        bill=_bill(quote.groups, tariff),
        hardware=_hardware(quote.groups),
    )


def total(values: Mapping[str, Any]) -> Decimal:
    """The formula of every Terraform bill. A part is priced by the tariff that is the value of
    "price"; one that this lacks keeps its own price (a type that is not sold in both regions)."""
    tariff, amount = values.get(_PRICE), Decimal(0)
    for value in values.values():
        if isinstance(value, Priced) and value.parts:
            times = values.get(value.times, 1)
            amount += times * sum((_at(part, tariff) for part in value.parts), Decimal(0))
    return amount


def _at(part: Part, tariff: Tariff | None) -> Decimal:
    found = tariff.monthly(part.key) if tariff else None
    return part.quantity * (part.each if found is None else found)


def _nothing(name: str, times: str = "count") -> tuple[str, Factor]:
    return name, Factor(value=Priced(parts=(), times=times), shown="none")


# Bills can be taken apart where they have the same factors: what one side may lack is nothing.
_USUAL = dict(
    [
        *map(_nothing, ("instance type", "GPU", "disk", "options", "class", "storage", "backup")),
        *map(_nothing, ("extended support", "insights", "traffic", "capacity units", "IOPS")),
        ("backup count", Factor(value=Decimal(1), shown="1")),
        _nothing("backup storage", "backup count"),
    ]
)


def _bill(groups: Iterable[Group], tariff: Tariff) -> Bill:
    factors = dict(_USUAL)
    for group in groups:
        prefix = f"{group.name} " if group.name else ""
        count = f"{prefix}count"
        factors[count] = Factor(value=Decimal(group.count.expected), shown=group.count.shown)
        for one in group.items:
            value = Priced(parts=one.parts, times=count)
            factors[f"{prefix}{one.name}"] = Factor(value=value, shown=one.shown)
    place = tariff.prices.place
    shown = f"{place.provider} {place.region}".rstrip()
    return Bill(formula=total, factors={**factors, _PRICE: Factor(value=tariff, shown=shown)})


def _range(groups: Iterable[Group]) -> Range:
    low, expected, high = Decimal(0), Decimal(0), Decimal(0)
    for group in groups:
        parts = [part for one in group.items for part in one.parts]
        low += group.count.low * sum([part.quantity * part.low for part in parts], Decimal(0))
        expected += group.count.expected * sum(
            [part.quantity * part.each for part in parts], Decimal(0)
        )
        high += group.count.high * sum([part.quantity * part.high for part in parts], Decimal(0))
    return Range(low=low, expected=expected, high=high)


def _basis(quote: Quote) -> str:
    texts = []
    for group in quote.groups:
        inner = ", ".join(one.shown for one in group.items)
        text = inner if group.count.shown == "1" else f"{group.count.shown} × ({inner})"
        texts.append(f"{group.name}: {text}" if group.name else text)
    basis = "; ".join(text for text in texts if text)
    return "; ".join([basis + " + usage" if quote.more else basis, *quote.notes])


def _hardware(groups: Iterable[Group]) -> Hardware | None:
    running = [(group.machine, group.count.expected) for group in groups if group.machine]
    if not running:
        return None
    accelerators: dict[str, Decimal] = {}
    for machine, count in running:
        if machine.accelerator:
            more = machine.accelerators * count
            accelerators[machine.accelerator] = accelerators.get(machine.accelerator, 0) + more
    return Hardware(
        vcpu=sum((machine.vcpu * count for machine, count in running), Decimal(0)),
        memory_gib=sum((machine.memory_gib * count for machine, count in running), Decimal(0)),
        accelerators=accelerators,
    )


def gib(size: Decimal, what: str) -> str:
    """ "100 GiB gp3"."""
    return f"{number(size)} GiB {what}"
