"""A worker process as its parent sees it: it can be told, waited for so long, and killed."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from bot.engines import exits, frames

# `-I` keeps the surroundings' Python variables and folders out; so our own folder is named.
_BOOT = (
    "import sys; sys.path.append(sys.argv[1]); from importlib import import_module; "
    "import_module(sys.argv[2]).main(*map(int, sys.argv[3:]))"
)
_ROOT = Path(__file__).resolve().parents[2]
# Nothing is inherited. The engine's allocator reserves 1 GiB unless told otherwise, of which the
# limit on memory would say nothing.
_ENVIRONMENT = {"LC_ALL": "C.UTF-8", "MIMALLOC_ARENA_RESERVE": "32MiB"}
_LONGEST_ANSWER = 8 * 1024 * 1024
_GRACE_SECONDS = 5.0


class WorkerDied(Exception):  # noqa: N818 - what happened, told in words
    """The worker ended or was killed; the message says why, for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """What a worker may use, and what time it is for what runs in it."""

    memory_bytes: int
    cpu_seconds: int
    file_bytes: int
    now_ns: int


class Process:
    """One running worker. After WorkerDied it is gone; `close` is safe at any time."""

    def __init__(
        self, child: subprocess.Popen[bytes], to: IO[bytes], of: IO[bytes], box: Box
    ) -> None:
        self._child = child
        self._pipes = (to, of)
        self._in, self._out = to.fileno(), of.fileno()
        self._box = box
        self._rest = bytearray()
        os.set_blocking(self._in, False)

    @classmethod
    def start(cls, box: Box, seconds: float, module: str = "bot.engines.worker") -> Process:
        """A worker that is ready: the `main` of a module. Raises WorkerDied where none is within
        `seconds`."""
        settings = (box.memory_bytes, box.cpu_seconds, box.file_bytes, box.now_ns)
        child = subprocess.Popen(
            (sys.executable, "-I", "-c", _BOOT, str(_ROOT), module, *map(str, settings)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_ENVIRONMENT,
            cwd="/",
            bufsize=0,
            start_new_session=True,
        )
        if child.stdin is None or child.stdout is None:
            raise WorkerDied("it has no pipes")
        process = cls(child, child.stdin, child.stdout, box)
        process.receive(seconds)
        return process

    @property
    def pid(self) -> int:
        """The worker's process id."""
        return self._child.pid

    def send(self, message: dict[str, Any], seconds: float, texts: Sequence[str] = ()) -> None:
        """Tell the worker something; `texts` of one line each follow it, where it says so. Raises
        WorkerDied."""
        rest = memoryview(frames.encoded(message) + (frames.written(texts) if texts else b""))
        end = time.monotonic() + seconds
        while rest:
            self._await(self._in, select.POLLOUT, end, seconds)
            try:
                rest = rest[os.write(self._in, rest) :]
            except BlockingIOError:
                continue
            except BrokenPipeError:
                raise self._ended() from None

    def receive(self, seconds: float) -> dict[str, Any]:
        """The worker's next message. Raises WorkerDied, also where it takes longer."""
        end = time.monotonic() + seconds
        size = frames.length(self._read(frames.HEADER_BYTES, end, seconds))
        if size > _LONGEST_ANSWER:
            self.close()
            raise WorkerDied(f"it says {size:,} bytes at once")
        try:
            return frames.decoded(self._read(size, end, seconds))
        except (ValueError, RecursionError):
            self.close()
            raise WorkerDied("it says what cannot be read") from None

    def _read(self, size: int, end: float, seconds: float) -> bytes:
        # Several answers may be there already: one look at the pipe is enough for them.
        while len(self._rest) < size:
            self._await(self._out, select.POLLIN, end, seconds)
            part = os.read(self._out, 1 << 20)
            if not part:
                raise self._ended()
            self._rest += part
        found, self._rest = bytes(self._rest[:size]), self._rest[size:]
        return found

    def _await(self, pipe: int, event: int, end: float, seconds: float) -> None:
        # poll, not select: a busy server has more than 1,024 files open.
        poll = select.poll()
        poll.register(pipe, event)
        if not poll.poll(max(0, end - time.monotonic()) * 1000):
            self.close()
            raise WorkerDied(f"it took longer than {seconds:.3g} s")

    def _ended(self) -> WorkerDied:
        try:
            code = self._child.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            code = 0
        self.close()
        return WorkerDied(exits.said(code, self._box.memory_bytes))

    def close(self) -> None:
        """Kill the worker and wait until it is gone."""
        if self._child.poll() is None:
            self._child.kill()
        self._child.wait()
        for pipe in self._pipes:
            with contextlib.suppress(OSError):
                pipe.close()
