"""Why a cost changed: each factor's exact Shapley share, in cents that add up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from math import factorial
from typing import Any, TypeAlias

from checks.model import Driver
from checks.money import CENT, cents
from checks.pricing.bill import GapError
from checks.pricing.cost import Bill, Cost, Factor

# Of more factors than this there are too many mixtures; the rest are taken together.
_MOST = 8
_SHAPE = ("CPU", "memory", "accelerators", "GPU type", "price", "storage")
_WORK = "accelerators", "GPU type"

# Factors that are exchanged together: a name for people, and their names in the bill.
_Group: TypeAlias = tuple[str, tuple[str, ...]]


def drivers(before: Cost | None, after: Cost | None) -> tuple[Driver, ...]:
    """What drove the expected amount from `before` to `after`, the largest share first; () where
    nothing changed.

    The share of a factor is what exchanging it adds, averaged over all orders in which the factors
    that differ can be exchanged. Bills that are made of different factors have one driver.
    """
    delta = cents(_expected(after) - _expected(before))
    if before is None or after is None:
        return _one("new" if before is None else "removed", before, after, delta)
    if before.bill is not None and after.bill is not None and _alike(before.bill, after.bill):
        for groups in _groupings(before.bill, after.bill):
            shares = _shares(before.bill, after.bill, groups, delta)
            if shares is not None and _explains(shares, delta):
                return _drivers(before.bill, after.bill, groups, shares, delta)
    return _one("kind of workload", before, after, delta)


def _expected(cost: Cost | None) -> Decimal:
    return cost.amount.expected if cost else Decimal(0)


def _one(name: str, before: Cost | None, after: Cost | None, delta: Decimal) -> tuple[Driver, ...]:
    if not delta:
        return ()
    shown = (side.basis if side else "nothing" for side in (before, after))
    return (Driver(name=name, before=next(shown), after=next(shown), share=delta),)


def _alike(before: Bill, after: Bill) -> bool:
    return before.factors.keys() == after.factors.keys()


def _differing(before: Bill, after: Bill) -> list[str]:
    return [
        name for name, factor in before.factors.items() if factor.value != after.factors[name].value
    ]


def _groupings(before: Bill, after: Bill) -> Sequence[Sequence[_Group]]:
    """The finest way to take the differing factors apart, then coarser ones for where mixtures of
    the finer have no price."""
    names = _differing(before, after)
    fine: list[_Group] = [(name, (name,)) for name in names]
    # A GPU of no type, or a type without a GPU, says nothing: these two come together.
    paired = _merged(fine, "GPUs", lambda name: name.endswith(_WORK))
    shaped = _merged(fine, "pods", lambda name: name.endswith(_SHAPE))
    came = any(
        name.endswith("accelerators")
        and None in (before.factors[name].value, after.factors[name].value)
        for name in names
    )
    groupings = [paired, shaped] if came else [fine, paired, shaped]
    return [_few(one) for one in groupings]


def _merged(groups: Sequence[_Group], title: str, belongs: Callable[[str], bool]) -> list[_Group]:
    """The groups with those that belong together made one, for each part of the workload."""
    found: dict[str, tuple[str, ...]] = {}
    for name, members in groups:
        start = name.rpartition(" ")[0] if not name.startswith("GPU") else ""
        start = start.removesuffix(" GPU").removesuffix("GPU")
        key = f"{start} {title}".strip() if belongs(name) else name
        found[key] = (*found.get(key, ()), *members)
    return list(found.items())


def _few(groups: Sequence[_Group]) -> Sequence[_Group]:
    if len(groups) <= _MOST:
        return groups
    rest = tuple(name for _, members in groups[_MOST - 1 :] for name in members)
    return [*groups[: _MOST - 1], ("other", rest)]


def _shares(
    before: Bill, after: Bill, groups: Sequence[_Group], delta: Decimal
) -> list[Fraction] | None:
    """The Shapley share of each group; None where a mixture has no price."""
    base = {name: factor.value for name, factor in before.factors.items()}
    changes = [{name: after.factors[name].value for name in members} for _, members in groups]
    count = len(groups)
    if count == 1:
        return [Fraction(delta)]
    try:
        worth = [_worth(after.formula, base, changes, mask) for mask in range(1 << count)]
    except GapError:
        return None
    weights = [
        Fraction(factorial(size) * factorial(count - size - 1), factorial(count))
        for size in range(count)
    ]
    return [
        sum(
            (
                weights[mask.bit_count()] * (worth[mask | 1 << index] - worth[mask])
                for mask in range(1 << count)
                if not mask & 1 << index
            ),
            Fraction(0),
        )
        for index in range(count)
    ]


def _worth(
    formula: Callable[[Mapping[str, Any]], Decimal],
    base: Mapping[str, Any],
    changes: Sequence[Mapping[str, Any]],
    mask: int,
) -> Fraction:
    values = dict(base)
    for index, change in enumerate(changes):
        if mask & 1 << index:
            values |= change
    return Fraction(formula(values))


def _explains(shares: Sequence[Fraction], delta: Decimal) -> bool:
    """Whether the shares are of this delta, but for what rounding does."""
    return abs(sum(shares, Fraction(0)) - Fraction(delta)) <= Fraction(CENT)


def _drivers(
    before: Bill,
    after: Bill,
    groups: Sequence[_Group],
    shares: Sequence[Fraction],
    delta: Decimal,
) -> tuple[Driver, ...]:
    rounded = _to_cents(shares, delta)
    found = [
        Driver(
            name=title,
            before=_shown(before, members, after),
            after=_shown(after, members, before),
            share=share,
        )
        for (title, members), share in zip(groups, rounded, strict=True)
    ]
    return tuple(sorted(found, key=lambda one: (-abs(one.share), one.name)))


def _shown(bill: Bill, members: Sequence[str], other: Bill) -> str:
    factors: list[Factor] = [
        bill.factors[name]
        for name in members
        if bill.factors[name].shown != other.factors[name].shown
    ] or [bill.factors[name] for name in members]
    return ", ".join(factor.shown for factor in factors)


def _to_cents(shares: Sequence[Fraction], delta: Decimal) -> list[Decimal]:
    """Whole cents that add up to `delta`: what is missing goes where most was cut off."""
    floors = [int(share * 100 // 1) for share in shares]
    missing = int(delta / CENT) - sum(floors)
    order = sorted(range(len(shares)), key=lambda i: (floors[i] - shares[i] * 100, i))
    for turn in range(abs(missing)):
        floors[order[turn % len(order)]] += 1 if missing > 0 else -1
    return [floor * CENT for floor in floors]
