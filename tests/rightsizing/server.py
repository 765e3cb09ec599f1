"""A real Prometheus over made-up data."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.rightsizing.metrics import Pod, openmetrics

INSTALL = "apt-get install -y prometheus"
_READY_SECONDS = 60.0


def missing() -> str:
    """What is not installed, "" if nothing."""
    absent = [name for name in ("prometheus", "promtool") if shutil.which(name) is None]
    return f"needs {' and '.join(absent)}: {INSTALL}" if absent else ""


@contextmanager
def serving(pods: Iterable[Pod], root: Path) -> Iterator[str]:
    """The URL of a Prometheus that knows what the pods did."""
    text = root / "data.om"
    with text.open("w") as file:
        file.writelines(openmetrics(pods))
    data = root / "tsdb"
    # In blocks of the usual two hours this takes thirty times as long.
    command = ["promtool", "tsdb", "create-blocks-from", "openmetrics", str(text), str(data)]
    subprocess.run([*command, "-q", "--max-block-duration=486h"], check=True, capture_output=True)
    text.unlink()
    with _running(data, root) as url:
        yield url


@contextmanager
def _running(data: Path, root: Path) -> Iterator[str]:
    config = root / "prometheus.yml"
    config.write_text("global: {scrape_interval: 1h}\n")
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    with (root / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(
            [
                "prometheus",
                f"--config.file={config}",
                f"--storage.tsdb.path={data}",
                "--storage.tsdb.retention.time=60d",
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            stdout=log,
            stderr=log,
        )
        try:
            _wait(url, process, root / "prometheus.log")
            yield url
        finally:
            process.terminate()
            process.wait(timeout=30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _READY_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{url}/-/ready", timeout=5):  # noqa: S310 - our own
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.05)
    raise AssertionError(f"prometheus did not start:\n{log.read_text()[-2000:]}")
