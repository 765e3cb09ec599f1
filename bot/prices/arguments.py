"""The arguments of `plumbline prices`. Nothing here is heavy: every `--help` reads it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    Commands: TypeAlias = argparse._SubParsersAction[argparse.ArgumentParser]

# The sheets that plumbline brings, where a file is asked for.
SHIPPED = "shipped"
FORMAT_NAMES = ("aws", "azure", "gcp", "opencost", "reference", "skypilot")


def add_parser(commands: Commands) -> None:
    """`plumbline prices`, among the commands."""
    prices = commands.add_parser("prices", help="bring price lists in, see what things cost")
    prices.description = "What things cost, by the sheets that plumbline brings and your own."
    actions = prices.add_subparsers(dest="action", required=True, metavar="ACTION")
    _add_import(actions.add_parser("import", help="turn a price list into a sheet"))
    listed = actions.add_parser("list", help="the rows of the sheets")
    _add_filters(listed)
    _add_sheets(listed)
    _add_format(listed, ("text", "json", "csv"))
    shown = actions.add_parser("show", help="what something costs at a place, and why")
    shown.add_argument("name", metavar="NAME", help="a machine, a unit price or an accelerator")
    shown.add_argument("--provider", metavar="PROVIDER", help="default: the config's")
    shown.add_argument("--region", metavar="REGION", help="default: the config's")
    shown.add_argument("--cluster", metavar="CLUSTER", help="a cluster of the config")
    shown.add_argument("--config", type=Path, metavar="FILE", help="take discounts from there")
    _add_sheets(shown)
    differ = actions.add_parser("diff", help="what rose, what fell, what is new and what is gone")
    differ.add_argument("before", metavar="BEFORE", help=f"a sheet, or {SHIPPED}")
    differ.add_argument("after", metavar="AFTER", help=f"a sheet, or {SHIPPED}")
    _add_filters(differ)
    _add_format(differ, ("text", "json"))


def _add_import(parser: argparse.ArgumentParser) -> None:
    parser.description = "Reads price lists and writes a sheet; what is left out is counted."
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="what was downloaded")
    parser.add_argument("--format", required=True, choices=FORMAT_NAMES, help="what it is")
    parser.add_argument("--as-of", type=date.fromisoformat, metavar="DAY", help="its day")
    parser.add_argument("--source", metavar="NAME", help="what to call it as a source")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write there, not to stdout")
    _add_filters(parser)


def _add_filters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--provider", metavar="GLOB", help="only these; whose prices a list has")
    parser.add_argument("--region", metavar="GLOB", help="only these")
    parser.add_argument("--name", metavar="GLOB", help="only these machines or unit prices")


def _add_sheets(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--sheet",
        action="append",
        default=[],
        metavar="FILE",
        help=f"a sheet, several times; {SHIPPED} for those that plumbline brings (the default)",
    )


def _add_format(parser: argparse.ArgumentParser, choices: Sequence[str]) -> None:
    parser.add_argument(
        "--format", dest="output_format", choices=choices, default="text", help="(text)"
    )
