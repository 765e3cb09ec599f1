"""`plumbline policy`: what people who write policies ask for."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from bot.config_file import ConfigError
from bot.engines.rego import EngineError
from bot.policy.command import explain, lint, matrix, new, run, said
from bot.policy.command.case import Case
from bot.policy.command.coverage import Covered, coverage
from bot.policy.command.folder import Folder, Unreadable
from bot.policy.command.law import below, compiled, law_of

FAILED = 1
WRONG_USE = 2
UNSUPPORTED = 4


def main_actions() -> Mapping[str, Callable[[argparse.Namespace], int]]:
    """Each action by its name."""
    return {
        "test": _test,
        "lint": _lint,
        "explain": _explain,
        "new": _new,
        "matrix": _matrix,
    }


def run_action(args: argparse.Namespace) -> int:
    """What `args.action` says; the exit status."""
    return main_actions()[args.action](args)
