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
from checks.costs.showback import showback
from checks.model import Inventory

WRONG_USE = 2
# Everything that a commit declares, priced by its law.
Declared = Callable[[Repository, str, Policy, datetime], Inventory]


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
