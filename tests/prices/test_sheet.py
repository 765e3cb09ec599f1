"""Sheets of one's own: what is read, and what is refused on its line."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from bot.config_file import ConfigError
from bot.prices.own_sheets import own_sheets
from bot.prices.sheet import rows_of
from bot.repo import Repository
from checks.model import Grade
from tests.repo.builder import Builder

CSV = "kind,name,unit,amount,source,as_of\n"
_YAML = "version: 1\nrows:\n- {kind: unit, name: cpu, unit: vCPU-hour, source: a, as_of: 2026-01-01"
GOOD = "unit,cpu,vCPU-hour,0.05,our bill,2026-10-01\n"


def test_csv_and_yaml_say_the_same() -> None:
    (one,) = rows_of("own.csv", (CSV + GOOD).encode())
    text = (
        "version: 1\nrows:\n- kind: unit\n  name: cpu\n  unit: vCPU-hour\n  amount: 0.05\n"
        "  source: our bill\n  as_of: 2026-10-01\n"
    )
    (two,) = rows_of("own.yaml", text.encode())
    assert one.amount == two.amount == Decimal("0.05")
    assert (one.key, one.source, one.as_of) == (two.key, two.source, two.as_of)
    assert (one.line, two.line) == (2, 3)
    assert (one.provider, one.region, one.grade) == ("any", "any", Grade.A)


def test_a_spreadsheets_mark_and_line_ends_are_fine() -> None:
    data = b"\xef\xbb\xbf" + (CSV + GOOD).replace("\n", "\r\n").encode()
    assert [row.name for row in rows_of("own.csv", data)] == ["cpu"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "own.csv:1: the sheet is empty"),
        ("kind,nam\n", "own.csv:1: there is no column 'nam'; the columns are kind, name, "),
        (CSV + GOOD + "unit,cpu\n", "own.csv:3: the row has not as many cells"),
        (CSV + GOOD + GOOD.replace("vCPU-hour", "cpu-hour"), "own.csv:3: unit: expected one of"),
        (CSV + GOOD.replace("vCPU-hour", ""), "own.csv:2: unit: expected one of "),
        (CSV + GOOD.replace("cpu", "cup", 1), "own.csv:2: name: there is no unit price 'cup'"),
        (CSV + GOOD.replace("0.05", "-1"), "own.csv:2: amount: Input should be greater than or"),
        (CSV + GOOD.replace("0.05", "NaN"), "own.csv:2: amount: Input should be a finite number"),
        (CSV + GOOD.replace("0.05", "1e400"), "own.csv:2: amount: "),
        (CSV + GOOD.replace("0.05", "much"), "own.csv:2: amount: Input should be a valid decimal"),
        (CSV + GOOD.replace("2026-10-01", "soon"), "own.csv:2: as_of: Input should be a valid"),
        (CSV + GOOD.replace("2026-10-01", ""), "own.csv:2: as_of: Field required"),
        (CSV + GOOD.replace("our bill", ""), "own.csv:2: source: Field required"),
        (CSV + GOOD.replace("unit", "thing"), "own.csv:2: kind: Input should be 'machine', 'unit'"),
        (CSV + "machine,m1,,1,us,2026-10-01\n", "own.csv:2: expected vcpu and memory_gib above 0"),
        (
            CSV.replace("\n", ",vcpu,memory_gib,accelerator\n")
            + "machine,m1,,1,us,2026-10-01,2,8,H100\n",
            "own.csv:2: expected accelerator and accelerators together, or neither",
        ),
        (
            CSV.replace("\n", ",vcpu,memory_gib\n") + "hardware,m1,,1,us,2026-10-01,2,8\n",
            "own.csv:2: expected years, in which it is written off",
        ),
        (
            CSV.replace("\n", ",vcpu,memory_gib\n") + "machine,m1,month,1,us,2026-10-01,2,8\n",
            "own.csv:2: unit: a machine is priced by the hour, not by 'month'",
        ),
        (CSV + 'unit,"cpu\n', "own.csv:2: this is no CSV"),
    ],
)
def test_what_is_no_sheet_is_refused_on_its_line(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        rows_of("own.csv", text.encode())
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rows: []\n", "own.yaml:1: expected 'version: 1' and 'rows'"),
        ("version: 1\nrows: []\nmore: 1\n", "own.yaml:1: expected 'version: 1' and 'rows'"),
        ("version: 1\nrows:\n- 1\n", "own.yaml:3: rows.0"),
        (
            f"{_YAML},\n   amount: x}}\n",
            "own.yaml:4: rows.0.amount: ",
        ),
        (
            f"{_YAML}, amount: 1,\n   colour: red}}\n",
            "own.yaml:4: rows.0.colour: there is no such setting",
        ),
        ("version: 1\nrows: [", "own.yaml:"),
    ],
)
def test_what_is_no_yaml_sheet_is_refused_on_its_line(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        rows_of("own.yaml", text.encode())
    assert said in str(refused.value)


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"own\.csv:1: the sheet is not UTF-8"):
        rows_of("own.csv", b"\xff\xfe")


@pytest.fixture
def repo(tmp_path: Path) -> Builder:
    builder = Builder(tmp_path / "repo")
    builder.write({".plumbline/prices/a.csv": CSV + GOOD, ".plumbline/prices/deep/b.yaml": "x"})
    builder.write({".plumbline/other.csv": "x", "prices/c.csv": "x"})
    return builder


def found(repo: Builder, *patterns: str) -> dict[str, bytes]:
    sha = repo.commit()
    with Repository.local(str(repo.path)) as opened:
        return own_sheets(opened, sha, patterns)


def test_sheets_are_read_by_their_globs(repo: Builder) -> None:
    sheets = found(repo, ".plumbline/prices/**/*.{csv,yaml,yml}")
    assert sorted(sheets) == [".plumbline/prices/a.csv", ".plumbline/prices/deep/b.yaml"]
    assert sheets[".plumbline/prices/a.csv"] == (CSV + GOOD).encode()


def test_no_glob_reads_nothing(repo: Builder) -> None:
    assert found(repo) == {}


def test_a_link_is_not_followed(repo: Builder) -> None:
    (repo.path / ".plumbline/prices/l.csv").symlink_to("/etc/hostname")
    with pytest.raises(ConfigError, match=r"l\.csv:1: a price sheet must be a regular file"):
        found(repo, "**/*.csv")


def test_too_large_a_sheet_is_refused(repo: Builder) -> None:
    repo.write({"prices/large.csv": b"x" * (17 << 20)})
    with pytest.raises(ConfigError, match=r"large\.csv:1: 17,825,792 bytes are more than"):
        found(repo, "prices/*.csv")


def test_too_many_sheets_are_refused(repo: Builder) -> None:
    repo.write({f"many/{n:03}.csv": "x" for n in range(201)})
    with pytest.raises(ConfigError, match=r"many/200\.csv:1: this is one of 201 price sheets"):
        found(repo, "many/*.csv")
