"""Kubernetes quantities: read, compared and written in their canonical form."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction

_FORM = re.compile(
    r"([+-]?)([0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
    r"(?:([KMGTPE]i)|([numkMGTPE])|[eE]([+-]?[0-9]+))?",
    re.ASCII,
)
_BINARY = {letter + "i": 1 << (10 * n) for n, letter in enumerate("KMGTPE", 1)}
_DECIMAL = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_SUFFIX = {exponent: suffix for suffix, exponent in _DECIMAL.items()} | {0: ""}
_NANO = 10**9
_MOST = (1 << 63) - 1
# Kubernetes rounds what is finer than a nano up, away from zero, and reads no endless exponents.
_MOST_EXPONENT = 400


@dataclass(frozen=True, slots=True)
class Quantity:
    """An amount and the form it was written in: "binary", "decimal" or "exponent"."""

    amount: Fraction
    form: str

    def __str__(self) -> str:
        if self.form == "binary" and abs(self.amount) >= 1024:
            return _binary_text(
                math.ceil(self.amount) if self.amount > 0 else math.floor(self.amount)
            )
        return _decimal_text(self.amount, "exponent" if self.form == "exponent" else "decimal")

    def add(self, other: Quantity) -> Quantity:
        """The sum, in the form of the first; of the other where the first is zero."""
        return Quantity(self.amount + other.amount, self.form if self.amount else other.form)

    def subtract(self, other: Quantity) -> Quantity:
        """The difference, in the form of the first; of the other where the first is zero."""
        return Quantity(self.amount - other.amount, self.form if self.amount else other.form)


def parse(text: str) -> Quantity | None:
    """A quantity, None where resource.ParseQuantity fails."""
    found = _FORM.fullmatch(text)
    if found is None:
        return None
    sign, digits, binary, suffix, exponent = found.groups()
    if exponent is not None and abs(int(exponent)) > _MOST_EXPONENT:
        return None
    amount = Fraction(digits if digits[-1] != "." else digits[:-1])
    form = "decimal"
    if binary:
        amount, form = amount * _BINARY[binary], "binary"
    elif suffix:
        amount *= Fraction(10) ** _DECIMAL[suffix]
    elif exponent is not None:
        amount, form = amount * Fraction(10) ** int(exponent), "exponent"
    amount = min(Fraction(math.ceil(amount * _NANO), _NANO), Fraction(_MOST))
    return Quantity(-amount if sign == "-" else amount, form)


def _binary_text(amount: int) -> str:
    suffix = ""
    for name, size in _BINARY.items():
        if amount % size:
            break
        suffix = name
    return f"{amount // _BINARY[suffix] if suffix else amount}{suffix}"


def _decimal_text(amount: Fraction, form: str) -> str:
    nanos = amount * _NANO
    whole = math.ceil(nanos) if nanos > 0 else math.floor(nanos)
    if whole == 0:
        return "0"
    exponent = -9
    while whole % 1000 == 0 and exponent < 18:
        whole, exponent = whole // 1000, exponent + 3
    if form == "exponent":
        return f"{whole}e{exponent}" if exponent else str(whole)
    return f"{whole}{_SUFFIX[exponent]}"
