"""Whole processes, measured from outside: seconds and peak memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The median of several runs of a command."""

    seconds: float
    mebibytes: float


def measure(
    command: Sequence[str],
    times: int = 5,
    accepted: Sequence[int] = (0,),
    *,
    environment: Mapping[str, str] | None = None,
    rehearsed: bool = True,
    stderr: int | None = None,
) -> Run:
    """Run `command` once unmeasured where that is wanted, and then `times` times. Raises where it
    fails."""
    seconds: list[float] = []
    peaks: list[float] = []
    for turn in range(0 if rehearsed else 1, times + 1):
        started = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=stderr, env=environment
        )
        _, status, usage = os.wait4(process.pid, 0)
        took = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in accepted:
            raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
        if turn:
            seconds.append(took)
            peaks.append(usage.ru_maxrss / 1024)
    return Run(seconds=statistics.median(seconds), mebibytes=max(peaks))


def python(*arguments: str) -> list[str]:
    """A command of this interpreter."""
    return [sys.executable, *arguments]


def plumbline(*arguments: str) -> list[str]:
    """The command line, started as the installed command starts it."""
    return python("-c", "import sys; from bot.cli import main; sys.exit(main())", *arguments)
