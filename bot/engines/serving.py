"""How a worker lives: within its limits, answering what comes through a pipe until it ends. The
parent's side of it is `keeping.py`. Runs in workers only."""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

from bot.engines import frames
from bot.engines.exits import NO_MEMORY, PANIC, TOO_DEEP

# Answers one request by saying as many messages as it calls for.
Answers: TypeAlias = Callable[[dict[str, Any]], None]


def serve(
    memory_bytes: int, cpu_seconds: int, start: Callable[[], Answers], recursion: int = 0
) -> None:
    """Be a worker within these limits until standard input ends; `recursion` is how many of
    Python's frames may be stacked, 0 for as many as usual."""
    _confine(memory_bytes, cpu_seconds)
    if recursion:
        sys.setrecursionlimit(recursion)
    answer = start()
    say({"ready": True})
    try:
        while (request := frames.read(sys.stdin.buffer)) is not None:
            answer(request)
    except MemoryError:
        os._exit(NO_MEMORY)
    except RecursionError:
        os._exit(TOO_DEEP)
    except Exception:  # noqa: BLE001 - the boundary: the parent says that the worker ended
        os._exit(1)
    except BaseException:  # noqa: BLE001
        # A panic of an engine arrives as an exception that is none of Python's own.
        os._exit(PANIC)


def _confine(memory_bytes: int, cpu_seconds: int) -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + memory_bytes
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def say(message: dict[str, Any]) -> None:
    """Send one message to the parent."""
    sys.stdout.buffer.write(frames.encoded(message))
    sys.stdout.buffer.flush()
