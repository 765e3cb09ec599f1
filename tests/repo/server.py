"""git http-backend behind a loopback HTTP server that wants a token and writes down requests."""

from __future__ import annotations

import contextlib
import gzip
import subprocess
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit

from bot.forges import Remote
from tests.repo.builder import ENVIRONMENT

TOKEN = "ghs_averysecrettokenthatmustnotleak"


class GitServer:
    """Serves one repository. `requests` are the bodies of what was posted; `protocol_2` off makes
    it a server of the old protocol; `on_request` is called while a request is under way."""

    def __init__(self, repository: Path) -> None:
        self.repository = repository
        self.requests: list[bytes] = []
        self.protocol_2 = True
        self.on_request: Callable[[], None] = lambda: None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer._answer(self, b"")

            def do_POST(self) -> None:
                outer._answer(self, _body(self))

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )
        self.configure("uploadpack.allowFilter", "true")
        self.configure("uploadpack.allowAnySHA1InWant", "true")

    @property
    def url(self) -> str:
        """Where the repository is."""
        return f"http://127.0.0.1:{self._server.server_port}/org/infra.git"

    @property
    def remote(self) -> Remote:
        """As a forge would give it, with a token that is good."""
        return Remote(url=self.url, header=f"Authorization: Bearer {TOKEN}")

    def configure(self, key: str, value: str) -> None:
        """Set configuration of the served repository."""
        subprocess.run(
            ("git", "config", key, value), cwd=self.repository, env=ENVIRONMENT, check=True
        )

    @property
    def fetches(self) -> list[bytes]:
        """The requests that asked for objects."""
        return [body for body in self.requests if b"want " in body]

    def __enter__(self) -> GitServer:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, request: BaseHTTPRequestHandler, body: bytes) -> None:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            request.send_response(401)
            request.send_header("WWW-Authenticate", "Basic realm=git")
            request.end_headers()
            return
        encoding = request.headers.get("Content-Encoding", "")
        if body:
            self.requests.append(gzip.decompress(body) if encoding == "gzip" else body)
        self.on_request()
        parts = urlsplit(request.path)
        environment = {
            **ENVIRONMENT,
            "GIT_PROJECT_ROOT": str(self.repository.parent),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": parts.path.replace("/org/infra.git", f"/{self.repository.name}/.git"),
            "QUERY_STRING": parts.query,
            "REQUEST_METHOD": request.command,
            "CONTENT_TYPE": request.headers.get("Content-Type", ""),
            "REMOTE_USER": "app",
        }
        if self.protocol_2:
            environment["GIT_PROTOCOL"] = request.headers.get("Git-Protocol", "")
        if encoding:
            environment["HTTP_CONTENT_ENCODING"] = encoding
        done = subprocess.run(
            ("git", "http-backend"), env=environment, input=body, capture_output=True, check=False
        )
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = [line.split(": ", 1) for line in head.decode("latin-1").split("\r\n") if line]
        status = next((int(v.split()[0]) for k, v in headers if k == "Status"), 200)
        request.send_response(status)
        for key, value in headers:
            if key != "Status":
                request.send_header(key, value)
        request.end_headers()
        request.wfile.write(content)


def _body(request: BaseHTTPRequestHandler) -> bytes:
    """The body, also where git sends it in chunks."""
    if request.headers.get("Transfer-Encoding", "") != "chunked":
        return request.rfile.read(int(request.headers.get("Content-Length", 0)))
    body = b""
    while size := int(request.rfile.readline().strip() or b"0", 16):
        body += request.rfile.read(size)
        request.rfile.readline()
    request.rfile.readline()
    return body


def processes() -> bytes:
    """The command lines of everything that runs now."""
    lines = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                lines.append((entry / "cmdline").read_bytes())
    return b"\n".join(lines)
