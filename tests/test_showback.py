"""`plumbline showback`: its formats, and the command on a real repository."""

from __future__ import annotations

import argparse
import csv
import io
import json
import subprocess
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from bot import showback_command
from bot.config import Policy
from bot.repo import Repository
from bot.showback_arguments import add_arguments
from bot.showback_file import safe_cell, to_csv, to_json, to_table
from checks.costs.showback import showback
from checks.model import Attribution, Inventory, InventoryRow, Location, Range, ResourceRef
from tests.forge.gitrepo import ENVIRONMENT


def _row(amount: str | None, carbon: str | None = None, **whose: str) -> InventoryRow:
    return InventoryRow(
        resource_id="x",
        resource=ResourceRef(kind="Deployment", namespace="shop", name="web"),
        location=Location(path="web.yaml", line=1),
        attribution=Attribution(**whose),
        monthly=None if amount is None else Range.exact(Decimal(amount)),
        carbon=None if carbon is None else Decimal(carbon),
    )


_WHOLE = Inventory(
    sha="x",
    rows=(
        _row("1200.50", "9000", cost_center="pay", team="red"),
        _row("30.25", cost_center="=cmd|' /C calc'!A0", team="blue"),
        _row("9", "100"),
        _row(None, cost_center="pay"),
    ),
    unreadable=1,
)
_UNKNOWN = Inventory(sha="x", rows=(_row(None, cost_center="pay"),))


def test_the_table() -> None:
    assert to_table(showback(_WHOLE, ("cost_center",))) == (
        "cost_center           a month       from         to            carbon  objects  unknown\n"
        "pay                 $1,200.50  $1,200.50  $1,200.50  over 9.0 kg CO2e        1        1\n"
        "=cmd|' /C calc'!A0     $30.25     $30.25     $30.25           unknown        1        0\n"
        "unallocated             $9.00      $9.00      $9.00        100 g CO2e        1        0\n"
        "total               $1,239.75  $1,239.75  $1,239.75  over 9.1 kg CO2e        3        1\n"
        "\n"
        "Carbon is modelled. What is unknown is in no sum.\n"
        "Not readable: 1 files or roots; what they declare is missing.\n"
    )


def test_csv_adds_up_and_runs_nothing() -> None:
    found = showback(_WHOLE, ("cost_center", "team"))
    rows = list(csv.DictReader(io.StringIO(to_csv(found))))
    assert sum(Decimal(row["expected"] or 0) for row in rows) == found.total.monthly.expected
    assert {row["cost_center"] for row in rows} == {"pay", "'=cmd|' /C calc'!A0", "unallocated"}
    assert not [cell for row in rows for cell in row.values() if cell[:1] in tuple("=+-@\t\r")]


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("pay", "pay"),
        ("a=b", "a=b"),
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("  =1", "'  =1"),
        ("\t=1", "'\\u{9}=1"),
        ("＝1", "'＝1"),
    ],
)
def test_no_cell_is_a_formula(text: str, cell: str) -> None:
    assert safe_cell(text) == cell


def test_json() -> None:
    body = json.loads(to_json(showback(_WHOLE, ("team",)), "abc"))
    assert (body["commit"], body["by"], body["currency"]) == ("abc", ["team"], "USD")
    assert body["rows"][0] == {
        "team": "red",
        "monthly": {"low": "1200.50", "expected": "1200.50", "high": "1200.50"},
        "carbon_grams": "9000",
        "objects": 1,
        "unknown": 0,
        "carbon_unknown": 0,
    }
    total = sum(Decimal(row["monthly"]["expected"]) for row in body["rows"])
    assert str(total) == body["total"]["monthly"]["expected"]
    assert body["unreadable"] == 1


def test_of_nothing_but_unknowns_there_is_no_amount() -> None:
    found = showback(_UNKNOWN, ("cost_center",))
    assert to_table(found).splitlines()[1].split() == ["pay", *["unknown"] * 4, "0", "1"]
    assert to_csv(found).splitlines()[1] == "pay,,,,USD,,0,1,0"
    body = json.loads(to_json(found, "abc"))
    assert body["rows"][0]["monthly"] is None
    assert body["total"]["carbon_grams"] is None
    nothing = showback(Inventory(sha="x"), ("cost_center",))
    assert json.loads(to_json(nothing, "abc"))["total"]["monthly"]["expected"] == "0.00"


def _parsed(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(arguments)


def test_arguments() -> None:
    assert _parsed("--by", "team,cost-center,team").by == ("team", "cost_center")
    assert _parsed().by == ("cost_center",)


@pytest.mark.parametrize("by", ["", ",", "squad", "team,squad"])
def test_wrong_arguments(by: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        _parsed("--by", by)
    assert "cost_center, team, model, environment, cluster" in capsys.readouterr().err


class _Declared:
    """Prices nothing; remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def __call__(self, repo: Repository, sha: str, policy: Policy, now: datetime) -> Inventory:
        assert now.tzinfo is not None
        assert repo.resolve(sha) == sha
        self.asked.append((sha, policy.label_domain))
        return _WHOLE


def _repo(where: Path, config: str) -> str:
    """A repository with this config; its only commit."""

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(where), *arguments]
        done = subprocess.run(command, env=ENVIRONMENT, check=True, capture_output=True)
        return done.stdout.decode().strip()

    git("init", "-q", "-b", "main")
    (where / ".plumbline.yml").write_text(config)
    git("add", "-A")
    git("commit", "-q", "-m", "config")
    return git("rev-parse", "HEAD")


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = _repo(tmp_path, "version: 1\ndomain: acme.org\n")
    declared = _Declared()
    assert showback_command.run(_parsed(str(tmp_path), "--rev", first[:12]), declared) == 0
    assert declared.asked == [(first, "acme.org")]
    assert capsys.readouterr().out == to_table(showback(_WHOLE, ("cost_center",)))
    for form in ("csv", "json"):
        assert showback_command.run(_parsed(str(tmp_path), "--format", form), declared) == 0
        assert "1200.50" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("config", "arguments", "why"),
    [
        ("version: 1\n", ["--rev", "nowhere"], "nowhere"),
        ("version: 7\n", [], ".plumbline.yml:1: version"),
    ],
)
def test_wrong_use(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    config: str,
    arguments: list[str],
    why: str,
) -> None:
    _repo(tmp_path, config)
    assert showback_command.run(_parsed(str(tmp_path), *arguments), _Declared()) == 2
    assert why in capsys.readouterr().err
