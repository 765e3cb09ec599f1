"""How amounts are written."""

from __future__ import annotations

from decimal import Decimal

import pytest

from checks.model import Range
from checks.money import cents, percent, plain, signed, spread


@pytest.mark.parametrize(
    ("amount", "text"),
    [("0", "$0.00"), ("-0.001", "$0.00"), ("1234.5", "$1,234.50"), ("-3.456", "-$3.46")],
)
def test_plain(amount: str, text: str) -> None:
    assert plain(Decimal(amount)) == text


def test_other_currencies_keep_their_name() -> None:
    assert plain(Decimal("12"), "CHF") == "12.00 CHF"
    assert plain(Decimal("-12"), "EUR") == "-€12.00"


def test_a_change_has_a_sign_unless_it_is_none() -> None:
    assert signed(Decimal("0.004")) == "$0.00"
    assert signed(Decimal("5")) == "+$5.00"
    assert signed(Decimal("-5")) == "-$5.00"


def test_half_a_cent_goes_to_the_even_one() -> None:
    assert [str(cents(Decimal(x))) for x in ("0.005", "0.015")] == ["0.00", "0.02"]


def test_bounds_are_shown_where_they_differ() -> None:
    assert spread(Range.exact(Decimal(7))) == "$7.00"
    wide = Range(low=Decimal(1), expected=Decimal(2), high=Decimal(9))
    assert spread(wide, sign=True) == "+$2.00 (+$1.00 to +$9.00)"
    lowest = Range(low=Decimal(2), expected=Decimal(2), high=Decimal(9))
    assert spread(lowest) == "$2.00, up to $9.00"
    highest = Range(low=Decimal(1), expected=Decimal(9), high=Decimal(9))
    assert spread(highest) == "$9.00, down to $1.00"


def test_percent_of_nothing_is_not_told() -> None:
    assert percent(Decimal(5), Decimal(0)) == ""
    assert percent(Decimal(5), Decimal(50)) == "+10%"
    assert percent(Decimal(-5), Decimal(50)) == "-10%"
    assert percent(Decimal(0), Decimal(50)) == "0%"
