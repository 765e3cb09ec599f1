"""How money is written for people."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

_CENT = Decimal("0.01")
_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£"}


def plain(amount: Decimal, currency: str) -> str:
    """ "$1,234.50"; other currencies as "1,234.50 CHF"."""
    # Adding zero turns "-0.00" into "0.00".
    value = amount.quantize(_CENT, ROUND_HALF_EVEN) + Decimal("0.00")
    sign = "-" if value < 0 else ""
    number = f"{abs(value):,.2f}"
    symbol = _SIGNS.get(currency)
    return f"{sign}{symbol}{number}" if symbol else f"{sign}{number} {currency}"


def signed(amount: Decimal, currency: str) -> str:
    """ "+$12.00", "-$3.50", "$0.00"."""
    text = plain(amount, currency)
    return f"+{text}" if amount.quantize(_CENT, ROUND_HALF_EVEN) > 0 else text


def percent(delta: Decimal, before: Decimal) -> str:
    """ "+38%" of what it was; "" where there was nothing before."""
    if before <= 0:
        return ""
    value = (delta * 100 / before).quantize(Decimal(1), ROUND_HALF_EVEN)
    return f"{value:+}%" if value else "0%"
