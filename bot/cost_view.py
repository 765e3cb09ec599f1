"""What the cost of a change is, as people read it: the total, whose it is, what drove it, and why
these prices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from checks import money
from checks.costs.carbon import shown as shown_carbon
from checks.model import (
    ZERO,
    CostDelta,
    CostLine,
    Driver,
    Grade,
    Ledger,
    Range,
    UnitPrice,
    UnknownCost,
)

_BAR = 12
_NONE = Decimal(0)
_NEARLY_ALL = Decimal("0.95")
_UNALLOCATED = "unallocated"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRow:
    """What the counted lines of one environment and team come to. `bar` draws the change beside
    the largest of the table: "█" is a rise, "░" a saving."""

    environment: str
    team: str
    before: Range
    after: Range
    delta: Range
    bar: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CostView:
    """The cost section. `rises` and `savings` are the sums of the lines that go up and down;
    `still` are the objects that change and cost what they did."""

    currency: str
    delta: Range
    before: Range
    after: Range
    grade: Grade
    rises: Decimal
    savings: Decimal
    carbon: str
    groups: tuple[GroupRow, ...]
    lines: tuple[CostLine, ...]
    still: tuple[CostLine, ...]
    unknown: tuple[UnknownCost, ...]
    prices: tuple[UnitPrice, ...]


def cost_view(cost: CostDelta) -> CostView:
    """The section of a priced change; its lines in the order of what they change."""
    counted = cost.counted
    steps = [line.delta.expected for line in counted]
    return CostView(
        currency=cost.currency,
        delta=cost.delta,
        before=cost.before,
        after=cost.after,
        grade=_grade(counted),
        rises=sum((step for step in steps if step > 0), Decimal(0)),
        savings=sum((step for step in steps if step < 0), Decimal(0)),
        carbon=_carbon(counted),
        groups=_groups(counted),
        lines=tuple(sorted((one for one in cost.lines if one.delta != ZERO), key=_weight)),
        still=tuple(sorted((one for one in cost.lines if one.delta == ZERO), key=_weight)),
        unknown=cost.unknown,
        prices=_prices(cost.lines),
    )


def _grade(lines: Sequence[CostLine]) -> Grade:
    """The worst grade of the lines that make nearly all of the change: cents on a default price
    do not make thousands on a known one unsure."""
    ordered = sorted(lines, key=lambda line: -abs(line.delta.expected))
    left = sum((abs(line.delta.expected) for line in lines), Decimal(0)) * _NEARLY_ALL
    if not left:
        return max((line.grade for line in lines), key=lambda g: g.value, default=Grade.A)
    worst = Grade.A
    for line in ordered:
        if left <= 0:
            break
        worst = max(worst, line.grade, key=lambda g: g.value)
        left -= abs(line.delta.expected)
    return worst


def _weight(line: CostLine) -> tuple[object, ...]:
    return (not line.counted, -abs(line.delta.expected), line.location.path, line.resource_id)


def _carbon(lines: Sequence[CostLine]) -> str:
    """The change of what is known: "+1.2 kg CO2e (modelled) a month"; "" where nothing is."""
    known = [line for line in lines if _known(line)]
    if not known:
        return ""
    step = sum(
        ((line.carbon_after or _NONE) - (line.carbon_before or _NONE) for line in known), _NONE
    )
    sign = "+" if step > 0 else "-" if step < 0 else ""
    left = len(lines) - len(known)
    partly = f"; {left} of {len(lines)} objects not known" if left else ""
    return f"{sign}{shown_carbon(abs(step))} a month{partly}"


def _known(line: CostLine) -> bool:
    """Whether the emissions of every side that exists are known."""
    sides = ((line.before, line.carbon_before), (line.after, line.carbon_after))
    return all(grams is not None for cost, grams in sides if cost is not None)


def _groups(lines: Iterable[CostLine]) -> tuple[GroupRow, ...]:
    parts: defaultdict[tuple[str, str], list[CostLine]] = defaultdict(list)
    for line in lines:
        environment = line.attribution.environment or line.tier.value
        parts[environment, line.attribution.team or _UNALLOCATED].append(line)
    deltas = {key: sum((line.delta for line in part), start=ZERO) for key, part in parts.items()}
    most = max((abs(delta.expected) for delta in deltas.values()), default=Decimal(0))
    rows = [
        GroupRow(
            environment=environment,
            team=team,
            before=sum((line.before for line in part if line.before), start=ZERO),
            after=sum((line.after for line in part if line.after), start=ZERO),
            delta=deltas[environment, team],
            bar=bar(deltas[environment, team].expected, most),
        )
        for (environment, team), part in parts.items()
    ]
    return tuple(
        sorted(rows, key=lambda row: (-abs(row.delta.expected), row.environment, row.team))
    )


def unmoved(view: CostView) -> str:
    """What changes without a change of its cost: "2 objects change and cost what they did"; "" for
    none."""
    if not view.still:
        return ""
    total = sum((line.after for line in view.still if line.counted and line.after), start=ZERO)
    amount = money.spread(total, view.currency)
    if len(view.still) == 1:
        return f"1 object changes and costs what it did: {amount} a month"
    return f"{len(view.still):,} objects change and cost what they did: {amount} a month"


def bar(amount: Decimal, most: Decimal) -> str:
    """A bar as long as the amount is of the largest one; something that is not nothing shows."""
    if not amount or not most:
        return ""
    length = max(1, round(abs(amount) * _BAR / most))
    return ("█" if amount > 0 else "░") * length


def why(line: CostLine, currency: str) -> str:
    """What drove the change of a line, the largest share first: "replicas 2 → 4: +$12.00"."""
    drivers = sorted(line.drivers, key=lambda one: (-abs(one.share), one.name))
    return "; ".join(_driver(one, currency) for one in drivers if one.share)


def _driver(one: Driver, currency: str) -> str:
    step = f" {one.before} → {one.after}" if one.before or one.after else ""
    return f"{one.name}{step}: {money.signed(one.share, currency)}"


def aside(line: CostLine) -> str:
    """Why a line is in no total; "" for one that is."""
    if line.counted:
        return ""
    if line.ledger is Ledger.CAPACITY:
        return "not counted: its nodes follow the pods, which are counted"
    return "not counted: it runs on nodes that are counted"


def _prices(lines: Iterable[CostLine]) -> tuple[UnitPrice, ...]:
    once = {
        (price.sku, price.region, price.unit, price.amount, price.source): price
        for line in lines
        for price in line.prices
    }
    return tuple(once[key] for key in sorted(once))
