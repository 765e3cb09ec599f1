"""`plumbline check`: the workflow's gather and judge on a local repository."""

from __future__ import annotations

import argparse
import gc
import io
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from bot.assess import assess, change_between, law_at
from bot.config import Policy, parse
from bot.config_file import ConfigError
from bot.model import Report
from bot.render.compose import Plan
from bot.repo import GitError, Repository
from bot.workshop import Workshop
from checks.model import Verdict

EXIT = {
    Verdict.PASS: 0,
    Verdict.WARN: 0,
    Verdict.FAIL: 1,
    Verdict.NEEDS_APPROVAL: 3,
    Verdict.ERROR: 4,
}
WRONG_USE = 2
_KEPT_BYTES = 1024 * 1024 * 1024


def run(args: argparse.Namespace) -> int:
    """Judge, print, and return the exit status."""
    # A short life that makes millions of objects and no cycles: collecting would only search
    # them again and again, a quarter of the time of a large change.
    gc.disable()
    try:
        report = _report(args)
    except (GitError, ConfigError, OSError) as error:
        sys.stderr.write(f"plumbline: {error}\n")
        return WRONG_USE
    text = _formatted(report, args.format, color=args.output is None and sys.stdout.isatty())
    try:
        if args.output:
            args.output.write_text(text, encoding="utf-8", errors="backslashreplace")
        else:
            sys.stdout.write(text)
    except OSError as error:
        sys.stderr.write(f"plumbline: cannot write {args.output}: {error.strerror}\n")
        return WRONG_USE
    return EXIT[report.verdict]


def _report(args: argparse.Namespace) -> Report:
    with Repository.local(args.repo) as repo:
        base = repo.resolve(args.base)
        head = repo.resolve(args.head) if args.head else ""
        merge_base = repo.merge_base(base, head or repo.resolve("HEAD"))
        head = head or repo.worktree_tree()
        change = change_between(repo, base, head, merge_base)
        law = _given(args.config) if args.config else law_at(repo, base, args.base)
        return assess(
            repo,
            change,
            now=datetime.now(UTC),
            law=lambda: law,
            workshop=own_workshop(),
            own=tuple(filter(None, [repo.remote_url("origin")])),
            plan=_plan(args.plan, args.repo) if args.plan else None,
        )


def own_workshop() -> Workshop:
    """The workshop of whoever runs a command: it keeps renders where programs keep such things."""
    home = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    return Workshop(folder=Path(home) / "plumbline", max_bytes=_KEPT_BYTES)


def _plan(path: Path, repo: str) -> Plan:
    from bot.render.terraform.plan import sides

    before, after = sides(path.read_bytes(), str(path), Path(repo))
    return Plan(path=str(path), before=before, after=after)


def _given(path: Path) -> Policy:
    return parse(str(path), path.read_bytes())


def _formatted(report: Report, form: str, *, color: bool) -> str:
    if form == "json":
        from bot.contract import to_json

        return json.dumps(to_json(report)) + "\n"
    if form == "sarif":
        from bot.sarif import to_sarif

        return json.dumps(to_sarif(report, _version())) + "\n"
    if form == "markdown":
        from bot.markdown import comment

        return comment(report, "").lstrip("\n")
    return _text(report, color=color)


def _text(report: Report, *, color: bool) -> str:
    from rich.console import Console

    from bot.terminal import show

    out = io.StringIO()
    show(report, Console(file=out, force_terminal=color, width=None if color else 110))
    return out.getvalue()


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("plumbline")
    except PackageNotFoundError:
        return "0"
