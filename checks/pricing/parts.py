"""From pods to the cost of what runs them: so many of each kind, for so long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from checks.model import Grade, Range
from checks.pricing.cost import HOURS, Bill, Cost, Factor, Hardware, Unknown, nano, number, worst
from checks.pricing.nodes.price import charge
from checks.pricing.nodes.share import Reserved
from checks.pricing.scale import Replicas
from checks.pricing.unit import Unit
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


def single(unit: Unit | Unknown) -> Cost | Unknown:
    """One pod that always runs."""
    if isinstance(unit, Unknown):
        return unit
    return assembled([Part(unit=unit, count=Replicas.exact(1), times=" ")])


def assembled(parts: Sequence[Part]) -> Cost | Unknown:
    """The cost of all parts together."""
    for part in parts:
        if part.unit.shared and part.count.high > 1:
            reason = f"its pods use the devices of ResourceClaim {part.unit.shared} together"
            return Unknown(reason=f"{reason}, and no rule says how many machines that takes")
    if len(parts) == 1:
        amount = _amount(parts[0])
    else:
        amount = sum((_amount(part) for part in parts), start=Range.exact(Decimal(0)))
    return Cost(
        amount=amount,
        grade=worst(*(_grade(part) for part in parts)) if parts else Grade.A,
        basis="; ".join(map(_basis, parts)),
        prices=_prices(parts),
        bill=_bill(parts),
        hardware=_hardware(parts),
    )


def _amount(part: Part) -> Range:
    unit, count = part.unit.monthly, part.count
    low, expected, high = (
        whole_groups(n, part.unit.together) for n in (count.low, count.expected, count.high)
    )
    amount = Range(low=unit.low * low, expected=unit.expected * expected, high=unit.high * high)
    if part.span is None:
        return amount
    runs, hours = part.span.runs / HOURS, part.span.hours
    return Range(
        low=nano(amount.low * runs * hours.low),
        expected=nano(amount.expected * runs * hours.expected),
        high=nano(amount.high * runs * hours.high),
    )


def whole_groups(count: int | Decimal, together: int) -> int | Decimal:
    """`count`, rounded up to a multiple of `together`."""
    return count if together == 1 else -(-count // together) * together


def _grade(part: Part) -> Grade:
    certain = part.count.low == part.count.high and part.span is None
    return worst(part.unit.grade, Grade.A if certain else Grade.B)


def _basis(part: Part) -> str:
    times = part.times.strip() if part.times else times_of(part.count)
    text = f"{times} × ({part.unit.basis})" if times else part.unit.basis
    if part.unit.together > 1:
        text += f", in slices of {part.unit.together} pods"
    if part.span is not None:
        text = f"{part.span.shown} × {text}"
    return f"{part.name}: {text}" if part.name else text


def times_of(count: Replicas) -> str:
    """A number of replicas for people: "3", "12 (3 to 20 by HPA web)"."""
    expected = number(Decimal(count.expected))
    return f"{expected} ({count.low} to {count.high} by {count.by})" if count.by else expected


def _prices(parts: Sequence[Part]) -> tuple[Any, ...]:
    if len(parts) == 1:
        return parts[0].unit.prices
    return tuple(dict.fromkeys(price for part in parts for price in part.unit.prices))


def _hardware(parts: Sequence[Part]) -> Hardware:
    vcpu = memory = Decimal(0)
    accelerators: dict[str, Decimal] = {}
    for part in parts:
        times = Decimal(part.count.expected)
        if part.span is not None:
            times *= part.span.runs * part.span.hours.expected / HOURS
        vcpu += part.unit.hardware.vcpu * times
        memory += part.unit.hardware.memory_gib * times
        for name, count in part.unit.hardware.accelerators.items():
            accelerators[name] = accelerators.get(name, Decimal(0)) + count * times
    return Hardware(vcpu=vcpu, memory_gib=memory, accelerators=accelerators)


def _bill(parts: Sequence[Part]) -> Bill | None:
    factors: dict[str, Factor] = {}
    for part in parts:
        if not part.unit.factors:
            return None
        own = part.unit.factors
        count = part.count.expected
        replicas = Factor(value=(count, part.unit.together), shown=number(Decimal(count)))
        if not part.name:
            factors |= own
            factors["replicas"] = replicas
        else:
            factors |= {f"{part.name} {name}": factor for name, factor in own.items()}
            factors[f"{part.name} replicas"] = replicas
        if part.span is not None:
            span = part.span
            start = f"{part.name} " if part.name else ""
            factors[f"{start}runs"] = Factor(value=span.runs, shown=number(span.runs))
            minutes = number(span.hours.expected * 60)
            factors[f"{start}run time"] = Factor(
                value=span.hours.expected, shown=f"{minutes} minutes"
            )
    return Bill(formula=Sum(parts=tuple(part.name for part in parts)), factors=factors)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """The formula of a bill: pods × replicas (× runs × hours), over the parts of these names."""

    parts: tuple[str, ...]

    def __call__(self, values: Mapping[str, Any]) -> Decimal:
        return sum((_month(values, f"{name} " if name else "") for name in self.parts), Decimal(0))


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
