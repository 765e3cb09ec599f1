"""Summaries by Anthropic's API, and the only import of its SDK. Made only where there is a key.

What is asked, what it may cost and what may come back is the business of `bot/summary/`.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import anthropic
import httpx2

from bot.model import Report
from bot.retry import RateLimited, Transient, retry_after
from bot.summary.breaker import Breaker
from bot.summary.claims import Claims
from bot.summary.ledger import Ledger
from bot.summary.model import Summary
from bot.summary.prompt import MAX_TOKENS, Prompt
from bot.summary.writer import Unanswered, Writer

# An answer of ours has a few KiB; nothing makes us read more.
_MOST_BYTES = 256 * 1024
# What leaves. The SDK adds more, and takes more from an environment variable.
_HEADERS = {
    "host",
    "content-length",
    "content-type",
    "accept",
    "user-agent",
    "anthropic-version",
}


class AnthropicAdvisor:
    """An Advisor that asks Anthropic's API, or one that speaks like it, at `base_url`.

    Prices are USD for a million tokens, caps are USD. The ledger file is made at the first call.
    Raises ValueError for settings that cannot be meant: no key, no model, prices of nothing (no cap
    would hold), or a key that would travel unencrypted.
    """

    def __init__(
        self,
        *,
        api_key: str,
        model: str,
        base_url: str,
        price_in: Decimal,
        price_out: Decimal,
        max_usd_per_pull: Decimal,
        max_usd_per_day: Decimal,
        deadline_seconds: float,
        ledger: Path,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if not api_key or not model:
            raise ValueError("a summary needs an API key and the name of a model")
        if price_in <= 0 or price_out <= 0:
            raise ValueError("the prices of tokens must be given: without them no cap holds")
        if not _is_private(base_url):
            raise ValueError("the API's URL must begin with https://")
        self._writer = Writer(
            ask=_Api(key=api_key, url=base_url, clock=clock),
            model=model,
            price_in=price_in,
            price_out=price_out,
            deadline=deadline_seconds,
            ledger=Ledger(ledger, per_pull=max_usd_per_pull, per_day=max_usd_per_day),
            breaker=Breaker(monotonic=monotonic),
            clock=clock,
            monotonic=monotonic,
            sleep=sleep,
        )

    def summarise(self, report: Report, pull: str = "") -> Summary:
        """A summary of the report, or why there is none. Never raises."""
        return self._writer.summarise(report, pull)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Api:
    """One request at a time, each with a client of its own."""

    key: str = field(repr=False)
    url: str
    clock: Callable[[], datetime]

    def __call__(self, question: Prompt, seconds: float) -> bytes:
        """The body of the answer. Raises Unanswered with what the SDK's errors mean."""
        try:
            return _within(seconds, lambda: self._post(question, seconds))
        except anthropic.APIStatusError as error:
            why = f"the API answered {error.status_code}"
            raise Unanswered(why, billed=False, again=self._again(error)) from error
        except (TimeoutError, anthropic.APITimeoutError) as error:
            raise Unanswered("the API did not answer in time") from error
        except anthropic.APIConnectionError as error:
            too_much = isinstance(error.__cause__, _TooMuch)
            why = "the API answers too much" if too_much else "the API cannot be reached"
            raise Unanswered(why, again=None if too_much else Transient()) from error

    def _again(self, error: anthropic.APIStatusError) -> Transient | RateLimited | None:
        asked = retry_after(error.response.headers.get("retry-after", ""), self.clock())
        if error.status_code == 429:
            return RateLimited(seconds=1.0 if asked is None else asked)
        return Transient(after=asked or 0.0) if error.status_code >= 500 else None

    async def _post(self, question: Prompt, seconds: float) -> bytes:
        """POST /v1/messages without the SDK's retries, redirects, proxies and tracing."""
        async with httpx2.AsyncClient(
            transport=_Careful(self.key), trust_env=False, follow_redirects=False
        ) as http:
            client = anthropic.AsyncAnthropic(
                api_key=self.key,
                base_url=self.url,
                http_client=http,
                timeout=seconds,
                max_retries=0,
                open_telemetry=False,
            )
            # The request of `messages.parse`. Its reading raises on an answer that was cut short,
            # and what it cost is lost; `bot/summary/claims.py` reads it instead.
            schema = anthropic.transform_schema(Claims)
            response = await client.messages.with_raw_response.create(
                model=question.model,
                max_tokens=MAX_TOKENS,
                system=question.system,
                messages=[{"role": "user", "content": question.user}],
                output_config={"format": {"type": "json_schema", "schema": schema}},
            )
            return response.http_response.content


def _within(seconds: float, call: Callable[[], Coroutine[None, None, bytes]]) -> bytes:
    """What `call` returns, or TimeoutError.

    The SDK's time-out is for each read, and a slow drip would outlast it. A task can be cancelled
    between any two bytes; its own thread is for what cannot, such as the lookup of a name.
    """
    loop = asyncio.new_event_loop()

    def run() -> None:
        loop.run_forever()
        loop.close()

    threading.Thread(target=run, name="advisor", daemon=True).start()
    answer = asyncio.run_coroutine_threadsafe(asyncio.wait_for(call(), seconds), loop)
    try:
        return answer.result(seconds + 1.0)
    finally:
        loop.call_soon_threadsafe(loop.stop)


class _TooMuch(Exception):  # noqa: N818 - told to the caller as Unanswered
    """The answer is larger than any of ours, or packed so that it could be."""


class _Careful(httpx2.AsyncHTTPTransport):
    """Sends the headers we mean and no others, and reads no more than an answer can have."""

    def __init__(self, key: str) -> None:
        super().__init__(trust_env=False)
        self._key = key

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """One exchange. Raises _TooMuch for an answer that is packed."""
        headers = {name: value for name, value in request.headers.items() if name in _HEADERS}
        headers |= {"authorization": f"Bearer {self._key}", "accept-encoding": "identity"}
        response = await super().handle_async_request(
            # A copy: the SDK reads notes to itself back from the headers of its own.
            httpx2.Request(
                request.method,
                request.url,
                headers=headers,
                stream=request.stream,
                extensions=request.extensions,
            )
        )
        if response.headers.get("content-encoding", "identity") != "identity":
            await response.aclose()
            raise _TooMuch
        assert isinstance(response.stream, httpx2.AsyncByteStream)  # noqa: S101 - an async transport
        response.stream = _Capped(response.stream)
        return response


class _Capped(httpx2.AsyncByteStream):
    """A stream that ends in _TooMuch after _MOST_BYTES."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for part in self._stream:
            size += len(part)
            if size > _MOST_BYTES:
                raise _TooMuch
            yield part

    async def aclose(self) -> None:
        """Give the connection back."""
        await self._stream.aclose()


def _is_private(url: str) -> bool:
    """Whether nobody on the way can read the key."""
    parts = urlsplit(url)
    loopback = parts.hostname in {"127.0.0.1", "::1", "localhost"}
    return bool(parts.hostname) and parts.scheme in ({"http", "https"} if loopback else {"https"})
