"""The answer to "what does it cost a month": an amount with its grounds, or why it is unknown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any

from checks.model import Grade, Ledger, Pointer, Range, Resource, UnitPrice

HOURS = Decimal(730)
# Rounding happens once, on the smallest part of a sum (one pod, one volume). What is multiplied
# and added up afterwards is exact, so that parts always add up to their total.
_NANO = Decimal("1e-9")
# Wide enough for every quantity Kubernetes can hold times any price.
_WIDE = Context(prec=60)
# A trillion a month for one object is a slip of the pen; sums of such would lose their cents.
_ABSURD = Decimal(10**12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """One thing a cost depends on, with its value as the formula takes it and as people read it."""

    value: Any
    shown: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """How an expected cost comes about: `formula` makes the amount a month of the values of
    `factors`, by their names ("replicas", "CPU", "memory", "GPU type", "price", …). What changed
    between two bills of the same formula is explained by exchanging factor after factor."""

    formula: Callable[[Mapping[str, Any]], Decimal]
    factors: Mapping[str, Factor]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware:
    """What is expected to run around the clock, for carbon: `accelerators` by their names."""

    vcpu: Decimal
    memory_gib: Decimal
    accelerators: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """An amount a month; `basis` tells in words what it was computed from, `prices` with which
    unit prices. `bill` and `hardware` are None where there is nothing to take apart."""

    amount: Range
    grade: Grade
    basis: str
    prices: tuple[UnitPrice, ...] = ()
    ledger: Ledger = Ledger.ALLOCATION
    # Whether it is the machines that pods run on (the other ledger's pods must not be added), and
    # whether their number follows the pods.
    nodes: bool = False
    autoscaled: bool = False
    bill: Bill | None = None
    hardware: Hardware | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """A value that nobody can use, where it stands in `resource` (None: in the priced one)."""

    pointer: Pointer
    problem: str
    resource: Resource | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """There is no amount; `reason` names what is missing. Unknown is never zero.

    `flaws` are the values that are to blame, where it is not merely that something is not said.
    """

    reason: str
    flaws: tuple[Flaw, ...] = ()

    def within(self, pointer: Pointer, part: str = "") -> Unknown:
        """The same of something that stands at `pointer` of the priced object, its part `part`."""
        flaws = tuple(
            flaw if flaw.resource else replace(flaw, pointer=(*pointer, *flaw.pointer))
            for flaw in self.flaws
        )
        return Unknown(reason=f"{part}: {self.reason}" if part else self.reason, flaws=flaws)


def flawed(pointer: Pointer, problem: str) -> Unknown:
    """Unknown because of the one value at `pointer`."""
    return Unknown(reason=problem, flaws=(Flaw(pointer=pointer, problem=problem),))


def plausible(answer: Cost | Unknown) -> Cost | Unknown:
    """`answer`, unless it is an amount that nobody can mean."""
    if isinstance(answer, Cost) and answer.amount.high > _ABSURD:
        return Unknown(reason="it would cost more than a trillion a month, which cannot be meant")
    return answer


def nano(amount: Decimal) -> Decimal:
    """`amount` rounded to a billionth."""
    return amount.quantize(_NANO, ROUND_HALF_EVEN, _WIDE)


def worst(*grades: Grade) -> Grade:
    """The least sure of one or more."""
    found = grades[0]
    for grade in grades[1:]:
        if grade is not found and grade.value > found.value:
            found = grade
    return found


def number(amount: Decimal) -> str:
    """A number for people: at most three decimals, no trailing zeros, never an exponent."""
    text = f"{amount:,.3f}".rstrip("0").rstrip(".")
    return "<0.001" if text == "0" and amount else text
