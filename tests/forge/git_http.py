"""git's smart HTTP protocol: `git http-backend` behind ASGI, with GitHub's authentication."""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from tests.forge import auth
from tests.forge.gitrepo import ENVIRONMENT
from tests.forge.http import Refusal
from tests.forge.hub import Hub
from tests.forge.rest import Request
from tests.forge.state import Repository, Token

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
# Only the smart protocol: what else http-backend offers would hand out files of the repository.
_PATH = re.compile(
    r"/(?P<name>[\w.-]+/[\w.-]+?)(?:\.git)?(?P<rest>/info/refs|/git-upload-pack|/git-receive-pack)\Z"
)
_CHUNK = 65536


class GitHttp:
    """The git side of the simulated GitHub."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

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
            repo, user = self._authorise(match["name"], request, pushing)
        except Refusal as refusal:
            await _refuse(send, refusal)
            return
        environment = self._environment(request, repo, match["rest"], user)
        if request.method == "POST" and pushing:
            await self._push(repo, user, environment, receive, send)
        else:
            await _run(environment, receive, send)
            await send({"type": "http.response.body"})

    async def _push(
        self, repo: Repository, user: str, environment: dict[str, str], receive: Receive, send: Send
    ) -> None:
        before = await asyncio.to_thread(repo.git.refs)
        await _run(environment, receive, send)
        # Before the answer ends: after `git push` the pull requests have moved.
        await asyncio.to_thread(self._hub.pushed, repo, before, user)
        await send({"type": "http.response.body"})

    def _authorise(self, name: str, request: Request, pushing: bool) -> tuple[Repository, str]:
        """The repository and who acts on it. Raises Refusal."""
        state = self._hub.state
        repo = state.repo(name)
        header = request.headers.get("authorization", "")
        if not header:
            if repo is not None and not repo.private and not pushing:
                return repo, "anonymous"
            raise Refusal(401, "Repository not found.")
        token = auth.check_token(state, _password(header))
        covered = repo is not None and (
            repo.installation is token.installation
            and (token.repositories is None or repo.id in token.repositories)
        )
        if repo is None or not (covered or not (repo.private or pushing)):
            raise Refusal(404, "Repository not found.")
        _permit(repo, token, pushing)
        return repo, state.app.bot

    def _environment(
        self, request: Request, repo: Repository, rest: str, user: str
    ) -> dict[str, str]:
        found = {
            "CONTENT_TYPE": request.headers.get("content-type"),
            "CONTENT_LENGTH": request.headers.get("content-length"),
            "HTTP_CONTENT_ENCODING": request.headers.get("content-encoding"),
            "GIT_PROTOCOL": request.headers.get("git-protocol"),
        }
        return {
            **ENVIRONMENT,
            "GIT_PROJECT_ROOT": str(self._hub.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REMOTE_USER": user,
            "REMOTE_ADDR": "127.0.0.1",
            "REQUEST_METHOD": request.method,
            "PATH_INFO": f"/{repo.full_name}.git{rest}",
            "QUERY_STRING": request.query,
            **{name: value for name, value in found.items() if value is not None},
        }


def _password(header: str) -> str:
    scheme, _, value = header.partition(" ")
    try:
        user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        user, password = "", ""
    if scheme.lower() != "basic" or user != "x-access-token":
        raise Refusal(401, "Invalid username or token.")
    return password


def _permit(repo: Repository, token: Token, pushing: bool) -> None:
    if pushing and not auth.allows(token.permissions, "contents", "write"):
        raise Refusal(403, "Write access to repository not granted.")
    if repo.private and not auth.allows(token.permissions, "contents", "read"):
        raise Refusal(403, "Read access to repository not granted.")


async def _refuse(send: Send, refusal: Refusal) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    if refusal.answer.status == 401:
        headers.append((b"www-authenticate", b'Basic realm="GitHub"'))
    status = refusal.answer.status
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": str(refusal).encode()})


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
