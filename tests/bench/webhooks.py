"""Acknowledging webhooks, against a bare handler with the same durability."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SECRET = "bench"
_PATH = "/webhooks/github"


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What a load found: acknowledgements a second, and milliseconds to one."""

    rate: float
    p50: float
    p99: float


def bare(database: str) -> Any:
    """The baseline: verify the HMAC, commit one row as durably, answer. A raw ASGI application."""
    lock = threading.Lock()
    conn = sqlite3.connect(database, check_same_thread=False, isolation_level=None)
    conn.execute("PRAGMA journal_mode=WAL")
    conn.execute("PRAGMA synchronous=FULL")
    conn.execute("CREATE TABLE IF NOT EXISTS delivery (id TEXT PRIMARY KEY, body BLOB)")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body = b""
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        headers = dict(scope["headers"])
        want = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        good = hmac.compare_digest(headers.get(b"x-hub-signature-256", b""), want.encode())
        if good:
            with lock:
                conn.execute(
                    "INSERT OR IGNORE INTO delivery VALUES (?, ?)",
                    (headers[b"x-github-delivery"].decode(), body),
                )
        status = 202 if good else 401
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b"accepted"})

    return app


def ours(folder: str) -> Any:
    """plumbline's web side, without a worker in the same process to share the cores with."""
    from bot import logs
    from bot.jobs import Intake
    from bot.main import create_web
    from bot.settings import load

    logs.configure("error")
    settings = load(
        {
            "PLUMBLINE_GITHUB_APP_ID": "1",
            "PLUMBLINE_GITHUB_WEBHOOK_SECRET": SECRET,
            "PLUMBLINE_DATA_DIR": folder,
        }
    )
    return create_web(settings, Intake(settings.database))


def serve(kind: str, where: str, port: int) -> None:
    """The server process of either side; uvicorn with the same settings."""
    import uvicorn

    app = bare(f"{where}/bare.sqlite") if kind == "bare" else ours(where)
    uvicorn.run(app, host="127.0.0.1", port=port, log_config=None, access_log=False)


@contextmanager
def _server(kind: str, where: Path) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    code = f"from tests.bench.webhooks import serve; serve({kind!r}, {str(where)!r}, {port})"
    process = subprocess.Popen([sys.executable, "-c", code])
    try:
        _wait(port)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def _wait(port: int) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("the server did not come up")


def payload(number: int) -> bytes:
    """A pull_request event, as large as real ones are (about 20 kB)."""
    return json.dumps(
        {
            "action": "synchronize",
            "number": number,
            "pull_request": {"number": number, "head": {"sha": f"{number:040x}"}},
            "padding": "y" * 20_000,
            "repository": {"full_name": "acme/infra"},
            "installation": {"id": 7},
        }
    ).encode()


def _send(conn: http.client.HTTPConnection, number: int) -> None:
    body = payload(number)
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/json",
        "X-GitHub-Event": "pull_request",
        "X-GitHub-Delivery": str(uuid.uuid4()),
        "X-Hub-Signature-256": f"sha256={signature}",
    }
    conn.request("POST", _PATH, body, headers)
    answer = conn.getresponse()
    answer.read()
    if answer.status != 202:
        raise RuntimeError(f"answered {answer.status}")


def _load(port: int, requests: int, clients: int, pause: float) -> Load:
    """`pause` 0: every client sends as fast as it is answered; else one request each `pause`
    seconds in all, and the time to an answer counts from when it was due."""
    took: list[float] = []
    started = time.perf_counter()

    def client(index: int) -> None:
        conn = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        conn.connect()
        conn.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number in range(index, requests, clients):
            due = started + number * pause if pause else time.perf_counter()
            time.sleep(max(0.0, due - time.perf_counter()))
            _send(conn, number % 200 + 1)
            took.append((time.perf_counter() - due) * 1000)
        conn.close()

    threads = [threading.Thread(target=client, args=(i,)) for i in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - started
    if len(took) != requests:
        raise RuntimeError(f"{requests - len(took)} requests failed")
    cut = statistics.quantiles(took, n=100)
    return Load(rate=requests / seconds, p50=cut[49], p99=cut[98])


def run(kind: str, where: Path, requests: int = 1500) -> tuple[Load, Load]:
    """(as fast as it goes with 8 clients, at 100 a second), after a warm-up."""
    where.mkdir(parents=True, exist_ok=True)
    with _server(kind, where) as port:
        _load(port, 200, 8, 0)
        return _load(port, requests, 8, 0), _load(port, 1000, 8, 0.01)
