"""`plumbline prices` as people call it."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from bot import prices_command
from bot.prices.arguments import add_parser
from bot.prices.row import COLUMNS
from tests.prices import lists

HEAD = "provider,region,kind,name,unit,amount,source,as_of"


class Answer(NamedTuple):
    """What a command said."""

    status: int
    out: str
    err: str


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """Runs `plumbline prices …`."""

    def run(*argv: object) -> Answer:
        parser = argparse.ArgumentParser(prog="plumbline")
        add_parser(parser.add_subparsers(dest="command"))
        status = prices_command.run(parser.parse_args(["prices", *map(str, argv)]))
        return Answer(status, *capsys.readouterr())

    return run


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    """A price list in the reference layout."""
    path = tmp_path / "list.csv"
    path.write_text(lists.REFERENCE)
    return path


def test_import_list_and_show_go_round(
    said: Callable[..., Answer], listed: Path, tmp_path: Path
) -> None:
    sheet = tmp_path / "own.csv"
    done = said("import", "--format", "reference", "--output", sheet, listed)
    assert (done.status, done.out) == (0, "")
    assert done.err.startswith("plumbline: 5 prices, 2 rows left out\n  1: ")
    text = said("list", "--sheet", sheet, "--format", "csv")
    assert text.out == sheet.read_text()
    rows = json.loads(said("list", "--sheet", sheet, "--format", "json").out)
    assert {row["name"] for row in rows} == {"m6i.large", "p5.48xlarge", "tpu:v5e", "gpu:T4", "box"}
    shown = said("show", "box", "--provider", "shed", "--sheet", sheet)
    assert shown.status == 0
    assert "box: 4 vCPU, 12 GiB, 1 T4" in shown.out
    assert "on demand: $0.34/hour, 248.20 a month" in shown.out
    assert "of 2025-03-07, " in shown.out
    assert "stale, grade A" in shown.out


def test_import_takes_what_is_asked_for(said: Callable[..., Answer], listed: Path) -> None:
    done = said("import", "--format", "reference", "--region", "us-*", "--name", "P5.*", listed)
    header, row = done.out.splitlines()
    assert header.split(",") == list(COLUMNS)
    assert row.startswith("aws,us-east-1,machine,p5.48xlarge,hour,55.04,,USD,192,2048,H100,8,")


def test_a_list_of_another_format_is_refused(said: Callable[..., Answer], listed: Path) -> None:
    done = said("import", "--format", "skypilot", "--provider", "aws", listed)
    assert (done.status, done.out) == (2, "")
    assert done.err == (
        f"plumbline: {listed}:1: there is no column 'InstanceType'; is this another format?\n"
    )


def test_a_file_that_is_not_there_is_wrong_use(said: Callable[..., Answer], tmp_path: Path) -> None:
    done = said("import", "--format", "aws", tmp_path / "none.csv")
    assert done.status == 2
    assert "No such file" in done.err


def test_list_shows_price_month_source_and_age(said: Callable[..., Answer]) -> None:
    done = said("list", "--provider", "aws", "--region", "us-east-1", "--name", "p5.48xlarge")
    head, row = done.out.splitlines()
    assert head.split() == [
        *("provider", "region", "name", "price", "spot", "a", "month", "grade", "source", "age")
    ]
    assert "$55.04/hour" in row
    assert "40,179.20" in row
    assert "karpenter-aws@1d92708" in row
    assert " days old" in row


def test_list_of_nothing_says_so(said: Callable[..., Answer]) -> None:
    done = said("list", "--name", "no-such-*")
    assert (done.status, done.out) == (1, "No price matches.\n")


def test_show_takes_discounts_of_a_config(said: Callable[..., Answer], tmp_path: Path) -> None:
    config = tmp_path / "plumbline.yml"
    config.write_text(
        "version: 1\nprices:\n  provider: aws\n  region: us-east-1\n"
        "  discounts: [{sku: 'p5.*', percent: 10}]\n"
    )
    done = said("show", "p5.48xlarge", "--config", config)
    assert "At aws us-east-1:\n" in done.out
    assert "on demand: $49.536/hour" in done.out
    assert f"negotiated by {config}: 10% off karpenter-aws@1d92708" in done.out
    config.write_text("version: 1\nprices: {discounts: [{percent: 200}]}\n")
    done = said("show", "p5.48xlarge", "--config", config)
    assert done.status == 2
    assert f"{config}:2: prices.discounts.0.percent: " in done.err


def test_show_of_an_accelerator_lists_its_machines(said: Callable[..., Answer]) -> None:
    done = said("show", "H100", "--provider", "gcp", "--region", "us-central1")
    assert done.out.index("a3-highgpu-1g") < done.out.index("a3-highgpu-8g")


def test_show_of_a_unit_price(said: Callable[..., Answer]) -> None:
    done = said("show", "tpu:v5e", "--provider", "gcp", "--region", "us-central1")
    assert "tpu:v5e: $1.2/chip-hour, 876.00 a month" in done.out
    assert "tpu:v5e:spot: $0.63/chip-hour" in done.out


def test_what_nobody_sells_in_public_says_so(said: Callable[..., Answer]) -> None:
    done = said("show", "gaudi3")
    assert done.status == 1
    assert done.out.startswith("Gaudi3 has no public price: give your own in a sheet")


def test_what_has_no_price_says_so(said: Callable[..., Answer]) -> None:
    done = said("show", "m99.huge\x1b[31m", "--provider", "aws", "--region", "us-east-1")
    assert done.status == 1
    assert done.out.startswith("There is no price of m99.huge\\u{1b}[31m at aws us-east-1; ")


def test_an_unknown_provider_is_wrong_use(said: Callable[..., Answer]) -> None:
    done = said("show", "m6i.large", "--provider", "asw")
    assert done.status == 2
    assert "there are no prices of the provider 'asw'" in done.err


def test_diff(said: Callable[..., Answer], tmp_path: Path) -> None:
    rows = {
        "same": ("aws,any,unit,cpu,vCPU-hour,{},us,2026-01-01", "1", "1"),
        "up": ("aws,any,unit,ram,GiB-hour,{},us,2026-01-01", "1", "1.5"),
        "down": ("aws,any,unit,storage,GiB-month,{},us,2026-01-01", "2", "1"),
        "gone": ("aws,any,unit,gpu,GPU-hour,{},us,2026-01-01", "2", ""),
        "new": ("aws,any,unit,nat-gateway,hour,{},us,2026-01-01", "", "3"),
    }
    before, after = tmp_path / "before.csv", tmp_path / "after.csv"
    for side, path in ((1, before), (2, after)):
        lines = [row[0].format(row[side]) for row in rows.values() if row[side]]
        path.write_text("\n".join([HEAD, *lines, ""]))
    done = said("diff", before, after)
    assert done.status == 0
    assert [line.split()[0] for line in done.out.splitlines()[1:-1]] == [
        *("gone", "new", "rose", "fell")
    ]
    assert "+50.0%" in done.out
    assert "-50.0%" in done.out
    assert done.out.splitlines()[-1] == "1 fell, 1 gone, 1 new, 1 rose"
    found = json.loads(said("diff", before, after, "--format", "json").out)
    assert [one["what"] for one in found] == ["gone", "new", "rose", "fell"]
    assert found[2]["percent"] == "50.0"
    assert said("diff", before, before).out.splitlines()[-1] == "The sheets have the same prices."


def test_the_arguments_are_light() -> None:
    """`plumbline --help` reads them, and must not wait for pydantic or a sheet."""
    program = (
        "import sys\nfrom bot.prices.arguments import add_parser\n"
        "print(sorted({'pydantic', 'yaml', 'csv', 'bot.prices.book'} & set(sys.modules)))"
    )
    done = subprocess.run((sys.executable, "-c", program), check=True, capture_output=True)
    assert done.stdout.decode().strip() == "[]"
