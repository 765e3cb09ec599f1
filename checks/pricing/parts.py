"""From pods to the cost of what runs them: so many of each kind, for so long."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from checks.model import Grade, Range
from checks.pricing.bill import Part, bill_of, whole_groups
from checks.pricing.cost import HOURS, Cost, Hardware, Unknown, nano, number, worst
from checks.pricing.scale import Replicas
from checks.pricing.unit import Unit


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
        bill=bill_of(parts),
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
