"""One file over https: bounded in size and time, redirected only to where it might have been."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException, HTTPResponse
from types import MappingProxyType
from typing import Any
from urllib.parse import urljoin, urlsplit

from bot.render.remote.address import Allowed
from bot.render.remote.trouble import NotFetched, shown

_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_REDIRECTS = 3
_UNAUTHORIZED = 401
_PART_BYTES = 256 * 1024
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Each place has to be checked before it is asked."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


class Unauthorized(NotFetched):
    """The server wants to know who asks; `challenge` is how it says so."""

    def __init__(self, error: str, challenge: str) -> None:
        super().__init__("remote-failed", error)
        self.challenge = challenge


def get(
    url: str,
    allowed: Allowed,
    *,
    seconds: float,
    most_bytes: int,
    headers: Mapping[str, str] = _NO_HEADERS,
) -> bytes:
    """The content at `url`. Raises NotFetched. `headers` are for its host alone."""
    opener = urllib.request.build_opener(_NoRedirects)
    end = time.monotonic() + seconds
    here = url
    for _ in range(_MOST_REDIRECTS + 1):
        allowed.check(here)
        own = headers if urlsplit(here).netloc == urlsplit(url).netloc else _NO_HEADERS
        said_by_us = {"User-Agent": "plumbline", **own}
        request = urllib.request.Request(here, headers=said_by_us)  # noqa: S310 - it was checked
        try:
            with opener.open(request, timeout=max(0.1, end - time.monotonic())) as answer:
                return _content(answer, url, end, most_bytes)
        except urllib.error.HTTPError as error:
            location = error.headers.get("Location")
            if error.code not in _REDIRECTS or not location:
                said = f"{shown(here)} answers {error.code} {error.reason}"
                if error.code == _UNAUTHORIZED:
                    challenge = error.headers.get("WWW-Authenticate") or ""
                    raise Unauthorized(said, challenge) from None
                raise NotFetched("remote-failed", said) from None
            here = urljoin(here, location)
        except (OSError, HTTPException, ValueError) as error:
            reason = getattr(error, "reason", None) or error
            said = f"{shown(here)} cannot be reached: {reason}"
            raise NotFetched("remote-failed", said) from None
    raise NotFetched("remote-failed", f"{shown(url)} is redirected again and again")


def _content(answer: HTTPResponse, url: str, end: float, most_bytes: int) -> bytes:
    data = bytearray()
    # Not read(), which waits for all of it: a server may let it drip for ever.
    while part := answer.read1(_PART_BYTES):
        data += part
        if len(data) > most_bytes:
            said = f"{shown(url)} has more than {most_bytes >> 20} MiB"
            raise NotFetched("remote-too-large", said)
        if time.monotonic() > end:
            raise NotFetched("remote-failed", f"{shown(url)} takes too long")
    return bytes(data)
