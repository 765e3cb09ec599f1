"""`plumbline showback`: what everybody's share of what a commit declares costs a month."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from datetime import UTC, datetime

from bot.assess import law_at
from bot.config import Policy
from bot.config_file import ConfigError
from bot.repo import GitError, Repository
from bot.showback_file import to_csv, to_json, to_table
from checks.model import Inventory
from checks.showback import DIMENSIONS, Dimension, showback

WRONG_USE = 2
# Everything that a commit declares, priced by its law.
Declared = Callable[[Repository, str, Policy, datetime], Inventory]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.description = (
        "Adds up what a commit declares by the labels that say whose it is, as docs/costs.md tells."
    )
    parser.add_argument("repo", nargs="?", default=".", metavar="REPO", help="the repository (.)")
    parser.add_argument("--rev", default="HEAD", metavar="REV", help="the commit (HEAD)")
    parser.add_argument(
        "--by",
        type=dimensions,
        default=("cost_center",),
        metavar="NAMES",
        help=f"of {', '.join(DIMENSIONS)}, with commas between (cost_center)",
    )
    parser.add_argument("--format", choices=("table", "csv", "json"), default="table")


def dimensions(text: str) -> tuple[Dimension, ...]:
    """The dimensions that a list with commas names, each once, in its order."""
    names = [name.strip().replace("-", "_") for name in text.split(",") if name.strip()]
    known = {str(name): name for name in DIMENSIONS}
    for name in names:
        if name not in known:
            raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(DIMENSIONS)}")
    if not names:
        raise argparse.ArgumentTypeError(f"name at least one of {', '.join(DIMENSIONS)}")
    return tuple(known[name] for name in dict.fromkeys(names))


def run(args: argparse.Namespace, declared: Declared) -> int:
    """Print the showback; the exit status: 0, or 2 for wrong use or an invalid config.

    `args` has repo, rev, by and format.
    """
    try:
        with Repository.local(args.repo) as repo:
            sha = repo.resolve(args.rev)
            priced = declared(repo, sha, law_at(repo, sha), datetime.now(UTC))
    except (GitError, ConfigError, OSError) as error:
        sys.stderr.write(f"plumbline: {error}\n")
        return WRONG_USE
    found = showback(priced, args.by)
    if args.format == "json":
        sys.stdout.write(to_json(found, sha))
    else:
        sys.stdout.write(to_csv(found) if args.format == "csv" else to_table(found))
    return 0
