"""Every kind of policy test in a folder: found, run, and bounded in time."""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

from bot.engines.rego import EngineError
from bot.policy.command import fixtures, rego_tests
from bot.policy.command.case import Case
from bot.policy.command.fixture import SUFFIXES
from bot.policy.command.folder import Folder
from bot.policy.model import Limits

DEFAULT_LIMITS = Limits()
# Enough for what a change brings; a whole library is tested where there is more time.
_SECONDS = 120.0
_PROCESSES = 2
_SUITES = {
    "gatekeeper": ("suite.yaml", "suite.yml"),
    "kyverno": ("kyverno-test.yaml", "kyverno-test.yml"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How tests are run. `end` is the monotonic time after which no file is begun."""

    folder: Folder
    now: datetime
    limits: Limits = DEFAULT_LIMITS
    covering: bool = False
    end: float = float("inf")


def kind_of(path: str) -> str:
    """ "rego", "fixture", "gatekeeper" or "kyverno", "" for what is no test."""
    name = path.rpartition("/")[2]
    if name.endswith(rego_tests.SUFFIX):
        return "rego"
    if name.endswith(SUFFIXES):
        return "fixture"
    return next((kind for kind, names in _SUITES.items() if name in names), "")


def found(folder: Folder, below: Sequence[str]) -> list[str]:
    """The test files at or below these paths from the root, "" for all."""
    return [path for path in folder.paths if kind_of(path) and is_below(path, below)]


def is_below(path: str, below: Sequence[str]) -> bool:
    """Whether a path is one of some others or in one of them."""
    return any(not one or path == one or path.startswith(f"{one}/") for one in below)


def run(plan: Plan, paths: Sequence[str], *, processes: int = _PROCESSES) -> list[Case]:
    """The cases of test files, file by file. Raises EngineError where no worker starts."""
    jobs = list(_jobs(paths, processes))
    if processes < 2 or len(jobs) < 2:
        cases = [case for job in jobs for case in _run(plan, job)]
    else:
        # Each process waits for workers of its own most of the time.
        context = multiprocessing.get_context("fork")
        try:
            with ProcessPoolExecutor(processes, context) as pool:
                cases = [case for part in pool.map(partial(_run, plan), jobs) for case in part]
        except BrokenProcessPool as error:
            raise EngineError("a process that ran tests was ended from outside") from error
    return sorted(cases, key=lambda case: (case.file, case.line))


def cases_of(
    files: Mapping[str, bytes],
    *,
    now: datetime,
    limits: Limits = DEFAULT_LIMITS,
    seconds: float = _SECONDS,
) -> list[Case]:
    """The cases of the tests among `files` (content by path from the root), which hold the policies
    and objects that these name as well. What is not begun after `seconds` is unsupported. Safe for
    what strangers wrote; raises EngineError where no worker starts."""
    with tempfile.TemporaryDirectory(prefix="policy-tests-") as name:
        root = Path(name).resolve()
        for path, content in files.items():
            _write(root, path, content)
        plan = Plan(folder=Folder(root), now=now, limits=limits, end=time.monotonic() + seconds)
        return run(plan, found(plan.folder, [""]), processes=1)


def _write(root: Path, path: str, content: bytes) -> None:
    steps = PurePosixPath(path).parts
    if not steps or steps[0] == "/" or ".." in steps or "\0" in path:
        raise ValueError(f"{path!r} is no path of a file in a repository")
    whole = root.joinpath(*steps)
    whole.parent.mkdir(parents=True, exist_ok=True)
    whole.write_bytes(content)


def _jobs(paths: Sequence[str], processes: int) -> Iterator[tuple[str, ...]]:
    """Files that are run one after the other: those of Rego share what they all parse."""
    rego = sorted(path for path in paths if kind_of(path) == "rego")
    size = -(-len(rego) // processes) or 1
    yield from (tuple(rego[at : at + size]) for at in range(0, len(rego), size))
    yield from ((path,) for path in sorted(paths) if kind_of(path) != "rego")


def _run(plan: Plan, paths: Sequence[str]) -> list[Case]:
    if time.monotonic() > plan.end:
        said = "not run: the tests together took too long"
        return [
            Case(file=path, line=1, name="", outcome="unsupported", message=said) for path in paths
        ]
    left = min(plan.limits.total_seconds, plan.end - time.monotonic())
    limits = replace(plan.limits, total_seconds=left)
    match kind_of(paths[0]):
        case "rego":
            return rego_tests.run(
                plan.folder, paths, now=plan.now, limits=limits, covering=plan.covering
            )
        case "fixture":
            return fixtures.run(plan.folder, paths[0], now=plan.now, limits=limits)
        case kind:
            return list(_suite(plan.folder, kind, paths[0]))


def _suite(folder: Folder, kind: str, path: str) -> Iterable[Case]:
    """The cases of another tool's test file, by the engine that stands for that tool."""
    room = f"bot.policy.{kind}.suite"
    if not find_spec(f"bot.policy.{kind}") or not find_spec(room):
        said = f"tests of {kind.capitalize()} are not run in this version"
        return [Case(file=path, line=1, name="", outcome="unsupported", message=said)]
    run_suite: Callable[[Path], list[Case]] = import_module(room).run_suite
    return [replace(case, file=path) for case in run_suite(folder.root / path)]
