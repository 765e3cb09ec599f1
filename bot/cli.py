"""The command line. Everything heavy is imported by the command that needs it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from bot.policy.command.arguments import add_parser as add_policy
from bot.prices.arguments import add_parser as add_prices
from bot.showback_arguments import add_arguments as add_showback

EXIT_HELP = "exit status: 0 pass or warn, 1 fail, 2 wrong use or config, 3 approval needed, 4 error"


def main(argv: Sequence[str] | None = None) -> int:
    """The `plumbline` command; returns the exit status."""
    args = _parser().parse_args(argv)
    if argv is None:
        # A process of our own: standard output is for the answer, so warnings go beside it.
        from bot import logs

        logs.configure("warning")
    return _COMMANDS[args.command](args)


def _check(args: argparse.Namespace) -> int:
    from bot import check_command

    return check_command.run(args)


def _showback(args: argparse.Namespace) -> int:
    from bot import showback_command
    from bot.check_command import own_workshop

    return showback_command.run(args, own_workshop().inventory)


def _prices(args: argparse.Namespace) -> int:
    from bot import prices_command

    return prices_command.run(args)


def _policy(args: argparse.Namespace) -> int:
    from bot import policy_command

    return policy_command.run(args)


def _rightsize(args: argparse.Namespace) -> int:
    from bot import rightsize_command

    return rightsize_command.run(args)


def _server(args: argparse.Namespace) -> int:
    from bot import server_command

    return server_command.run(args)


_COMMANDS = {
    "check": _check,
    "showback": _showback,
    "policy": _policy,
    "prices": _prices,
    "rightsize": _rightsize,
    "serve": _server,
    "worker": _server,
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="plumbline",
        description="What an infrastructure change costs, and whether it keeps the rules.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_check(commands.add_parser("check", help="judge a change in a local repository"))
    _add_rightsize(
        commands.add_parser("rightsize", help="recommend requests from what is really used")
    )
    add_showback(commands.add_parser("showback", help="whose cost it is, of all that is declared"))
    add_policy(commands)
    add_prices(commands)
    commands.add_parser("serve", help="receive webhooks and judge pull requests, in one process")
    commands.add_parser("worker", help="judge pull requests that another process received")
    return parser


def _add_check(check: argparse.ArgumentParser) -> None:
    check.epilog = EXIT_HELP
    check.description = (
        "Judges what HEAD changes since it left BASE, by the config of BASE, as the bot would."
    )
    check.add_argument("repo", nargs="?", default=".", metavar="REPO", help="the repository (.)")
    check.add_argument("--base", required=True, metavar="REV", help="the branch to merge into")
    check.add_argument("--head", metavar="REV", help="the change; the working tree if left out")
    check.add_argument(
        "--format", choices=("text", "markdown", "json", "sarif"), default="text", help="(text)"
    )
    check.add_argument("--output", type=Path, metavar="FILE", help="write there, not to stdout")
    check.add_argument(
        "--plan",
        type=Path,
        metavar="FILE",
        help="a Terraform plan (terraform show -json) to price and judge too",
    )
    check.add_argument(
        "--config", type=Path, metavar="FILE", help="judge by this config, not by BASE's"
    )


def _add_rightsize(rightsize: argparse.ArgumentParser) -> None:
    rightsize.description = (
        "Compares what the workloads of HEAD request with what they use, and recommends."
    )
    rightsize.add_argument(
        "repo", nargs="?", default=".", metavar="REPO", help="the repository (.)"
    )
    rightsize.add_argument("--prometheus", required=True, metavar="URL", help="where usage is read")
    rightsize.add_argument("--format", choices=("text", "json"), default="text", help="(text)")
    rightsize.add_argument(
        "--open", action="store_true", help="make the pull requests, by the forge's settings"
    )


if __name__ == "__main__":
    sys.exit(main())
