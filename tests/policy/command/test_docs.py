"""docs/policy-tests.md: its files and commands, run in the order of the page."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from bot.policy.command.fixture import CaseEntry, Expectation
from bot.policy.command.lint import CODES
from tests.policy.command.calling import call, written

PAGE = Path(__file__).parents[3] / "docs" / "policy-tests.md"
_BLOCK = re.compile(r"```(yaml|rego|console)\n(.*?)```", re.DOTALL)
_FILE = re.compile(r"# (\S+/\S+)\n+")


def test_the_page_is_what_happens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    count = 0
    for kind, text in _BLOCK.findall(PAGE.read_text("utf-8")):
        if kind != "console":
            named = _FILE.match(text)
            assert named is not None, text
            written(tmp_path, {named[1]: text[named.end() :]})
            continue
        for command, shown in re.findall(r"\$ plumbline policy (.*)\n([^$]*)", text):
            call(*shlex.split(command))
            _same(capsys.readouterr().out, shown, command)
            count += 1
    assert count == 8


def _same(said: str, shown: str, command: str) -> None:
    """What is shown is what was said; "…" on a line of its own stands for any lines, and a column
    is as wide as what else stands in it."""
    said, shown = (re.sub(r"(?<=\S) +", " ", text) for text in (said, shown))
    pattern = r"(.*\n)*?".join(re.escape(part) for part in re.split(r"^…\n", shown, flags=re.M))
    assert re.fullmatch(pattern, said), f"{command} says:\n{said}"


@pytest.mark.parametrize(
    "name", [*CODES, *CaseEntry.model_fields, *Expectation.model_fields], ids=str
)
def test_the_page_names_everything(name: str) -> None:
    shown = {"passes": "pass: true", "extra": "extra: true"}.get(name, name)
    assert f"`{shown}`" in PAGE.read_text("utf-8")
