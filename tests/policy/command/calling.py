"""`plumbline policy` as people call it, in a folder of its own."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bot import policy_command
from bot.policy.command import run
from bot.policy.command.arguments import add_parser
from bot.policy.command.case import Case
from bot.policy.command.folder import Folder
from bot.policy.model import Limits

NOW = datetime(2026, 1, 31, tzinfo=UTC)
QUICK = Limits(evaluation_seconds=1, total_seconds=10)


def call(*arguments: str) -> int:
    """The exit status of `plumbline policy …`, run where we are."""
    parser = argparse.ArgumentParser(prog="plumbline")
    add_parser(parser.add_subparsers(dest="command", required=True))
    return policy_command.run(parser.parse_args(["policy", *arguments]))


def written(root: Path, files: Mapping[str, str]) -> Folder:
    """A folder with these files."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return Folder(root.resolve())


def cases(files: Mapping[str, str], *, covering: bool = False) -> list[Case]:
    """The cases of the tests among files."""
    with TemporaryDirectory() as name:
        folder = written(Path(name), files)
        plan = run.Plan(folder=folder, now=NOW, limits=QUICK, covering=covering)
        return run.run(plan, run.found(folder, [""]), processes=1)
