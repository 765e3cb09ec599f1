"""Runs the story and shows what the bot posted."""

from __future__ import annotations

import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markdown import Markdown
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from tests.demo.server import serving
from tests.demo.story import BRANCH, PROJECT, TITLE, change, fix, sample
from tests.forge.fake import FakeGitHub

_PATIENCE = 40.0
_COLOURS = {"success": "green", "neutral": "yellow", "failure": "red", "cancelled": "dim"}


def main() -> int:
    """The demo; 0 where everything went as told, 1 otherwise."""
    out = Console(width=None if sys.stdout.isatty() else 120)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, FakeGitHub(Path(folder) / "github") as fake:
        repo = fake.create_repo(PROJECT, sample())
        log = Path(folder) / "plumbline.log"
        with serving(fake, Path(folder) / "data", log):
            out.rule(f"[bold]1. alice opens a pull request on {PROJECT}: {TITLE}")
            repo.commit(BRANCH, change())
            pull = repo.open_pull(BRANCH, title=TITLE)
            _show(out, fake, _judged(fake, pull.head_sha, log), pull.number)
            out.rule("[bold]2. she pins the image, drops the job, and pushes")
            repo.push(BRANCH, fix())
            _show(out, fake, _judged(fake, pull.head_sha, log), pull.number)
        comments = fake.comments(PROJECT, pull.number)
        violations = list(fake.violations)
    out.print(f"\n{len(comments)} comment, kept up to date; {time.monotonic() - started:.1f} s.")
    for violation in violations:
        out.print(Text(f"against GitHub's API description: {violation}", "red"))
    return 1 if violations or len(comments) != 1 else 0


def _judged(fake: FakeGitHub, sha: str, log: Path) -> list[Any]:
    """The check runs on a commit, once all of them are completed."""
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        runs = fake.check_runs(PROJECT, sha)
        gate = [run for run in runs if run.name == "plumbline"]
        if gate and all(run.status == "completed" for run in runs):
            return list(runs)
        time.sleep(0.1)
    raise SystemExit(
        f"no verdict after {_PATIENCE:.0f} s; the log ends:\n{log.read_text()[-4000:]}"
    )


def _show(out: Console, fake: FakeGitHub, runs: list[Any], number: int) -> None:
    table = Table("Check run", "Conclusion", "Title", title="Check runs", title_justify="left")
    for run in sorted(runs, key=lambda run: str(run.name)):
        colour = _COLOURS.get(run.conclusion, "")
        table.add_row(run.name, Text(run.conclusion, colour), run.title)
    out.print(table)
    for run in runs:
        for mark in run.annotations:
            where = f"{mark['path']}:{mark['start_line']}"
            said = f"  {mark['annotation_level']:8} {where}  {mark['message']}"
            out.print(Text(said), soft_wrap=True)
    body = fake.comments(PROJECT, number)[0].body
    out.print(Panel(Markdown(_readable(body)), title="The comment", title_align="left"))


def _readable(body: str) -> str:
    """Terminals render no HTML: line breaks, small print and folds in words."""
    text = re.sub(r"<!--.*?-->", "", body)
    text = re.sub(r"<summary>(.*?)</summary>", r"\n\n**▸ \1**\n", text)
    return re.sub(r"</?(?:details|sub)>", "", text).replace("<br>", " · ")


if __name__ == "__main__":
    sys.exit(main())
