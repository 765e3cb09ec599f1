"""Workers that are kept warm: loading Helm's library takes longer than most charts do.

Each is a sandboxed process that answers one request after the other over a socket of its own. What
goes over a limit ends the worker, never anything else.
"""

from __future__ import annotations

import atexit
import contextlib
import shutil
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bot.engines import frames
from bot.render import sandbox
from bot.render.helm.limits import MEMORY_BYTES, OUT_OF_TIME, OUTPUT_BYTES

# `-I` keeps the surroundings' Python variables and folders out; so our own folder is named.
_BOOT = (
    "import sys; sys.path.append(sys.argv[1]); from bot.render.helm.worker import main; "
    "main(sys.argv[2])"
)
_ROOT = str(Path(__file__).resolve().parents[3])
_START_SECONDS = 20.0
_GRACE_SECONDS = 2.0
# A worker is replaced after so many requests and so long, for what might gather in it.
_MOST_REQUESTS = 200
_LIFE_SECONDS = 1800.0
_MOST_IDLE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """In place of an answer: which limit ended the worker, "" for none, and its last words."""

    limit: sandbox.Ended
    words: bytes = b""
    code: int = 0


class Pool:
    """Idle workers. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[_Worker] = []

    def ask(self, request: Mapping[str, Any], seconds: float) -> dict[str, Any] | Ended:
        """The answer to one request. Raises OSError where no worker can be started."""
        worker = self._taken()
        answer = worker.ask(request, seconds)
        if isinstance(answer, Ended) and worker.served and answer.limit != "time":
            # It may have ended for want of work, or of something that was there before.
            worker = _Worker()
            answer = worker.ask(request, seconds)
        self._give_back(worker, usable=not isinstance(answer, Ended))
        return answer

    def close(self) -> None:
        """End the idle workers and wait until they are gone."""
        with self._lock:
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.close()

    def _taken(self) -> _Worker:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return _Worker()

    def _give_back(self, worker: _Worker, *, usable: bool) -> None:
        if usable and worker.served < _MOST_REQUESTS:
            with self._lock:
                if len(self._idle) < _MOST_IDLE:
                    self._idle.append(worker)
                    return
        worker.close()


@cache
def pool() -> Pool:
    """The pool of this process."""
    made = Pool()
    atexit.register(made.close)
    return made


class _Worker:
    """One running worker. Raises OSError where it cannot be started."""

    def __init__(self) -> None:
        self.served = 0
        self._folder = Path(tempfile.mkdtemp(prefix="plumbline-"))
        self._ran: sandbox.Ran | None = None
        # A daemon: who leaves without a word must not wait for a worker.
        self._thread = threading.Thread(target=self._run, name="helm", daemon=True)
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(self._folder / "socket"))
            listening.listen(1)
            self._thread.start()
            self._socket = self._accepted(listening)

    def _accepted(self, listening: socket.socket) -> socket.socket | None:
        """The worker's connection, None where it ended before there was one."""
        listening.settimeout(0.1)
        end = time.monotonic() + _START_SECONDS
        while self._thread.is_alive() and time.monotonic() < end:
            with contextlib.suppress(TimeoutError):
                return listening.accept()[0]
        return None

    def _run(self) -> None:
        try:
            self._ran = sandbox.run(
                (sys.executable, "-I", "-c", _BOOT, _ROOT, str(self._folder / "socket")),
                cwd=self._folder,
                seconds=_LIFE_SECONDS,
                memory_bytes=MEMORY_BYTES,
                output_bytes=OUTPUT_BYTES,
            )
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    def ask(self, request: Mapping[str, Any], seconds: float) -> dict[str, Any] | Ended:
        """The answer; after Ended the worker is gone."""
        end = time.monotonic() + seconds + _GRACE_SECONDS
        try:
            self._send(frames.encoded({**request, "seconds": seconds}), end)
            size = frames.length(self._receive(frames.HEADER_BYTES, end))
            if size > OUTPUT_BYTES:
                return self._ended("output")
            answer = frames.decoded(self._receive(size, end))
        except TimeoutError:
            return self._ended("time")
        except (OSError, EOFError, ValueError, RecursionError):
            return self._ended("")
        self.served += 1
        return answer

    def _send(self, data: bytes, end: float) -> None:
        if self._socket is None:
            raise EOFError
        self._socket.settimeout(max(0.01, end - time.monotonic()))
        self._socket.sendall(data)

    def _receive(self, size: int, end: float) -> bytes:
        if self._socket is None:
            raise EOFError
        data = bytearray()
        while len(data) < size:
            self._socket.settimeout(max(0.01, end - time.monotonic()))
            part = self._socket.recv(min(size - len(data), 1 << 20))
            if not part:
                raise EOFError
            data += part
        return bytes(data)

    def _ended(self, limit: sandbox.Ended) -> Ended:
        self.close()
        ran = self._ran
        if limit or ran is None:
            return Ended(limit=limit)
        if ran.code == OUT_OF_TIME:
            return Ended(limit="time")
        return Ended(limit=ran.ended, words=ran.stderr, code=ran.code)

    def close(self) -> None:
        """Let it end: it does so when nobody listens any more."""
        if self._socket is not None:
            self._socket.close()
        self._thread.join(_GRACE_SECONDS)
