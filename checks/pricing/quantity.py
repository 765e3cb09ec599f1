"""Kubernetes quantities ("500m", "1Gi", "1e3"), read exactly."""

from __future__ import annotations

import re
from decimal import Context, Decimal
from functools import lru_cache

from checks.model import Node

GIB = Decimal(2**30)

_QUANTITY = re.compile(
    r"(?P<sign>[+-]?)(?P<number>\d+\.?\d*|\.\d+)"
    r"(?:(?P<binary>[KMGTPE]i)|(?P<decimal>[numkMGTPE])|[eE](?P<exponent>[+-]?\d{1,3}))?",
    re.ASCII,
)
_BINARY = {unit: Decimal(2 ** (10 * power)) for power, unit in enumerate("KMGTPE", start=1)}
_DECIMAL = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_LARGEST = Decimal(2**63 - 1)
_LONGEST = 64
# A quantity of 64 characters times 2^60 has fewer digits than this, so nothing is ever rounded.
_EXACT = Context(prec=120)


class QuantityError(ValueError):
    """A value that is no quantity a resource request can have."""


def quantity(value: Node) -> Decimal:
    """The amount that `value` stands for: cores, bytes or a count, exact and not negative.

    YAML numbers are taken as they are written. Raises QuantityError for everything that the
    Kubernetes API would refuse, for negative amounts, and for amounts over 2^63 - 1, which
    Kubernetes would silently cap.
    """
    if isinstance(value, str):
        return _parse(value) if len(value) <= _LONGEST else _refuse(value[:_LONGEST] + "…")
    # A bool is an int to Python, not to Kubernetes.
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _refuse(value)
    # Python refuses to write out what is much longer.
    if isinstance(value, int) and abs(value) > _LARGEST:
        raise QuantityError("is a whole number beyond what Kubernetes can hold (2^63 - 1)")
    return _parse(repr(value))


@lru_cache(maxsize=4096)
def _parse(text: str) -> Decimal:
    match = _QUANTITY.fullmatch(text)
    if match is None:
        return _refuse(text)
    amount = Decimal(match["number"])
    if match["binary"]:
        amount = _EXACT.multiply(amount, _BINARY[match["binary"][0]])
    elif match["decimal"] or match["exponent"]:
        power = _DECIMAL[match["decimal"]] if match["decimal"] else int(match["exponent"])
        amount = _EXACT.scaleb(amount, power)
    if match["sign"] == "-" and amount:
        raise QuantityError(f'"{text}" is negative')
    if amount > _LARGEST:
        raise QuantityError(f'"{text}" is more than Kubernetes can hold (2^63 - 1)')
    return amount


def _refuse(value: Node) -> Decimal:
    shown = f'"{value}"' if isinstance(value, str) else _name(value)
    raise QuantityError(f"{shown} is not a Kubernetes quantity (such as 500m, 2 or 1Gi)")


def _name(value: Node) -> str:
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list) else str(value).lower()
