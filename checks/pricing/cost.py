"""The answer to "what does it cost a month": an amount with its grounds, or why it is unknown."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from checks.model import Grade, Range

HOURS = Decimal(730)
# Rounding happens once, on the smallest part of a sum (one pod, one volume). What is multiplied
# and added up afterwards is exact, so that parts always add up to their total.
_NANO = Decimal("1e-9")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """An amount a month; `basis` tells in words what it was computed from."""

    amount: Range
    grade: Grade
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """There is no amount; `reason` names what is missing. Unknown is never zero."""

    reason: str


def nano(amount: Decimal) -> Decimal:
    """`amount` rounded to a billionth."""
    return amount.quantize(_NANO, ROUND_HALF_EVEN)


def worst(*grades: Grade) -> Grade:
    """The least sure of them."""
    return max(grades, key=lambda grade: grade.value)


def number(amount: Decimal) -> str:
    """A number for people: at most three decimals, no trailing zeros, never an exponent."""
    text = f"{amount:,.3f}".rstrip("0").rstrip(".")
    return "<0.001" if text == "0" and amount else text
