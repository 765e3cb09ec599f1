"""POST /v1/messages, with the shapes that the SDK describes and whatever a test lets it answer."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

KEY = "test-key-of-the-simulated-api"
MODEL = "model-under-test"
VERSION = "2026-10-21"
# What the API takes in a schema of an answer, and no more.
_SCHEMA_WORDS = {
    "$defs",
    "$ref",
    "additionalProperties",
    "description",
    "items",
    "minItems",
    "properties",
    "required",
    "title",
    "type",
}
_KINDS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
    500: "api_error",
    529: "overloaded_error",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One response. With `pause`, the bytes of its body come one at a time, that many seconds
    apart; with `slow_head` those of its head do."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    pause: float = 0.0
    slow_head: bool = False
    # Hang up before anything is answered.
    drop: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request as it arrived."""

    path: str
    headers: Mapping[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        """The JSON of it."""
        return json.loads(self.raw)


def message(
    *blocks: Mapping[str, Any],
    stop_reason: str = "end_turn",
    tokens: tuple[int, int] = (2_000, 100),
    **more: Any,
) -> dict[str, Any]:
    """A message as the API describes it (`anthropic.types.Message`)."""
    return {
        "id": "msg_0123456789",
        "type": "message",
        "role": "assistant",
        "model": MODEL,
        "content": list(blocks),
        "stop_reason": stop_reason,
        "stop_sequence": None,
        "usage": {
            "input_tokens": tokens[0],
            "output_tokens": tokens[1],
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "service_tier": "standard",
        },
        **more,
    }


def text(said: str) -> dict[str, Any]:
    """A text block."""
    return {"type": "text", "text": said, "citations": None}


def says(said: str, **more: Any) -> Answer:
    """An answer whose only block is this text."""
    return whole(message(text(said), **more))


def claims(*pairs: tuple[str, list[str]]) -> Answer:
    """An answer in the form that was asked for: (text, finding ids) of every claim."""
    return says(json.dumps({"claims": [{"text": t, "finding_ids": ids} for t, ids in pairs]}))


def whole(body: Any) -> Answer:
    """An answer with this JSON."""
    return Answer(body=json.dumps(body).encode(), headers={"request-id": "req_01"})


def fails(status: int, **headers: str) -> Answer:
    """An error in the API's shape."""
    kind = _KINDS.get(status, "api_error")
    body = {
        "type": "error",
        "error": {"type": kind, "message": f"simulated {status}"},
        "request_id": "req_01",
    }
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status=status, body=json.dumps(body).encode(), headers=named)


class Server:
    """The API. It gives the `answers` in order and a 500 when it has none; `calls` came in."""

    def __init__(self) -> None:
        self.answers: deque[Answer] = deque()
        self.calls: list[Call] = []
        self.on_call: Callable[[], None] = lambda: None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.do_POST()

            def do_POST(self) -> None:
                with contextlib.suppress(OSError):
                    outer._serve(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Quiet."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"http://127.0.0.1:{self._http.server_port}"

    def __enter__(self) -> Server:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.shutdown()
        self._http.server_close()

    def _serve(self, request: BaseHTTPRequestHandler) -> None:
        raw = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        call = Call(
            path=request.path,
            headers={name.lower(): value for name, value in request.headers.items()},
            raw=raw,
        )
        self.calls.append(call)
        self.on_call()
        answer = _refused(call) or (self.answers.popleft() if self.answers else fails(500))
        request.close_connection = True
        if answer.drop:
            return
        head = _head(answer)
        for part, slow in ((head, answer.slow_head), (answer.body, not answer.slow_head)):
            _write(request, part, answer.pause if slow else 0.0)


def _head(answer: Answer) -> bytes:
    fields = {
        "Content-Type": "application/json",
        "Content-Length": str(len(answer.body)),
        "Connection": "close",
        **answer.headers,
    }
    lines = [f"HTTP/1.1 {answer.status} Simulated", *(f"{k}: {v}" for k, v in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode()


def _write(request: BaseHTTPRequestHandler, data: bytes, pause: float) -> None:
    if not pause:
        request.wfile.write(data)
        return
    for byte in data:
        request.wfile.write(bytes([byte]))
        time.sleep(pause)


def _refused(call: Call) -> Answer | None:
    """What the API says to a request that it does not take."""
    if call.headers.get("authorization") != f"Bearer {KEY}":
        return fails(401)
    if call.path != "/v1/messages":
        return fails(404)
    if call.headers.get("anthropic-version") != VERSION:
        return fails(400)
    body = call.body
    if not {"model", "max_tokens", "messages"} <= body.keys():
        return fails(400)
    form = body.get("output_config", {}).get("format", {})
    if form.get("type") != "json_schema" or not _takes(form.get("schema")):
        return fails(400)
    return None


def _takes(schema: Any) -> bool:
    if not isinstance(schema, dict) or not schema.keys() <= _SCHEMA_WORDS:
        return False
    if schema.get("type") == "object" and schema.get("additionalProperties") is not False:
        return False
    below = [*schema.get("properties", {}).values(), *schema.get("$defs", {}).values()]
    below += [schema["items"]] if "items" in schema else []
    return all(_takes(each) for each in below)
