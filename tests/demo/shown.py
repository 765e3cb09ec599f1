"""What the bot posted, in a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rich.console import Console
from rich.markdown import Markdown
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from tests.forge.state import CheckRun
from tests.gitlab.state import Status

_COLOURS = {
    "success": "green",
    "neutral": "yellow",
    "failure": "red",
    "failed": "red",
    "cancelled": "dim",
}


def check_runs(out: Console, runs: Iterable[CheckRun]) -> None:
    """A table of them, and their annotations."""
    runs = sorted(runs, key=lambda run: run.name)
    _table(out, "Check run", ((run.name, run.conclusion or "", run.title or "") for run in runs))
    for run in runs:
        for mark in run.annotations:
            where = f"{mark['path']}:{mark['start_line']}"
            first, *_ = str(mark["message"]).splitlines()
            out.print(Text(f"  {mark['annotation_level']:8} {where}  {first}"), soft_wrap=True)


def statuses(out: Console, found: Iterable[Status]) -> None:
    """A table of commit statuses."""
    newest = sorted(found, key=lambda status: status.name)
    _table(out, "Commit status", ((s.name, s.state, s.description or "") for s in newest))


def _table(out: Console, what: str, rows: Iterable[tuple[str, str, str]]) -> None:
    table = Table(what, "State", "Says")
    for name, state, says in rows:
        table.add_row(name, Text(state, _COLOURS.get(state, "")), says)
    out.print(table)


def markdown(out: Console, title: str, body: str) -> None:
    """Markdown, with what a terminal cannot show (folds, line breaks) put in words."""
    text = re.sub(r"<!--.*?-->", "", body, flags=re.DOTALL)
    text = re.sub(r"(?s)(```+).*?\1", "_(an exact query)_", text)
    text = re.sub(r"<summary>(.*?)</summary>", r"\n\n**▸ \1**\n", text)
    text = re.sub(r"</?(?:details|sub)>", "", text).replace("<br>", " · ")
    out.print(Panel(Markdown(text), title=title, title_align="left"))
