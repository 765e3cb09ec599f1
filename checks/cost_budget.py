"""cost_budget: what the branch will cost a month with the change, against budgets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, ClassVar

from checks.budget import Budget, Sum, added, summed
from checks.inventory import inventory
from checks.model import (
    Finding,
    Input,
    Inventory,
    InventoryRow,
    Outcome,
    Range,
    Severity,
    Subject,
    Trace,
)
from checks.money import percent, plain, signed, spread
from checks.pricing.cost import number
from checks.pricing.workload import Assumptions
from checks.rule import Check, Rule
from checks.severity import SeverityWord, severity_of

_ID = "cost_budget"
# How many objects or open changes a finding names one by one.
_NAMED = 5
_WHY = """\
A change that looks small by itself is paid out of a budget that others draw on as well. So the
budgets of the config are held against the sum of what the base branch declares and what this change
adds: over `soft` it warns by the expected amount, over `hard` it fails by even the lowest one. A
budget is of whatever has all the names in common that it gives (`cost_center`, `team`, `model`,
`environment`, `cluster`); without any it is of the whole repository. Whose an object is say its
labels, as [Costs](../costs.md) tells. `growth` limits by how many percent one change may raise what
the base branch declares.

One that was over before gates only a change that adds to it, and savings never gate. Other open
changes into the same branch are added up too: each may fit alone where all of them do not. What has
no price is in no sum: where it could matter, the outcome is inconclusive."""
_REMEDY = (
    "Lower the replicas or requests of the objects that grew most, or ask {owner} to raise the"
    " budget in the config of the base branch."
)
_ANYBODY = "the budget's owner"
_SOFT = Rule(
    id="budget-soft",
    title="With the change a budget is used up further than its soft limit",
    remedy=_REMEDY.format(owner=_ANYBODY),
)
_HARD = Rule(
    id="budget-hard",
    title="With the change a budget is exceeded",
    remedy=_REMEDY.format(owner=_ANYBODY),
)
_GROWTH = Rule(
    id="budget-growth",
    title="One change raises what a budget pays for by more than is allowed",
    remedy="Split the change, or ask the budget's owner to raise `growth` in the config of the base"
    " branch.",
)
_OPEN = Rule(
    id="budget-open-changes",
    title="With the other open changes a budget would be exceeded",
    remedy="Agree with the authors of those changes which are merged, or ask the budget's owner to"
    " raise the budget in the config of the base branch.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The budgets. `open_changes` is how hard it is where only all open changes together are over;
    `unknown` what objects of the base branch without a price make of a budget that is kept;
    `assume` what the files do not say, None for what cost_delta assumes."""

    budgets: tuple[Budget, ...] = ()
    open_changes: SeverityWord = "warn"
    unknown: SeverityWord = "info"
    assume: Assumptions | None = None

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    def __post_init__(self) -> None:
        names = [budget.name for budget in self.budgets]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"there are two budgets of the name {twice[0]!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """One budget: what the whole branch cost before, and what the change takes away and adds."""

    budget: Budget
    whole: Sum
    old: Sum
    new: Sum
    rows: tuple[InventoryRow, ...]
    currency: str
    unreadable: int
