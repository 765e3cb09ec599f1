"""git's smart HTTP protocol: `git http-backend` behind ASGI, for any simulated forge."""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import re
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tests.forge.gitrepo import ENVIRONMENT, GitRepo
from tests.forge.http import Request

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
# Only the smart protocol: what else http-backend offers would hand out files of the repository.
_PATH = re.compile(
    r"/(?P<name>[\w.-]+(?:/[\w.-]+)*/[\w.-]+?)(?:\.git)?(?P<rest>/info/refs|/git-upload-pack|/git-receive-pack)\Z"
)
_CHUNK = 65536


class Denied(Exception):  # noqa: N818 - an answer
    """The forge says no to a git client, in plain text."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A git client let in: to which repository, as whom, and what follows its push; `pushed`
    receives the refs of before."""

    git: GitRepo
    user: str
    pushed: Callable[[dict[str, str]], None]


class Host(Protocol):
    """One forge's side of git: where its repositories are and who may do what."""

    root: Path
    realm: str

    def admit(self, name: str, authorization: str, pushing: bool) -> Visit:
        """Let a client in; `authorization` is its header, "" for none. Raises Denied."""


class GitHttp:
    """The git side of a simulated forge."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def claims(self, request: Request) -> bool:
        """Whether a request is git's."""
        return _PATH.match(request.path) is not None

    async def serve(self, request: Request, receive: Receive, send: Send) -> None:
        """Answer a request of a git client."""
        match = _PATH.match(request.path)
        assert match is not None
        service = request.query.removeprefix("service=") if request.query else match["rest"][1:]
        pushing = service == "git-receive-pack"
        try:
            header = request.headers.get("authorization", "")
            visit = self._host.admit(match["name"], header, pushing)
        except Denied as denied:
            await _refuse(send, denied, self._host.realm)
            return
        environment = self._environment(request, visit, match["rest"])
        if request.method == "POST" and pushing:
            await _push(visit, environment, receive, send)
        else:
            await _run(environment, receive, send)
            await send({"type": "http.response.body"})

    def _environment(self, request: Request, visit: Visit, rest: str) -> dict[str, str]:
        found = {
            "CONTENT_TYPE": request.headers.get("content-type"),
            "CONTENT_LENGTH": request.headers.get("content-length"),
            "HTTP_CONTENT_ENCODING": request.headers.get("content-encoding"),
            "GIT_PROTOCOL": request.headers.get("git-protocol"),
        }
        return {
            **ENVIRONMENT,
            "GIT_PROJECT_ROOT": str(self._host.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REMOTE_USER": visit.user,
            "REMOTE_ADDR": "127.0.0.1",
            "REQUEST_METHOD": request.method,
            "PATH_INFO": f"/{visit.git.path.relative_to(self._host.root).as_posix()}{rest}",
            "QUERY_STRING": request.query,
            **{name: value for name, value in found.items() if value is not None},
        }


def basic_password(header: str, users: tuple[str, ...] = ()) -> str | None:
    """The password of a Basic header of one of `users` (none: of anyone), else None."""
    scheme, _, value = header.partition(" ")
    try:
        user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    known = scheme.lower() == "basic" and (not users or user in users)
    return password if known else None


async def _push(visit: Visit, environment: dict[str, str], receive: Receive, send: Send) -> None:
    before = await asyncio.to_thread(visit.git.refs)
    await _run(environment, receive, send)
    # Before the answer ends: after `git push` the pull requests have moved.
    await asyncio.to_thread(visit.pushed, before)
    await send({"type": "http.response.body"})


async def _refuse(send: Send, denied: Denied, realm: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    if denied.status == 401:
        headers.append((b"www-authenticate", f'Basic realm="{realm}"'.encode()))
    await send({"type": "http.response.start", "status": denied.status, "headers": headers})
    await send({"type": "http.response.body", "body": str(denied).encode()})


async def _run(environment: dict[str, str], receive: Receive, send: Send) -> None:
    """Everything of the answer but its end."""
    process = await asyncio.create_subprocess_exec(
        "git",
        "http-backend",
        env=environment,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    feeding = asyncio.create_task(_feed(process.stdin, receive))
    try:
        try:
            head = await process.stdout.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            # The client left, or sent what http-backend dies of; either way it is not answered.
            head = b"Status: 500 Internal Server Error\r\n\r\n"
        await send(_start(head))
        while chunk := await process.stdout.read(_CHUNK):
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
    finally:
        feeding.cancel()
        if not process.stdout.at_eof():
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        await process.wait()


async def _feed(stdin: asyncio.StreamWriter, receive: Receive) -> None:
    # git closes its end early when it refuses.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                break
            stdin.write(message.get("body", b""))
            await stdin.drain()
            more = bool(message.get("more_body"))
        stdin.close()


def _start(head: bytes) -> Message:
    status, headers = 200, []
    for line in head.decode("latin-1").strip().split("\r\n"):
        name, _, value = line.partition(": ")
        if name.lower() == "status":
            status = int(value.split(" ")[0])
        else:
            headers.append((name.lower().encode("latin-1"), value.encode("latin-1")))
    return {"type": "http.response.start", "status": status, "headers": headers}
