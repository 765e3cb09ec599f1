"""Running git: a clean environment, a time-out that kills all of it, errors without secrets."""

from __future__ import annotations

import contextlib
import os
import re
import resource
import signal
import subprocess
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


class GitError(Exception):
    """git could not do it. The message is fit to be shown: it says what to do, and no secret."""


class Vanished(GitError):  # noqa: N818 - what happened, not an error of anybody's
    """A commit is no longer there: force-pushed away, or its branch was deleted."""


class TooBig(GitError):  # noqa: N818 - reads like the others
    """A repository is larger than the operator allows."""


# What of the surroundings git may see: where programs are, and how to get out to the network.
_INHERITED = (
    "PATH",
    "GIT_EXEC_PATH",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "GIT_SSL_CAINFO",
    *(
        name
        for proxy in ("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY")
        for name in (proxy, proxy.lower())
    ),
)
# Nobody's configuration, no questions, no replaced objects, and no network unless it is asked for.
_FIXED = {
    "LC_ALL": "C",
    "HOME": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "true",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_LITERAL_PATHSPECS": "1",
}
# A repository's own configuration must not make git run or hide anything.
_CONFIG = {
    "safe.directory": "*",
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.attributesFile": os.devnull,
    "core.quotePath": "true",
    "core.splitIndex": "false",
    "credential.helper": "",
    "diff.external": "",
    "diff.noprefix": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Git:
    """How git is run on one repository. `environment` and `config` add to what is always set;
    configuration goes through the environment, where no list of processes shows it."""

    directory: Path
    timeout: float = 60.0
    environment: Mapping[str, str] = field(default_factory=dict)
    config: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: Collection[str] = field(default=(), repr=False)
    max_file_bytes: int = 0

    def run(
        self, *arguments: str | bytes, stdin: bytes = b"", accept: Collection[int] = (0,)
    ) -> bytes:
        """The standard output. Raises GitError where git fails or takes too long."""
        return self.attempt(*arguments, stdin=stdin, accept=accept)[1]

    def attempt(
        self, *arguments: str | bytes, stdin: bytes = b"", accept: Collection[int] = (0,)
    ) -> tuple[int, bytes]:
        """(exit code, standard output), where the exit code is one of `accept`."""
        code, out, err = self._communicate(arguments, stdin)
        if code in accept:
            return code, out
        command = os.fsdecode(arguments[0])
        raise GitError(f"git {command} failed: {self._clean(err) or f'exit code {code}'}")

    def _communicate(
        self, arguments: Sequence[str | bytes], stdin: bytes
    ) -> tuple[int, bytes, bytes]:
        try:
            process = subprocess.Popen(
                ("git", *arguments),
                cwd=self.directory,
                env=self._environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise GitError(f"git cannot be run in {self.directory.name}: {reason}") from None
        with process:
            if self.max_file_bytes:
                _limit_files(process.pid, self.max_file_bytes)
            try:
                out, err = process.communicate(stdin, timeout=self.timeout)
            except subprocess.TimeoutExpired:
                command = os.fsdecode(arguments[0])
                raise GitError(
                    f"git {command} took longer than {self.timeout:.0f} s; "
                    "raise PLUMBLINE_GIT_TIMEOUT if the repository is large"
                ) from None
            finally:
                if process.returncode is None:
                    _kill(process)
        return process.returncode, out, err

    def _environment(self) -> dict[str, str]:
        config = {**_CONFIG, **self.config}
        numbered = {"GIT_CONFIG_COUNT": str(len(config))}
        for index, (key, value) in enumerate(config.items()):
            numbered[f"GIT_CONFIG_KEY_{index}"] = key
            numbered[f"GIT_CONFIG_VALUE_{index}"] = value
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        return {**inherited, **_FIXED, **numbered, **self.environment}

    def _clean(self, stderr: bytes) -> str:
        """git's own words in one line, as far as they matter and tell no secret."""
        lines = stderr.decode("utf-8", "replace").splitlines()
        said = [line for line in lines if line.startswith(("fatal:", "error:"))] or lines
        text = " / ".join(line.strip() for line in said[:4])
        for secret in self.secrets:
            text = text.replace(secret, "***")
        return re.sub(r"[^ -~]", "?", text)[:500]


def _limit_files(pid: int, limit: int) -> None:
    """No file of the process or its children grows beyond `limit` bytes."""
    if hasattr(resource, "prlimit"):
        # It may have ended already, or a lower limit holds here; the folder's size is checked too.
        with contextlib.suppress(OSError, ValueError):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (limit, limit))


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the process and its helpers. It has not been waited for, so its id is still its own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
