"""Prometheus's HTTP API, and the only import of httpx.

Answers are bounded in time and size, and never half believed: what is not a whole, well-formed
answer is an error that says what to do about it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Annotated, Literal

import httpx
from pydantic import BaseModel, Field, ValidationError

from bot.retry import Policy, RateLimited, Transient, retry_after

# Prometheus refuses more points a series in one answer.
MOST_POINTS = 11_000
_CHUNK_POINTS = 2_016
_LEAST_CHUNK = 24
_MAX_BYTES = 32 * 1024 * 1024
_SHOWN = 300
_BUSY = frozenset({502, 503, 504})


class PrometheusError(Exception):
    """Prometheus did not give an answer that can be used; says why, and the remedy.

    `down` says that another query would fare no better.
    """

    def __init__(
        self, message: str, *, down: bool = False, meaning: Transient | RateLimited | None = None
    ) -> None:
        super().__init__(message)
        self.down, self.meaning = down, meaning


class TooMuchError(PrometheusError):
    """The answer is larger than what is read; a shorter range may do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """The instants of a range query: `points` of them, `step` seconds apart, from `start` on."""

    start: int
    step: int
    points: int

    @property
    def end(self) -> int:
        """The last instant."""
        return self.start + (self.points - 1) * self.step

    def index(self, instant: float) -> int:
        """The number of the point at `instant`."""
        return round((instant - self.start) / self.step)

    def parts(self, size: int) -> Iterator[Grid]:
        """The same instants in grids of at most `size` points."""
        for first in range(0, self.points, size):
            points = min(size, self.points - first)
            yield Grid(start=self.start + first * self.step, step=self.step, points=points)


class Series(BaseModel):
    """One series of a range: `values` are (Unix seconds, value); a value may be NaN or infinite."""

    metric: dict[str, str]
    values: list[tuple[float, float]] = []


class Sample(BaseModel):
    """One series at an instant."""

    metric: dict[str, str]
    value: tuple[float, float]


class _Matrix(BaseModel):
    kind: Literal["matrix"] = Field(alias="resultType")
    result: list[Series]


class _Vector(BaseModel):
    kind: Literal["vector"] = Field(alias="resultType")
    result: list[Sample]


class _Good(BaseModel):
    status: Literal["success"]
    data: Annotated[_Matrix | _Vector, Field(discriminator="kind")]
    warnings: list[str] = []


class _Bad(BaseModel):
    status: Literal["error"]
    kind: str = Field("", alias="errorType")
    error: str = ""


