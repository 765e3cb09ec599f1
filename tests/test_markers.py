"""The identity of a check run, written and read back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.checkruns import names
from bot.markers import external_id, parse_external_id


@given(
    number=st.integers(1, 10**9 - 1),
    name=st.sampled_from(names()),
    content=st.sampled_from(["", "0123abcd"]),
)
def test_an_external_id_is_read_back(number: int, name: str, content: str) -> None:
    assert parse_external_id(external_id(number, name, content)) == (number, name)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plumbline",
        "plumbline:1",
        "plumbline:1:",
        "plumbline:0:x",
        "plumbline:-1:x",
        "plumbline:²:x",
        "plumbline:9999999999:x",
        "plumbline:1:x:zz",
        " plumbline:1:x",
        "x:1:y",
    ],
)
def test_anything_else_is_not_ours(text: str) -> None:
    assert parse_external_id(text) is None


@given(st.text())
def test_no_text_raises(text: str) -> None:
    parsed = parse_external_id(text)
    assert parsed is None or parsed[0] > 0
