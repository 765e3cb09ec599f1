"""Quantities are read as Kubernetes reads them, exactly."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.model import Node
from checks.pricing.quantity import GIB, QuantityError, quantity

_SUFFIXES = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "": Decimal(1),
    "k": Decimal(10**3),
    "M": Decimal(10**6),
    "G": Decimal(10**9),
    "T": Decimal(10**12),
    "Ki": Decimal(2**10),
    "Mi": Decimal(2**20),
    "Gi": Decimal(2**30),
    "Ti": Decimal(2**40),
}


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("500m", Decimal("0.5")),
        ("1Gi", GIB),
        ("1e3", Decimal(1000)),
        ("1E3", Decimal(1000)),
        ("1E", Decimal(10**18)),
        ("1Ei", Decimal(2**60)),
        ("12e-1", Decimal("1.2")),
        ("0.5", Decimal("0.5")),
        (".5Gi", GIB / 2),
        ("5.", Decimal(5)),
        ("+2", Decimal(2)),
        ("1k", Decimal(1000)),
        ("100u", Decimal("0.0001")),
        ("1n", Decimal("1e-9")),
        ("0", Decimal(0)),
        ("-0", Decimal(0)),
        (2, Decimal(2)),
        (0.1, Decimal("0.1")),
        (1e3, Decimal(1000)),
        (1e-7, Decimal("1e-7")),
        ("9223372036854775807", Decimal(2**63 - 1)),
        ("1.000000000000000000001Ki", Decimal("1024.000000000000000001024")),
    ],
)
def test_reads(text: Node, amount: Decimal) -> None:
    assert quantity(text) == amount


@pytest.mark.parametrize(
    "bad",
    [
        "",
        " 1",
        "1 Gi",
        "1gi",
        "1K",
        "1mi",
        "1e",
        "1e3Ki",
        "1.2.3",
        "0x10",
        "1_000",
        "١",
        "${CPU}",
        "NaN",
        "inf",
        "1e9999",
        "-1",
        "-500m",
        "9223372036854775808",
        "8Ei",
        "1" * 65,
        -1,
        -0.5,
        10**5000,
        -(10**5000),
        float("nan"),
        float("inf"),
        True,
        None,
        ["1"],
        {"cpu": "1"},
    ],
    ids=lambda bad: repr(bad)[:20] if not isinstance(bad, int) or abs(bad) < 10**9 else "huge",
)
def test_refuses(bad: Node) -> None:
    with pytest.raises(QuantityError) as caught:
        quantity(bad)
    assert str(caught.value)


@given(st.integers(0, 10**6), st.sampled_from(sorted(_SUFFIXES)))
def test_a_number_and_its_suffix_multiply(number: int, suffix: str) -> None:
    assert quantity(f"{number}{suffix}") == number * _SUFFIXES[suffix]


@given(st.decimals(0, 10**9, allow_nan=False, allow_infinity=False, places=9))
def test_what_is_written_is_read_back(amount: Decimal) -> None:
    assert quantity(f"{amount:f}") == amount


@given(st.text(alphabet="0123456789.eE+-KMGTPinumk ", max_size=12))
def test_any_text_is_an_amount_from_0_up_or_refused(text: str) -> None:
    try:
        amount = quantity(text)
    except QuantityError:
        amount = None
    assert amount is None or amount >= 0