class Prometheus:
    """One Prometheus, or what answers like it. Safe to use from several threads; close it."""

    def __init__(
        self,
        url: str,
        *,
        timeout: float = 30.0,
        headers: Mapping[str, str] | None = None,
        max_bytes: int = _MAX_BYTES,
        policy: Policy | None = None,
    ) -> None:
        """`url` is its address, with the path it is served under; `timeout` are the seconds that a
        whole query may take. `headers` go with every query (Authorization, X-Scope-OrgID).

        Raises PrometheusError for a URL that is none, or that carries a password.
        """
        self._url = _checked(url)
        self._timeout = timeout
        self._max_bytes = max_bytes
        self._policy = policy or Policy(classify=_classify, attempts=3, budget=10.0)
        self._client = httpx.Client(
            # Compressed answers could be far larger than they look.
            headers={"Accept-Encoding": "identity", **(headers or {})},
            timeout=timeout,
            follow_redirects=False,
            trust_env=False,
        )

    def __enter__(self) -> Prometheus:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def instant(self, query: str, at: datetime) -> list[Sample]:
        """The value of every series of `query` at an instant. Raises PrometheusError."""
        data = self._ask("query", {"query": query, "time": f"{at.timestamp():.3f}"})
        if not isinstance(data, _Vector):
            raise PrometheusError(f"Prometheus answered with a range where none was asked: {query}")
        return data.result

    def range(self, query: str, grid: Grid) -> Iterator[Series]:
        """Every series of `query` over a grid, a part of the time after the other: a series comes
        again for each part. Raises PrometheusError."""
        for part in grid.parts(min(_CHUNK_POINTS, MOST_POINTS)):
            yield from self._part(query, part)

    def _part(self, query: str, grid: Grid) -> Iterator[Series]:
        span = {"start": str(grid.start), "end": str(grid.end), "step": str(grid.step)}
        try:
            data = self._ask("query_range", {"query": query, **span})
        except TooMuchError:
            if grid.points < 2 * _LEAST_CHUNK:
                raise
            for half in grid.parts((grid.points + 1) // 2):
                yield from self._part(query, half)
            return
        if not isinstance(data, _Matrix):
            raise PrometheusError(f"Prometheus did not answer with a range: {query}")
        yield from data.result

    def _ask(self, path: str, parameters: Mapping[str, str]) -> _Matrix | _Vector:
        asked = {**parameters, "timeout": f"{self._timeout:.0f}s"}
        return self._policy.idempotent(lambda: self._once(path, asked))

    def _once(self, path: str, parameters: Mapping[str, str]) -> _Matrix | _Vector:
        deadline = time.monotonic() + self._timeout
        try:
            with self._client.stream(
                "GET", f"{self._url}/api/v1/{path}", params=dict(parameters)
            ) as answer:
                body = self._read(answer, deadline)
        except httpx.TimeoutException as error:
            raise self._late() from error
        except httpx.HTTPError as error:
            message = (
                f"Prometheus at {self._url} cannot be reached: {error or type(error).__name__}"
            )
            raise PrometheusError(message, down=True, meaning=Transient()) from error
        if answer.status_code != httpx.codes.OK:
            raise self._refused(answer, body)
        return _parsed(body)

    def _read(self, answer: httpx.Response, deadline: float) -> bytes:
        """The body, as far as time and size allow; httpx only bounds the wait for each piece."""
        parts: list[bytes] = []
        size = 0
        for part in answer.iter_raw():
            parts.append(part)
            size += len(part)
            if size > self._max_bytes:
                raise TooMuchError(
                    f"an answer of Prometheus is over {self._max_bytes:,} bytes: a namespace has"
                    " more series than can be read"
                )
            if time.monotonic() > deadline:
                raise self._late()
        return b"".join(parts)

    def _late(self) -> PrometheusError:
        return PrometheusError(
            f"Prometheus at {self._url} did not answer within {self._timeout:g} seconds: raise"
            " PLUMBLINE_PROMETHEUS_TIMEOUT, or give it more memory and CPU"
        )

    def _refused(self, answer: httpx.Response, body: bytes) -> PrometheusError:
        code = answer.status_code
        if answer.is_redirect:
            return PrometheusError(
                f"Prometheus at {self._url} answered with a redirect ({code}), which is not"
                " followed: set PLUMBLINE_PROMETHEUS_URL to where it leads",
                down=True,
            )
        if code in (401, 403):
            return PrometheusError(
                f"Prometheus at {self._url} refused our credentials ({code}): set"
                " PLUMBLINE_PROMETHEUS_TOKEN",
                down=True,
            )
        said = _said(body)
        if "too many samples" in said:
            return TooMuchError(f"Prometheus at {self._url} answered {code}: {said}")
        if code == httpx.codes.TOO_MANY_REQUESTS:
            header = answer.headers.get("Retry-After", "")
            seconds = retry_after(header, datetime.now(UTC))
            meaning: Transient | RateLimited | None = RateLimited(seconds=seconds or 5.0)
        else:
            # Prometheus says itself that a query took too long; the next try would as well.
            meaning = Transient() if code in _BUSY and not said else None
        message = f"Prometheus at {self._url} answered {code}: {said or 'not with its API'}"
        return PrometheusError(message, down=not said, meaning=meaning)


def quoted(value: str) -> str:
    """A label's value as PromQL writes it."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _classify(error: BaseException) -> Transient | RateLimited | None:
    return error.meaning if isinstance(error, PrometheusError) else None


def _checked(url: str) -> str:
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise PrometheusError(f"the URL of Prometheus is none: {error}", down=True) from error
    if parts.scheme not in ("http", "https") or not parts.host:
        raise PrometheusError(
            "the URL of Prometheus must begin with http:// or https://", down=True
        )
    if parts.userinfo:
        raise PrometheusError(
            "the URL of Prometheus has a user or password in it: set PLUMBLINE_PROMETHEUS_TOKEN",
            down=True,
        )
    if parts.query or parts.fragment:
        raise PrometheusError("the URL of Prometheus must end with its path", down=True)
    return str(parts).rstrip("/")


def _said(body: bytes) -> str:
    """What Prometheus itself says about a failure, "" where the answer is not its own."""
    try:
        bad = _Bad.model_validate_json(body)
    except ValidationError:
        return ""
    return f"{bad.kind}: {bad.error}"[:_SHOWN]


def _parsed(body: bytes) -> _Matrix | _Vector:
    try:
        good = _Good.model_validate_json(body)
    except ValidationError as error:
        where = ".".join(str(step) for step in error.errors()[0]["loc"][:4])
        raise PrometheusError(
            f"what Prometheus answered is not its API's JSON (at {where or 'the start'}): is the"
            " URL right?",
            down=True,
        ) from error
    if good.warnings:
        # A query over several stores says so when one of them is missing.
        raise PrometheusError(f"Prometheus answered in part: {good.warnings[0][:_SHOWN]}")
    return good.data
