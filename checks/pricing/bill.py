"""How a cost comes about, so that what changed it can be told: the bill of pods."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from checks.model import Range
from checks.pricing.cost import HOURS, Bill, Factor, Unknown, nano, number
from checks.pricing.nodes.price import charge
from checks.pricing.nodes.share import Reserved
from checks.pricing.scale import Replicas
from checks.pricing.unit import Grounds, Unit
from checks.pricing.volume import volume_price


class GapError(ValueError):
    """A mixture of two bills that has no price, such as eight GPUs of a machine with four."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """How long something runs in a month: `runs` times so many hours."""

    runs: Decimal
    hours: Range
    shown: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """`count` pods of one kind; `name` says which ("worker", "" for the only kind). `times` writes
    the number, `span` is None for what always runs."""

    unit: Unit
    count: Replicas
    name: str = ""
    times: str = ""
    span: Span | None = None


def whole_groups(count: int | Decimal, together: int) -> int | Decimal:
    """`count`, rounded up to a multiple of `together`."""
    return count if together == 1 else -(-count // together) * together


class Factors(Mapping[str, Factor]):
    """The factors of all parts, by name. Most are never asked for, so they are made when they
    are."""

    __slots__ = ("_made", "_parts")

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts
        self._made: dict[str, Factor] = {}

    def __getitem__(self, name: str) -> Factor:
        return self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def _all(self) -> dict[str, Factor]:
        if not self._made:
            for part in self._parts:
                start = f"{part.name} " if part.name else ""
                self._made |= {f"{start}{name}": one for name, one in _factors(part)}
        return self._made


def _factors(part: Part) -> Iterator[tuple[str, Factor]]:
    if part.unit.grounds is not None:
        yield from _of_pod(part.unit.grounds)
    count = part.count.expected
    yield "replicas", Factor(value=(count, part.unit.together), shown=number(Decimal(count)))
    if part.span is not None:
        hours = part.span.hours.expected
        yield "runs", Factor(value=part.span.runs, shown=number(part.span.runs))
        yield "run time", Factor(value=hours, shown=f"{number(hours * 60)} minutes")


def _of_pod(grounds: Grounds) -> Iterator[tuple[str, Factor]]:
    reserved, asked = grounds.reserved, grounds.asked
    memory = {name: amount for name, amount in reserved.amounts.items() if name != "cpu"}
    disks = " + ".join(one.shown for one in grounds.disks)
    yield "CPU", Factor(value=reserved.cpu, shown=number(reserved.cpu))
    yield "memory", Factor(value=memory, shown=f"{number(reserved.gib)} GiB")
    yield "accelerators", Factor(value=asked, shown=asked.shown if asked else "none")
    yield "GPU type", Factor(value=grounds.on, shown=grounds.on.shown)
    yield "price", Factor(value=grounds.sheet, shown=grounds.sheet.where)
    yield "storage", Factor(value=grounds.disks, shown=disks or "none")


def bill_of(parts: Sequence[Part]) -> Bill | None:
    """The bill of all parts, None where one of them cannot be taken apart."""
    if any(part.unit.grounds is None for part in parts):
        return None
    names = tuple(part.name for part in parts)
    return Bill(formula=_ONE if names == _ONE.parts else Sum(parts=names), factors=Factors(parts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """The formula of a bill: pods × replicas (× runs × hours), over the parts of these names."""

    parts: tuple[str, ...]

    def __call__(self, values: Mapping[str, Any]) -> Decimal:
        return sum((_month(values, f"{name} " if name else "") for name in self.parts), Decimal(0))


_ONE = Sum(parts=("",))


def _month(values: Mapping[str, Any], start: str) -> Decimal:
    count, together = values[f"{start}replicas"]
    monthly = _pod(values, start) * whole_groups(count, together)
    if f"{start}runs" in values:
        monthly = nano(monthly * values[f"{start}runs"] / HOURS * values[f"{start}run time"])
    return monthly


def _pod(values: Mapping[str, Any], start: str) -> Decimal:
    """What a pod costs, as unit.py says, of values that need not belong together."""
    sheet = values[f"{start}price"]
    amounts = {"cpu": values[f"{start}CPU"], **values[f"{start}memory"]}
    found = charge(
        Reserved(amounts=amounts),
        values[f"{start}accelerators"],
        values[f"{start}GPU type"],
        sheet,
    )
    if isinstance(found, Unknown):
        raise GapError(found.reason)
    total = nano(found.monthly.expected)
    for one in values[f"{start}storage"]:
        price = volume_price(one, sheet)
        if isinstance(price, Unknown):
            raise GapError(price.reason)
        total += nano(price[0])
    return total
