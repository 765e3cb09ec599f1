"""What the client makes of servers that are slow, wrong, hostile or not there."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.retry import Later, Policy
from bot.rightsizing.config import rightsizing
from bot.rightsizing.prometheus import (
    Grid,
    Prometheus,
    PrometheusError,
    TooMuchError,
    quoted,
)
from bot.rightsizing.usage import measure
from checks.model import ResourceRef
from tests.rightsizing.metrics import NOW

Respond = Callable[["_Handler"], None]
_EMPTY = {"status": "success", "data": {"resultType": "vector", "result": []}}


class _Handler(BaseHTTPRequestHandler):
    respond: Respond
    asked: list[str]
    sent: list[dict[str, str]]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.sent.append(dict(self.headers))
        type(self).respond(self)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Nothing."""

    def reply(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def argument(self, name: str) -> str:
        return parse_qs(urlsplit(self.path).query)[name][0]


@contextmanager
def _answering(respond: Respond) -> Iterator[tuple[str, type[_Handler]]]:
    handler = type("Handler", (_Handler,), {"respond": respond, "asked": [], "sent": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", handler
        finally:
            server.shutdown()
            thread.join()


def _json(value: object, status: int = 200, **headers: str) -> Respond:
    body = json.dumps(value).encode()
    return lambda handler: handler.reply(body, status, **headers)


def _policy() -> Policy:
    def classify(error: BaseException) -> object:
        return getattr(error, "meaning", None)

    return Policy(classify=classify, attempts=3, sleep=lambda _: None)  # type: ignore[arg-type]


def _client(url: str, *, timeout: float = 5.0, max_bytes: int = 100_000) -> Prometheus:
    return Prometheus(url, timeout=timeout, max_bytes=max_bytes, policy=_policy())


def _ask(respond: Respond, *, timeout: float = 5.0) -> PrometheusError:
    with (
        _answering(respond) as (url, _),
        _client(url, timeout=timeout) as client,
        pytest.raises(PrometheusError) as caught,
    ):
        client.instant("up", NOW)
    return caught.value


def test_nobody_there() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with _client(f"http://127.0.0.1:{port}") as client, pytest.raises(PrometheusError) as caught:
        client.instant("up", NOW)
    assert caught.value.down
    assert f"Prometheus at http://127.0.0.1:{port} cannot be reached" in str(caught.value)


def test_a_redirect_is_not_followed() -> None:
    error = _ask(lambda handler: handler.reply(b"", 302, Location="http://127.0.0.1:1/"))
    assert error.down
    assert "redirect (302), which is not followed" in str(error)


@pytest.mark.parametrize("status", [401, 403])
def test_refused_credentials(status: int) -> None:
    error = _ask(lambda handler: handler.reply(b"who are you", status))
    assert error.down
    assert "PLUMBLINE_PROMETHEUS_TOKEN" in str(error)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{",
        b"[" * 50_000,
        b'{"status":"success"}',
        b'{"status":"success","data":{"resultType":"scalar","result":[1,"2"]}}',
        b'{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1]}]}}',
        b'{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"x"]}]}}',
        b"\xff\xfe",
    ],
)
def test_what_is_not_its_api(body: bytes) -> None:
    error = _ask(lambda handler: handler.reply(body))
    assert error.down
    assert "is not its API's JSON" in str(error)


def test_its_own_error_is_passed_on() -> None:
    said = {"status": "error", "errorType": "bad_data", "error": "parse error: no"}
    error = _ask(_json(said, 400))
    assert not error.down
    assert "answered 400: bad_data: parse error: no" in str(error)


def test_a_failed_namespace_is_refused_and_a_failed_prometheus_is_raised() -> None:
    refs = [ResourceRef(kind="Deployment", namespace=name, name="web") for name in ("a", "b")]
    said = {"status": "error", "errorType": "execution", "error": "expanding series: corrupt"}
    with _answering(_json(said, 422)) as (url, _), _client(url) as client:
        refusals = measure(client, refs, NOW, rightsizing()).refusals
    assert [refusal.workload for refusal in refusals] == refs
    assert all("expanding series: corrupt" in refusal.reason for refusal in refusals)
    with (
        _answering(lambda handler: handler.reply(b"<html>")) as (url, _),
        _client(url) as client,
        pytest.raises(PrometheusError, match="is the URL right"),
    ):
        measure(client, refs, NOW, rightsizing())


def test_a_part_is_not_the_whole() -> None:
    error = _ask(_json({**_EMPTY, "warnings": ["store 2 did not answer"]}))
    assert str(error) == "Prometheus answered in part: store 2 did not answer"


def test_too_many_requests_are_for_later() -> None:
    respond = _json({}, 429, Retry_After="120")
    with _answering(respond) as (url, _), _client(url) as client, pytest.raises(Later) as caught:
        client.instant("up", NOW)
    assert caught.value.seconds == 120


def test_a_proxy_that_stumbles_is_asked_again() -> None:
    answers = iter([(502, b"bad gateway"), (503, b""), (200, json.dumps(_EMPTY).encode())])

    def respond(handler: _Handler) -> None:
        status, body = next(answers)
        handler.reply(body, status)

    with _answering(respond) as (url, handler), _client(url) as client:
        assert client.instant("up", NOW) == []
        assert len(handler.asked) == 3


def test_a_query_that_took_too_long_is_not_asked_again() -> None:
    said = {"status": "error", "errorType": "timeout", "error": "query timed out"}
    with _answering(_json(said, 503)) as (url, handler), _client(url) as client:
        with pytest.raises(PrometheusError, match="timeout: query timed out"):
            client.instant("up", NOW)
        assert len(handler.asked) == 1


def test_silence_ends() -> None:
    done = threading.Event()
    started = time.monotonic()
    error = _ask(lambda _: done.wait(1.0), timeout=0.2)  # type: ignore[arg-type]
    done.set()
    assert "did not answer within 0.2 seconds" in str(error)
    assert time.monotonic() - started < 3


def test_a_trickle_ends() -> None:
    def respond(handler: _Handler) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            for _ in range(100):
                handler.wfile.write(b" ")
                time.sleep(0.02)
        except OSError:
            return

    started = time.monotonic()
    error = _ask(respond, timeout=0.3)
    assert "did not answer within 0.3 seconds" in str(error)
    assert time.monotonic() - started < 1.5


def test_an_answer_without_end_is_too_much() -> None:
    def respond(handler: _Handler) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b" " * 65_536)
        except OSError:
            return

    assert isinstance(_ask(respond), TooMuchError)


def test_a_range_that_is_too_much_is_asked_in_halves() -> None:
    def respond(handler: _Handler) -> None:
        start, end, step = (int(handler.argument(name)) for name in ("start", "end", "step"))
        times = range(start, end + 1, step)
        values = [[t, "1"] for t in times]
        if len(times) > 600:
            said = {"status": "error", "errorType": "execution", "error": "too many samples"}
            _json(said, 422)(handler)
            return
        data = {"resultType": "matrix", "result": [{"metric": {}, "values": values}]}
        _json({"status": "success", "data": data})(handler)

    grid = Grid(start=0, step=300, points=4_032)
    with _answering(respond) as (url, _), _client(url) as client:
        seen = [t for series in client.range("up", grid) for t, _ in series.values]
    assert seen == list(range(0, 4_032 * 300, 300))


def test_no_more_points_than_prometheus_allows(prometheus: Prometheus) -> None:
    end = int(NOW.timestamp())
    grid = Grid(start=end - 20_000 * 60, step=60, points=20_001)
    seen = [t for series in prometheus.range("vector(1)", grid) for t, _ in series.values]
    assert seen == list(range(grid.start, end + 1, 60))


def test_numbers_that_are_none_arrive(prometheus: Prometheus) -> None:
    values = [prometheus.instant(q, NOW)[0].value[1] for q in ("vector(0/0)", "vector(-1/0)")]
    assert str(values) == "[nan, -inf]"


def test_the_wrong_query_is_told(prometheus: Prometheus) -> None:
    with pytest.raises(PrometheusError, match="parse error") as caught:
        prometheus.instant("sum(", NOW)
    assert not caught.value.down


def test_headers_go_along_and_proxies_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    headers = {"Authorization": "Bearer sesame", "X-Scope-OrgID": "shop"}
    with (
        _answering(_json(_EMPTY)) as (url, handler),
        Prometheus(f"{url}/prom/", headers=headers) as client,
    ):
        assert client.instant('up{a="b c"}', NOW) == []
    (sent,) = handler.sent
    assert (sent["Authorization"], sent["X-Scope-OrgID"]) == ("Bearer sesame", "shop")
    assert sent["Accept-Encoding"] == "identity"
    assert handler.asked[0].startswith("/prom/api/v1/query?query=up%7B")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "must begin with http"),
        ("prometheus:9090", "must begin with http"),
        ("file:///etc/passwd", "must begin with http"),
        ("http://me:secret@prometheus", "user or password"),
        ("http://prometheus/graph?g0", "end with its path"),
        ("http://prometheus:port", "is none"),
    ],
)
def test_wrong_urls(url: str, reason: str) -> None:
    with pytest.raises(PrometheusError, match=reason) as caught:
        Prometheus(url)
    assert "secret" not in str(caught.value)


def test_quoting() -> None:
    assert quoted('a"b\\c\nd') == r'"a\"b\\c\nd"'
