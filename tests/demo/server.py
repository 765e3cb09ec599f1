"""A real `plumbline serve` as a process of its own, pointed at the simulated forges."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.forge.fake import FakeGitHub
from tests.gitlab import FakeGitLab

_PATIENCE = 30.0


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(
    data: Path, port: int, github: FakeGitHub | None = None, gitlab: FakeGitLab | None = None
) -> dict[str, str]:
    """What a process of plumbline needs to know of the simulated forges."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("PLUMBLINE_")}
    env |= {
        "PLUMBLINE_DATA_DIR": str(data),
        "PLUMBLINE_PORT": str(port),
        "PLUMBLINE_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "PLUMBLINE_WRITE_PAUSE": "0",
    }
    if github is not None:
        env |= {
            "PLUMBLINE_GITHUB_APP_ID": str(github.app.id),
            "PLUMBLINE_GITHUB_PRIVATE_KEY": github.app.private_key_pem,
            "PLUMBLINE_GITHUB_WEBHOOK_SECRET": github.app.webhook_secret,
            "PLUMBLINE_GITHUB_API_URL": github.url,
        }
    if gitlab is not None:
        env |= {
            "PLUMBLINE_GITLAB_URL": gitlab.url,
            "PLUMBLINE_GITLAB_TOKEN": gitlab.token,
            "PLUMBLINE_GITLAB_WEBHOOK_TOKEN": gitlab.webhook_token,
        }
    return env


@contextmanager
def serving(
    data: Path,
    log: Path,
    github: FakeGitHub | None = None,
    gitlab: FakeGitLab | None = None,
    extra: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """Runs the server; yields its address once it answers, and ends it afterwards."""
    port = free_port()
    env = environment(data, port, github, gitlab) | dict(extra or {})
    with log.open("ab") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot.cli", "serve"], env=env, stdout=sink, stderr=sink
        )
    address = f"http://127.0.0.1:{port}"
    try:
        _until_healthy(process, address, log)
        if github is not None:
            github.webhook_url = f"{address}/webhooks/github"
        if gitlab is not None:
            gitlab.webhook_url = f"{address}/webhooks/gitlab"
        yield address
    finally:
        for forge in (github, gitlab):
            if forge is not None:
                forge.webhook_url = ""
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _until_healthy(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=1):  # noqa: S310 - loopback
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.05)
    raise RuntimeError(f"the server did not come up:\n{log.read_text()[-4000:]}")
