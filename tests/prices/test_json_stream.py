"""A document is read member by member, whatever its size and wherever a piece of it ends."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.config_file import ConfigError
from bot.prices.importers.json_stream import members

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def written(tmp_path: Path, content: str) -> Path:
    path = tmp_path / "list.json"
    path.write_text(content, encoding="utf-8")
    return path


@given(st.dictionaries(st.text(), _VALUES), st.dictionaries(st.text(), _VALUES), st.integers(1, 9))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_it_reads_what_a_parser_reads(
    tmp_path: Path, beside: dict[str, Any], wanted: dict[str, Any], piece: int
) -> None:
    beside.pop("wanted", None)
    path = written(tmp_path, json.dumps({**beside, "wanted": wanted}, ensure_ascii=False))
    assert {key: value for _, key, value in members(path, ("wanted",), piece)} == wanted


def test_a_member_has_its_line(tmp_path: Path) -> None:
    path = written(tmp_path, json.dumps({"a": 1, "skus": [{"x": 1}, {"x": 2}]}, indent=1))
    assert [line for line, _, _ in members(path, ("skus",))] == [4, 7]


def test_numbers_stay_exact(tmp_path: Path) -> None:
    path = written(tmp_path, '{"x": [0.1000000000000000055511151231257827]}')
    assert [value for _, _, value in members(path, ("x",))] == [
        "0.1000000000000000055511151231257827"
    ]


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    one = json.dumps({"attributes": {"name": "x" * 200}, "more": ["y" * 50] * 20})
    path = tmp_path / "large.json"
    with path.open("w") as out:
        out.write('{"beside": [' + ",".join([one] * 10_000) + '], "products": {')
        out.write(",".join(f'"{n}": {one}' for n in range(10_000)) + "}}")
    assert path.stat().st_size > 25_000_000
    tracemalloc.start()
    try:
        assert sum(1 for _ in members(path, ("products",))) == 10_000
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "the file ends too early"),
        ('{"a": "', "this is no JSON"),
        ('{"a": {"b": "\\', "the file ends too early"),
        ('{"x" 1}', "expected ':'"),
        ('{"x": [1 2]}', "expected ',' or ']'"),
        ('{"x": 1}', "expected an object or an array"),
        ('{"x": [' + "[" * 100_000, "this is no JSON"),
    ],
)
def test_what_is_no_json_is_refused(tmp_path: Path, content: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        list(members(written(tmp_path, content), ("x",)))


def test_a_value_without_end_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="a value has more than"):
        list(members(written(tmp_path, '{"x": ["' + "y" * 20_000_000), ("x",)))
