"""A budget: whose costs it is about, and how much of them there may be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar, TypeAlias

from checks.model import ZERO, Attribution, Inventory, OpenChange, Range

# An amount of money, or a share of the monthly amount such as "80%".
Limit: TypeAlias = Decimal | str
UNALLOCATED = "unallocated"
_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """By how many percent one change may raise what the base branch declares; None is no limit."""

    soft: Decimal | None = None
    hard: Decimal | None = None

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    def __post_init__(self) -> None:
        if any(limit is not None and limit < 0 for limit in (self.soft, self.hard)):
            raise ValueError("a limit of growth cannot be below 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What may be spent a month on what all the given names have in common; None is any, and the
    word "unallocated" what has none. `soft` warns, `hard` fails."""

    name: str
    cost_center: str | None = None
    team: str | None = None
    model: str | None = None
    environment: str | None = None
    cluster: str | None = None
    monthly: Decimal | None = None
    soft: Limit | None = "80%"
    hard: Limit | None = "100%"
    growth: Growth | None = None
    owner: str = ""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise ValueError("a budget needs a name")
        given = (self.cost_center, self.team, self.model, self.environment, self.cluster)
        if any(value is not None and not value.strip() for value in given):
            raise ValueError(f'an empty name covers nothing; "{UNALLOCATED}" is what has none')
        if self.monthly is not None and self.monthly < 0:
            raise ValueError("a budget cannot be below 0")
        limits = (limit_of(self.soft, self.monthly), limit_of(self.hard, self.monthly))
        if limits == (None, None) and self.growth is None:
            raise ValueError(
                "a budget needs a monthly amount, an amount as soft or hard, or growth"
            )
        if None not in limits and limits[0] > limits[1]:  # type: ignore[operator]
            raise ValueError("soft is more than hard")

    @property
    def limits(self) -> tuple[Decimal | None, Decimal | None]:
        """The amounts of soft and hard."""
        return limit_of(self.soft, self.monthly), limit_of(self.hard, self.monthly)

    def covers(self, whose: Attribution, cluster: str) -> bool:
        """Whether a cost of this attribution, in this cluster, is the budget's."""
        pairs = (
            (self.cost_center, whose.cost_center),
            (self.team, whose.team),
            (self.model, whose.model),
            (self.environment, whose.environment),
            (self.cluster, cluster),
        )
        return all(wanted is None or _same(wanted, given) for wanted, given in pairs)

    @property
    def scope(self) -> str:
        """ "cost center payments, environment production"; "the whole repository" for any."""
        names = {
            "cost center": self.cost_center,
            "team": self.team,
            "model": self.model,
            "environment": self.environment,
            "cluster": self.cluster,
        }
        given = [f"{name} {value}" for name, value in names.items() if value is not None]
        return ", ".join(given) or "the whole repository"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """The known costs of a budget, and of how many objects the cost is unknown."""

    amount: Range = ZERO
    unknown: int = 0


def limit_of(limit: Limit | None, monthly: Decimal | None) -> Decimal | None:
    """The amount that a limit stands for; None for a share of an amount that is not given.

    Raises ValueError for what is neither an amount from 0 up nor a percentage.
    """
    if limit is None:
        return None
    text = str(limit).strip()
    try:
        value = Decimal(text.removesuffix("%").strip())
    except InvalidOperation:
        value = Decimal(-1)
    if not value.is_finite() or value < 0:
        raise ValueError(f"{text!r} is neither an amount nor a percentage such as 80%")
    if not text.endswith("%"):
        return value
    return None if monthly is None else monthly * value / _HUNDRED


def summed(budget: Budget, inventory: Inventory) -> Sum:
    """What of an inventory is the budget's."""
    own = [
        row
        for row in inventory.rows
        if row.counted and budget.covers(row.attribution, row.place.cluster)
    ]
    known = (row.monthly for row in own if row.monthly is not None)
    return Sum(amount=sum(known, start=ZERO), unknown=sum(1 for row in own if row.monthly is None))


def added(budget: Budget, changes: Iterable[OpenChange]) -> tuple[tuple[OpenChange, Range], ...]:
    """The open changes that add to the budget, each with how much; what one saves is not counted
    on before it is merged."""
    found = []
    for change in changes:
        shares = (s for s in change.shares if budget.covers(s.attribution, s.cluster))
        total = sum((share.delta for share in shares), start=ZERO)
        if total.expected > 0:
            found.append((change, total))
    return tuple(found)


def _same(wanted: str, given: str) -> bool:
    return wanted.strip().casefold() == (given.strip().casefold() or UNALLOCATED)
