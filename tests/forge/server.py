"""The HTTP server of a simulated forge: an ASGI application on a socket of its own, in a thread."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import threading
import traceback
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Protocol, cast

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from tests.forge.faults import Cut, Effect, Faults
from tests.forge.git_http import GitHttp
from tests.forge.http import Answer, Request

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
# On close, drop what is unsent and send RST.
_RESET = struct.pack("ii", 1, 0)


class Site(Protocol):
    """What one forge says to the requests that are not git's."""

    def answer(self, request: Request) -> tuple[Answer, list[str]]:
        """The answer, and what is wrong with it or with the request."""

    def headers(self, request: Request) -> dict[str, str]:
        """What the forge sends with everything."""


class Connection(H11Protocol):
    """HTTP/1.1 that gives the application its transport, so that faults can break it."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client connected."""
        super().connection_made(cast(asyncio.Transport, transport))
        inner = cast("Callable[[Scope, Receive, Send], Awaitable[None]]", self.app)

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await inner({**scope, "transport": transport}, receive, send)

        self.app = cast(Any, app)


class Application:
    """Faults first, then git or the REST API, then the description."""

    def __init__(self, site: Site, git: GitHttp, faults: Faults, violations: list[str]) -> None:
        self._site = site
        self._git = git
        self._faults = faults
        self._violations = violations
        # Handlers block on git and on the state's lock, so they stay off the event loop.
        self._threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="fake-forge")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = _request(scope)
        effect = self._faults.take(request.method, request.path)
        if effect is None or not effect.spoils:
            await asyncio.sleep(effect.delay if effect else 0)
            await self._serve(request, receive, send)
            return
        await asyncio.sleep(effect.delay)
        kept = _Kept()
        if effect.applies:
            await self._serve(request, receive, kept.send)
        await _spoil(effect, kept, scope["transport"], receive, send)

    async def _serve(self, request: Request, receive: Receive, send: Send) -> None:
        try:
            if self._git.claims(request):
                await self._git.serve(request, receive, send)
            else:
                await self._serve_rest(request, receive, send)
        except _Gone:
            return
        except Exception:  # noqa: BLE001 - the boundary: a bug of the fake must fail the test
            self._violations.append(f"the fake broke: {traceback.format_exc()}")
            await _send(send, Answer(status=500, body={"message": "the fake broke"}), {})

    async def _serve_rest(self, request: Request, receive: Receive, send: Send) -> None:
        request = replace(request, body=await _read_body(receive))
        loop = asyncio.get_running_loop()
        answer, errors = await loop.run_in_executor(self._threads, self._site.answer, request)
        self._violations.extend(errors)
        await _send(send, answer, self._site.headers(request))

    def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class _Kept:
    """An answer kept back until its fault decides what becomes of it."""

    def __init__(self) -> None:
        self.start: Message = {}
        self.body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.start = message
        else:
            self.body += message.get("body", b"")


async def _spoil(effect: Effect, kept: _Kept, transport: Any, receive: Receive, send: Send) -> None:
    if effect.cut is Cut.RESET:
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        transport.abort()
    elif effect.status:
        names = {"content-type": "application/json; charset=utf-8", **effect.headers}
        headers = [(name.encode(), value.encode()) for name, value in names.items()]
        await send({"type": "http.response.start", "status": effect.status, "headers": headers})
        await send({"type": "http.response.body", "body": effect.body.encode()})
        return
    elif effect.cut is Cut.HALF:
        await send(kept.start)
        half = kept.body[: len(kept.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        transport.close()
    else:
        await send(kept.start)
        await send({"type": "http.response.body", "body": kept.body})
        return
    # Until the server has noticed, it would answer 500 for us.
    while (await receive())["type"] != "http.disconnect":
        pass


def _request(scope: Scope) -> Request:
    return Request(
        method=scope["method"],
        path=scope["raw_path"].decode("ascii"),
        query=scope["query_string"].decode("ascii"),
        headers={
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        },
        body=b"",
    )


class _Gone(Exception):  # noqa: N818 - no error: clients may be killed
    """The client left before its request was complete."""


async def _read_body(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Gone
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


async def _send(send: Send, answer: Answer, common: dict[str, str]) -> None:
    body = _encoded(answer.body)
    names = {**common, **answer.headers, "content-length": str(len(body))}
    if body and "content-type" not in names:
        names["content-type"] = "application/json; charset=utf-8"
    headers = [(name.encode(), value.encode("latin-1")) for name, value in names.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _encoded(body: Any) -> bytes:
    if isinstance(body, bytes):
        return body
    return b"" if body is None else json.dumps(body).encode()


class _Uvicorn(uvicorn.Server):
    """uvicorn that stops in 20 ms instead of 200, and drops what is under way: each test waits."""

    async def main_loop(self) -> None:
        """Serve until told to stop."""
        while not await self.on_tick(0):
            await asyncio.sleep(0.02)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close everything at once."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            cast(Connection, connection).transport.abort()


class Server:
    """Serves an application on 127.0.0.1 at a free port, in a daemon thread."""

    def __init__(self, application: Application) -> None:
        # uvicorn's and asyncio's own way to bind leaves Nagle's algorithm on unless the socket
        # says that it is TCP; every request would take 45 ms.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self._application = application
        config = uvicorn.Config(
            cast(Any, application),
            http=Connection,
            ws="none",
            lifespan="off",
            interface="asgi3",
            proxy_headers=False,
            server_header=False,
            date_header=True,
            access_log=False,
            log_config=None,
            timeout_keep_alive=60,
        )
        self._uvicorn = _Uvicorn(config)
        run = {"sockets": [self._socket]}
        self._thread = threading.Thread(
            target=self._uvicorn.run, kwargs=run, name="fake-forge", daemon=True
        )

    def start(self) -> None:
        """Return once it accepts connections."""
        self._socket.listen(512)
        self._thread.start()

    def stop(self) -> None:
        """Stop serving and wait for it."""
        self._uvicorn.should_exit = True
        self._thread.join(timeout=10)
        self._application.close()
        self._socket.close()
