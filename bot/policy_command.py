"""`plumbline policy`: what people who write policies ask for."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bot.config_file import ConfigError
from bot.engines.rego import EngineError
from bot.policy.command import lint_said, matrix, said
from bot.policy.command.case import Case
from bot.policy.command.coverage import coverage
from bot.policy.command.explain import explain
from bot.policy.command.folder import Folder, Unreadable
from bot.policy.command.law import compiled, law_of, policies_of
from bot.policy.command.lint import Level, lint
from bot.policy.command.run import Plan, found
from bot.policy.command.run import run as run_tests
from bot.policy.command.skeletons import Refused, begin

FAILED = 1
WRONG_USE = 2
UNSUPPORTED = 4


def run(args: argparse.Namespace) -> int:
    """What `args.action` says; the exit status."""
    actions: Mapping[str, Callable[[argparse.Namespace], int]] = {
        "test": _test,
        "lint": _lint,
        "explain": _explain,
        "new": _new,
        "matrix": _matrix,
    }
    try:
        return actions[args.action](args)
    except (ConfigError, Unreadable, Refused, EngineError, OSError) as error:
        sys.stderr.write(f"plumbline: {error}\n")
        return WRONG_USE


def _test(args: argparse.Namespace) -> int:
    folder, paths = _places(args.paths)
    tests = found(folder, paths or [""])
    plan = Plan(folder=folder, now=datetime.now(UTC), covering=args.coverage)
    cases = run_tests(plan, tests)
    if args.filter is not None:
        cases = [case for case in cases if args.filter in f"{case.file} {case.name}"]
    if not cases:
        sys.stderr.write(
            "plumbline: there is no such test here: a test is a *.policytest.yaml, a *_test.rego, "
            "a suite.yaml of Gatekeeper or a kyverno-test.yaml; docs/policy-tests.md\n"
        )
        return WRONG_USE
    covered = None
    if args.coverage:
        law = law_of(folder)
        # Where only tests are named, the rules are those of the config.
        files = policies_of(folder, law, paths) or policies_of(folder, law, [])
        with compiled(files, law) as policies:
            covered = coverage(policies.rules, cases)
    if args.output_format == "junit":
        sys.stdout.write(said.junit(cases))
    elif args.output_format == "json":
        sys.stdout.write(said.as_json(cases, covered))
    else:
        sys.stdout.write(said.text(cases, covered))
    return _status(cases)


def _status(cases: Sequence[Case]) -> int:
    outcomes = {case.outcome for case in cases}
    if "failed" in outcomes:
        return FAILED
    return UNSUPPORTED if "unsupported" in outcomes else 0


def _lint(args: argparse.Namespace) -> int:
    folder, paths = _places(args.paths)
    law = law_of(folder)
    files = policies_of(folder, law, paths)
    if not files:
        sys.stderr.write(
            "plumbline: there is no policy here: no .rego file and no policy in YAML\n"
        )
        return WRONG_USE
    mistakes = lint(files, law)
    sys.stdout.write(lint_said.FORMATS[args.output_format](mistakes))
    return FAILED if any(one.level is not Level.NOTE for one in mistakes) else 0


def _explain(args: argparse.Namespace) -> int:
    folder = Folder.around(args.repo)
    lines = explain(folder, law_of(folder), args.rule)
    if not lines:
        sys.stderr.write(f"plumbline: there is no rule {args.rule}; `policy matrix` lists all\n")
        return FAILED
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0


def _new(args: argparse.Namespace) -> int:
    folder = Folder.around(args.repo)
    begun = begin(folder, args.name, args.kind, args.folder)
    sys.stdout.write(f"{begun.policy}\n{begun.test}\n")
    sys.stdout.write(f"Now: plumbline policy test {begun.test}\n")
    return 0


def _matrix(args: argparse.Namespace) -> int:
    folder = Folder.around(args.repo)
    law = law_of(folder, args.config)
    with compiled(policies_of(folder, law, []), law) as policies:
        rows = matrix.rows(law, policies.rules)
    formats = {"text": matrix.text, "markdown": matrix.markdown, "json": matrix.as_json}
    sys.stdout.write(formats[args.output_format](rows))
    return 0


def _places(given: Sequence[Path]) -> tuple[Folder, list[str]]:
    """The folder that paths are in, and the paths from its root. Raises Unreadable."""
    folder = Folder.around(given[0] if given else Path())
    inside = [folder.inside(path) for path in given]
    if not given:
        here = folder.inside(Path())
        inside = [here] if here else []
    for path, name in zip(given, inside, strict=False):
        if not path.exists():
            raise Unreadable(f"{name}: there is no such file or folder")
    return folder, inside
