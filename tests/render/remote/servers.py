"""A loopback server of files, redirects and git repositories (real git http-backend)."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import subprocess
import tarfile
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit

from tests.repo.builder import ENVIRONMENT, Builder


class Server:
    """Serves `files` by path, `redirects` (path → where to) and `repositories` (name → builder).

    `asked` are the paths that were asked for.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.redirects: dict[str, str] = {}
        self.repositories: dict[str, Builder] = {}
        self.asked: list[str] = []
        # Whoever asks for something below /v2/ has to fetch a token there first.
        self.realm = ""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer._answer(self, b"")

            def do_POST(self) -> None:
                outer._answer(self, self.rfile.read(int(self.headers["Content-Length"])))

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    def __enter__(self) -> Server:
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
        parts = urlsplit(request.path)
        self.asked.append(parts.path)
        name = parts.path.lstrip("/").split(".git/")[0]
        if parts.path.startswith("/v2/") and "Authorization" not in request.headers:
            request.send_response(401)
            realm = self.realm or f"{self.url}/token"
            request.send_header("WWW-Authenticate", f'Bearer realm="{realm}",service="test"')
            request.send_header("Content-Length", "0")
            request.end_headers()
        elif name in self.repositories:
            self._git(request, name, body)
        elif parts.path in self.redirects:
            request.send_response(302)
            request.send_header("Location", self.redirects[parts.path])
            request.send_header("Content-Length", "0")
            request.end_headers()
        elif parts.path in self.files:
            request.send_response(200)
            request.end_headers()
            request.wfile.write(self.files[parts.path])
        else:
            request.send_error(404)

    def registry(self, name: str, tag: str, archive: bytes) -> str:
        """Serve a chart as an OCI registry does; its manifest's digest."""
        layer = f"sha256:{hashlib.sha256(archive).hexdigest()}"
        kind = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
        manifest = json.dumps({"layers": [{"mediaType": kind, "digest": layer}]}).encode()
        digest = f"sha256:{hashlib.sha256(manifest).hexdigest()}"
        self.files["/token"] = b'{"token": "t0ken"}'
        self.files[f"/v2/{name}/blobs/{layer}"] = archive
        for reference in (tag, digest):
            self.files[f"/v2/{name}/manifests/{reference}"] = manifest
        return digest

    def _git(self, request: BaseHTTPRequestHandler, name: str, body: bytes) -> None:
        parts = urlsplit(request.path)
        if request.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        where = self.repositories[name].path
        environment = {
            **ENVIRONMENT,
            "GIT_PROJECT_ROOT": str(where.parent),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": f"/{where.name}/.git/{parts.path.split('.git/')[1]}",
            "QUERY_STRING": parts.query,
            "REQUEST_METHOD": request.command,
            "CONTENT_TYPE": request.headers.get("Content-Type", ""),
            "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
        }
        command = ("git", "-c", "safe.directory=*", "http-backend")
        done = subprocess.run(
            command, env=environment, input=body, capture_output=True, check=False
        )
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        request.send_response(200)
        for line in head.decode("latin-1").split("\r\n"):
            key, _, value = line.partition(": ")
            if key and key != "Status":
                request.send_header(key, value)
        request.end_headers()
        request.wfile.write(content)


def packed(files: Mapping[str, str | tarfile.TarInfo]) -> bytes:
    """A .tgz of these files; a TarInfo goes in as it is."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            if isinstance(content, tarfile.TarInfo):
                archive.addfile(content)
                continue
            member = tarfile.TarInfo(name)
            member.size = len(content.encode())
            archive.addfile(member, io.BytesIO(content.encode()))
    return buffer.getvalue()


def index(name: str, version: str, archive: bytes, url: str, digest: str = "") -> bytes:
    """The index of a chart repository with one chart."""
    digest = digest or hashlib.sha256(archive).hexdigest()
    text = f"apiVersion: v1\nentries:\n  {name}:\n  - version: {version}\n"
    return f"{text}    digest: {digest}\n    urls: [{url}]\n".encode()


def link(path: str) -> tarfile.TarInfo:
    """A symbolic link out of an archive."""
    member = tarfile.TarInfo(path)
    member.type = tarfile.SYMTYPE
    member.linkname = "/etc/passwd"
    return member


def folder_of(path: Path) -> dict[str, str]:
    """All files below a folder."""
    files = (p for p in path.rglob("*") if p.is_file())
    return {p.relative_to(path).as_posix(): p.read_text() for p in files}
