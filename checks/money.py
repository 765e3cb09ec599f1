"""How money and its changes are written for people."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

from checks.model import Range

CENT = Decimal("0.01")
_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£"}


def cents(amount: Decimal) -> Decimal:
    """Rounded to cents, half to even; never "-0.00"."""
    return amount.quantize(CENT, ROUND_HALF_EVEN) + Decimal("0.00")


def plain(amount: Decimal, currency: str = "USD") -> str:
    """ "$1,234.50"; other currencies as "1,234.50 CHF"."""
    value = cents(amount)
    sign = "-" if value < 0 else ""
    number = f"{abs(value):,.2f}"
    symbol = _SIGNS.get(currency)
    return f"{sign}{symbol}{number}" if symbol else f"{sign}{number} {currency}"


def figure(amount: Decimal, currency: str = "USD") -> str:
    """A unit price with all its digits: "$0.031611"; at least two decimals."""
    text = f"{amount.normalize():f}"
    digits = len(text.partition(".")[2])
    number = text if digits >= 2 else f"{amount:.2f}"
    symbol = _SIGNS.get(currency)
    return f"{symbol}{number}" if symbol else f"{number} {currency}"


def signed(amount: Decimal, currency: str = "USD") -> str:
    """ "+$12.00", "-$3.50", "$0.00"."""
    return ("+" if cents(amount) > 0 else "") + plain(amount, currency)


def spread(amount: Range, currency: str = "USD", *, sign: bool = False) -> str:
    """The expected amount, and its bounds where they differ: "$12.00 ($6.00 to $24.00)", or
    "$6.00, up to $24.00" where one of them is the expected amount."""
    write = signed if sign else plain
    low, text, high = (write(part, currency) for part in (amount.low, amount.expected, amount.high))
    if low == high:
        return text
    if text == low:
        return f"{text}, up to {high}"
    if text == high:
        return f"{text}, down to {low}"
    return f"{text} ({low} to {high})"


def percent(delta: Decimal, before: Decimal) -> str:
    """ "+38%" of what it was; "" where there was nothing before."""
    if before <= 0:
        return ""
    value = (delta * 100 / before).quantize(Decimal(1), ROUND_HALF_EVEN)
    return f"{value:+}%" if value else "0%"
