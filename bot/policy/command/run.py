"""Every kind of policy test in a folder: found, run, and bounded in time."""

from __future__ import annotations

import multiprocessing
import signal
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from multiprocessing.connection import Connection
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
_GRACE_SECONDS = 5.0
_SUITES = {
    "gatekeeper": ("suite.yaml", "suite.yml"),
    "kyverno": ("kyverno-test.yaml", "kyverno-test.yml"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How tests are run; `limits` are those of one file."""

    folder: Folder
    now: datetime
    limits: Limits = DEFAULT_LIMITS
    covering: bool = False


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
    and objects that these name as well. Safe for what strangers wrote: a process of its own runs
    them, and is killed after `seconds`; what it did not come to is unsupported. Raises EngineError
    where no worker starts."""
    with tempfile.TemporaryDirectory(prefix="policy-tests-") as name:
        root = Path(name).resolve()
        # What tests name is looked for in the repository that they are in, and not beyond.
        (root / ".git").mkdir()
        for path, content in files.items():
            _write(root, path, content)
        plan = Plan(folder=Folder(root), now=now, limits=limits)
        paths = found(plan.folder, [""])
        return _bounded(plan, paths, seconds) if paths else []


def _bounded(plan: Plan, paths: Sequence[str], seconds: float) -> list[Case]:
    end = time.monotonic() + seconds
    jobs = list(_jobs(paths, 1))
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=_send, args=(plan, jobs, theirs), daemon=True)
    child.start()
    theirs.close()
    cases: list[Case] = []
    try:
        while jobs and ours.poll(max(0, end - time.monotonic())):
            said = ours.recv()
            if isinstance(said, str):
                raise EngineError(said)
            cases += said
            del jobs[0]
    except EOFError:
        pass
    finally:
        child.terminate()
        child.join(_GRACE_SECONDS)
        child.kill()
        child.join()
        ours.close()
    why = f"not run: the tests together took longer than {seconds:.3g} s, or ended what ran them"
    cases += (_unrun(path, why) for job in jobs for path in job)
    return sorted(cases, key=lambda case: (case.file, case.line))


def _send(plan: Plan, jobs: Sequence[Sequence[str]], to: Connection) -> None:
    # An exit closes what is open, so that no worker outlives the process that started it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    for job in jobs:
        try:
            to.send(_run(plan, job))
        except EngineError as error:
            to.send(str(error))
            return


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
    match kind_of(paths[0]):
        case "rego":
            return rego_tests.run(
                plan.folder, paths, now=plan.now, limits=plan.limits, covering=plan.covering
            )
        case "fixture":
            return fixtures.run(plan.folder, paths[0], now=plan.now, limits=plan.limits)
        case kind:
            return list(_suite(plan.folder, kind, paths[0]))


def _suite(folder: Folder, kind: str, path: str) -> Iterable[Case]:
    """The cases of another tool's test file, by the engine that stands for that tool."""
    if kind == "kyverno":
        from bot.policy.kyverno.suite import run_suite
    else:
        from bot.policy.gatekeeper.suite import run_suite
    return [replace(case, file=path) for case in run_suite(folder.root / path)]


def _unrun(path: str, why: str) -> Case:
    return Case(file=path, line=1, name="", outcome="unsupported", message=why)
