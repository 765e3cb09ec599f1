"""The arguments of `plumbline showback`. Nothing here is heavy: every `--help` reads it."""

from __future__ import annotations

import argparse

from checks.model import DIMENSIONS, Dimension


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
