"""The arguments of `plumbline policy`. Nothing here is heavy: every `--help` reads it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    Commands: TypeAlias = argparse._SubParsersAction[argparse.ArgumentParser]

KINDS = ("rego", "vap", "gatekeeper", "kyverno")
FOLDER = ".plumbline/policies"
_TEST_EXIT = (
    "exit status: 0 all passed, 1 some failed, 2 wrong use or no test, 4 none failed but some are "
    "unsupported"
)
_LINT_EXIT = "exit status: 0 nothing worse than a note, 1 errors or warnings, 2 wrong use"


def add_parser(commands: Commands) -> None:
    """`plumbline policy`, among the commands."""
    policy = commands.add_parser("policy", help="test, check and explain policies")
    policy.description = "For those who write policies. docs/policy-tests.md shows each command."
    actions = policy.add_subparsers(dest="action", required=True, metavar="ACTION")
    test = actions.add_parser("test", help="run the tests of policies", epilog=_TEST_EXIT)
    test.description = (
        "Runs *.policytest.yaml, *_test.rego, Gatekeeper's suite.yaml and kyverno-test.yaml."
    )
    _add_paths(test)
    _add_format(test, ("text", "json", "junit"))
    test.add_argument("--coverage", action="store_true", help="which rules the tests have seen")
    test.add_argument("--filter", metavar="TEXT", help="only cases with this in file or name")
    lint = actions.add_parser("lint", help="find mistakes in policies", epilog=_LINT_EXIT)
    _add_paths(lint)
    _add_format(lint, ("text", "json", "sarif"))
    explain = actions.add_parser("explain", help="what a rule asks, and how hard it is")
    explain.add_argument("rule", metavar="RULE", help="a rule's id, or a glob over ids")
    _add_repo(explain)
    new = actions.add_parser("new", help="begin a policy, with tests that pass")
    new.add_argument("name", metavar="NAME", help="such as require-team-label")
    new.add_argument("--kind", choices=KINDS, default="rego", help="(rego)")
    new.add_argument("--folder", default=FOLDER, metavar="DIR", help=f"({FOLDER})")
    _add_repo(new)
    matrix = actions.add_parser("matrix", help="every rule's severity in each tier")
    _add_format(matrix, ("text", "markdown", "json"))
    matrix.add_argument("--config", type=Path, metavar="FILE", help="by this config")
    _add_repo(matrix)


def _add_paths(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths", nargs="*", type=Path, default=[], metavar="PATH", help="files and folders (.)"
    )


def _add_repo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--repo", type=Path, default=Path(), metavar="DIR", help="the repository or folder (.)"
    )


def _add_format(parser: argparse.ArgumentParser, choices: Sequence[str]) -> None:
    parser.add_argument(
        "--format", dest="output_format", choices=choices, default="text", help="(text)"
    )
