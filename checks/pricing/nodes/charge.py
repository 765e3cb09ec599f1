"""The price of a pod on the nodes it may run on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from checks.model import Grade, Range, UnitPrice
from checks.pricing.cost import worst
from checks.pricing.nodes.share import Option

_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """A pod's price a month, from which prices, and where it is taken to run ("" anywhere).
    `accelerators` is what it has of them, by model ("" unknown)."""

    monthly: Range
    grade: Grade
    prices: tuple[UnitPrice, ...]
    where: str = ""
    accelerators: Mapping[str, Decimal] = field(default_factory=dict)


def folded(options: Sequence[Option], models: str) -> Charge:
    """The range over all options; the cheapest is expected, as an autoscaler would choose it."""
    first = min(options, key=lambda one: (one.monthly.expected, one.machine.name))
    several = Grade.A if len(options) == 1 else Grade.B
    names = [one.machine.name for one in options[:_NAMED]]
    more = " or others" if len(options) > _NAMED else ""
    return Charge(
        monthly=over(options, first.monthly.expected),
        grade=worst(several, *(one.grade for one in options)),
        prices=tuple(dict.fromkeys(price for one in options for price in one.prices)),
        where=f"on {' or '.join(names)}{more}{f' ({models})' if models else ''}",
        accelerators={first.machine.accelerator: first.accelerators} if first.accelerators else {},
    )


def over(options: Sequence[Option], expected: Decimal) -> Range:
    """The range over all options, with `expected` kept inside."""
    low = min(one.monthly.low for one in options)
    high = max(one.monthly.high for one in options)
    return Range(low=low, expected=min(max(expected, low), high), high=high)
