"""Hostile text in every place where it can stand."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.escape import cell, code, prose, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("two\nlines", "two\\u{a}lines"),
        ("\x1b[31mred", "\\u{1b}[31mred"),
        ("right\u202eleft", "right\\u{202e}left"),
        ("zero\u200bwidth", "zero\\u{200b}width"),
        ("byte\udcff", "byte\\xff"),
        ("größe", "größe"),
    ],
)
def test_what_cannot_be_seen_is_shown(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_a_long_text_keeps_both_ends() -> None:
    shown = visible("a" * 200 + "b" * 200)
    assert len(shown) <= 240
    assert shown.startswith("aaa")
    assert shown.endswith("bbb")


def test_a_code_span_is_fenced_by_more_backticks_than_it_holds() -> None:
    assert code("a``b") == "``` a``b ```"
    assert cell("a|b") == "`a\\|b`"


@given(st.text())
def test_a_code_span_cannot_be_left(text: str) -> None:
    span = code(text)
    fence = re.match(r"`+", span)
    assert fence is not None
    inner = span[len(fence[0]) : -len(fence[0])]
    assert fence[0] not in re.findall(r"`+", inner)
    assert "\n" not in span


@pytest.mark.parametrize(
    "attack",
    ["@acme/admins", "see #12", "https://evil.example/", "www.evil.example", "GH-7", "org/repo#9"],
)
def test_prose_mentions_and_links_nothing(attack: str) -> None:
    assert attack not in prose(attack)


@given(st.text())
def test_prose_holds_no_markup(text: str) -> None:
    safe = prose(text)
    assert "<" not in safe
    assert "\n" not in safe
    assert not re.search(r"(?<!\\)(?:\\\\)*[`*_\[\]~|]", safe)
