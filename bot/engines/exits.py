"""How a worker ends, in words."""

from __future__ import annotations

import signal

# Exit codes of the worker: after a panic of the engine its state is not to be trusted.
PANIC = 70
NO_MEMORY = 71
TOO_DEEP = 72

_NEEDS_MEMORY = "it needs more than the {mib} MiB of memory that it may use"
_CRASHED = "the engine crashed: its recursion or its nesting is too deep"
_SAID = {
    PANIC: "the engine panicked",
    NO_MEMORY: _NEEDS_MEMORY,
    TOO_DEEP: _CRASHED,
    # An allocation that fails aborts; a stack that overflows is a bad access.
    -signal.SIGABRT: _NEEDS_MEMORY,
    -signal.SIGSEGV: _CRASHED,
    -signal.SIGBUS: _CRASHED,
    -signal.SIGXCPU: "it used up its processor time",
    -signal.SIGKILL: "it used up its processor time, or the system ran out of memory",
}


def said(code: int, memory_bytes: int) -> str:
    """Why a worker ended, from its return code (negative: a signal)."""
    text = _SAID.get(code, "the engine's process ended with the code {code}")
    return text.format(mib=memory_bytes >> 20, code=code)
