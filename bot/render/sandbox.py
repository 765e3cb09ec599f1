"""Running a program on a stranger's input: no network, no tokens, and an end to all of it.

The program gets a session, a private folder and, where the kernel allows it, namespaces of its own.
Everything it starts is gone when `run` returns.
"""

from __future__ import annotations

import contextlib
import os
import select
import selectors
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal, TypeAlias

from bot.render.processes import descendants, resident_bytes

Ended: TypeAlias = Literal["", "time", "memory", "output"]

# Nothing listens there, so what asks for a proxy is refused at once and not after a time-out.
_NOWHERE = "http://127.0.0.1:9"
_FIXED = {
    "LC_ALL": "C.UTF-8",
    **{
        name: _NOWHERE
        for proxy in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
        for name in (proxy, proxy.lower())
    },
    "NO_PROXY": "",
    "no_proxy": "",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
}
# The limits are set by a shell and not between fork and exec, where a process with threads may
# hang. Sizes are in KiB (-d) and in blocks of 512 bytes (-f).
_LIMITED = 'ulimit -c 0; ulimit -d "$1"; ulimit -f "$2"; shift 2; exec "$@"'
# User, network, process and mount namespaces. The first process of a namespace is one that signals
# do not reach by default, so that is a shell, and the program is its child.
_UNSHARE = ("unshare", "-rnpm", "--fork", "--kill-child", "--mount-proc")
_FIRST = ("sh", "-c", '"$@"; exit $?', "sh")
_NOTHING: Mapping[str, str] = MappingProxyType({})
_TICK_SECONDS = 0.025
_GRACE_SECONDS = 2.0
_ERROR_BYTES = 256 * 1024
_MOST_PROCESSES = 200
# What a single write may leave behind on the disk beyond the program's own output.
_LEAST_FILE_BYTES = 64 * 1024 * 1024
# What Go, Python and Node say of an allocation that failed. A program could say so without need;
# that would be its own loss.
_STARVED = (
    b"runtime: out of memory",
    b"cannot allocate memory",
    b"heap out of memory",
    b"\nMemoryError",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How a program ended. `code` is its exit code, negative for a signal. `stderr` are its last
    256 KiB. `ended` says which limit it was killed for; "" where it ended by itself."""

    code: int
    stdout: bytes
    stderr: bytes
    ended: Ended


def run(
    command: Sequence[str],
    *,
    cwd: Path,
    stdin: bytes = b"",
    seconds: float,
    memory_bytes: int,
    output_bytes: int,
    env: Mapping[str, str] = _NOTHING,
) -> Ran:
    """Run `command` in `cwd` and take what it writes, up to these limits.

    `memory_bytes` holds for all its processes together; a single one that grows too fast to be seen
    fails to allocate at twice as much. `env` adds to PATH, LC_ALL, private HOME and TMPDIR, and
    dead proxies, which are all that it sees. Raises OSError where no process can be made; a program
    that does not exist ends with the code 127.
    """
    private = Path(tempfile.mkdtemp(prefix="plumbline-"))
    try:
        with subprocess.Popen(
            _wrapped(command, memory_bytes, output_bytes),
            cwd=cwd,
            env=_environment(private, env),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        ) as child:
            watch = _Watch(child, seconds, memory_bytes, output_bytes)
            try:
                watch.follow(stdin)
            finally:
                watch.end()
            return watch.result()
    finally:
        shutil.rmtree(private, ignore_errors=True)


def isolated() -> bool:
    """Whether programs get namespaces of their own here, and so no network whatever they try.

    Where the kernel or a container forbids them, dead proxies and git's own settings have to do.
    """
    return _has_namespaces(os.environ.get("PATH", os.defpath))


@cache
def _has_namespaces(path: str) -> bool:
    if shutil.which(_UNSHARE[0], path=path) is None:
        return False
    try:
        probe = subprocess.run((*_UNSHARE, "true"), capture_output=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return probe.returncode == 0


def _wrapped(command: Sequence[str], memory_bytes: int, output_bytes: int) -> list[str]:
    data = str(memory_bytes * 2 // 1024)
    files = str(max(output_bytes, _LEAST_FILE_BYTES) // 512)
    spaces = (*_UNSHARE, *_FIRST) if isolated() else ()
    return ["sh", "-c", _LIMITED, "sh", data, files, *spaces, *command]


def _environment(private: Path, env: Mapping[str, str]) -> dict[str, str]:
    path = os.environ.get("PATH", os.defpath)
    return {"PATH": path, "HOME": str(private), "TMPDIR": str(private), **_FIXED, **env}


class _Watch:
    """One running child: what it said so far, and which limit it went over."""

    def __init__(
        self, child: subprocess.Popen[bytes], seconds: float, memory_bytes: int, output_bytes: int
    ) -> None:
        if child.stdin is None or child.stdout is None or child.stderr is None:
            raise OSError("a child process without pipes")
        self._child = child
        self._stdin = child.stdin
        self._pipes = (child.stdout, child.stderr)
        self._in, self._out, self._err = (pipe.fileno() for pipe in (child.stdin, *self._pipes))
        self._deadline = time.monotonic() + seconds
        self._memory_bytes = memory_bytes
        self._output_bytes = output_bytes
        self._said = bytearray()
        self._complained = bytearray()
        self._ended: Ended = ""
        # Readable once the child has ended, while its id is still its own. Elsewhere than on Linux
        # its pipes have to tell.
        self._exit = os.pidfd_open(child.pid) if hasattr(os, "pidfd_open") else -1
        self._has_exited = False

    def follow(self, stdin: bytes) -> None:
        """Write `stdin`, read what comes, until the child has ended or must."""
        rest = memoryview(stdin)
        for fd in (self._in, self._out, self._err):
            os.set_blocking(fd, False)
        with selectors.DefaultSelector() as selector:
            for fd in (self._out, self._err, *((self._exit,) if self._exit >= 0 else ())):
                selector.register(fd, selectors.EVENT_READ)
            if rest:
                selector.register(self._in, selectors.EVENT_WRITE)
            else:
                self._stdin.close()
            look = time.monotonic() + _TICK_SECONDS
            # What the child has started may hold the pipes open, so its own end is the end.
            while not self._ended and not self._has_exited and selector.get_map():
                wait = max(0.0, look - time.monotonic())
                ready = {key.fd for key, _ in selector.select(wait)}
                self._has_exited = self._exit in ready
                for fd in ready & {self._out, self._err}:
                    if not self._read(fd):
                        selector.unregister(fd)
                if rest and self._in in ready:
                    rest = self._write(rest)
                    if not rest:
                        selector.unregister(self._in)
                        self._stdin.close()
                if time.monotonic() >= look:
                    self._look()
                    look = time.monotonic() + _TICK_SECONDS

    def _write(self, rest: memoryview) -> memoryview:
        """Write what fits; what is left of it, nothing where nobody reads it."""
        try:
            return rest[os.write(self._in, rest[: 1 << 16]) :]
        except BlockingIOError:
            return rest
        except BrokenPipeError:
            return rest[:0]

    def _read(self, fd: int) -> bool:
        """Take what is there; False where that was the end of it."""
        try:
            part = os.read(fd, 1 << 16)
        except BlockingIOError:
            return True
        if fd == self._out:
            self._said += part
            if len(self._said) > self._output_bytes:
                self._ended = "output"
        else:
            self._complained += part
            del self._complained[:-_ERROR_BYTES]
        return bool(part)

    def _look(self) -> None:
        """Whether it takes too long or too much."""
        if time.monotonic() > self._deadline:
            self._ended = "time"
            return
        pids = descendants(self._child.pid)
        used = sum(map(resident_bytes, pids))
        if used > self._memory_bytes or len(pids) > _MOST_PROCESSES:
            self._ended = "memory"

    def end(self) -> None:
        """Kill the child and all that came of it, and wait until they are gone.

        The first of the namespace goes before its parent, who then clears it away: orphans would
        be left to whoever is the first process here, and that may be the bot.
        """
        if not self._has_exited:
            self._stop()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait()
        if self._exit >= 0:
            os.close(self._exit)

    def _stop(self) -> None:
        if self._exit < 0:
            # Its pipes have ended; it may be on its way out.
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(0 if self._ended else max(0, self._deadline - time.monotonic()))
            return
        for pipe in self._pipes:
            # Who waits to be read would never end.
            pipe.close()
        if isolated():
            for pid in descendants(self._child.pid)[1:2]:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            poll = select.poll()
            poll.register(self._exit, select.POLLIN)
            poll.poll(_GRACE_SECONDS * 1000)

    def result(self) -> Ran:
        """What there is to say about it, now that it is gone."""
        for fd in (self._out, self._err):
            while not self._ended and self._read(fd):
                continue
        code = self._child.returncode
        if self._ended:
            code = -signal.SIGKILL
        elif isolated() and code > 128:
            # The shell in between tells a signal in this way.
            code = 128 - code
        stderr = bytes(self._complained)
        if not self._ended and code != 0 and any(words in stderr for words in _STARVED):
            self._ended = "memory"
        return Ran(code=code, stdout=bytes(self._said), stderr=stderr, ended=self._ended)
