"""One file over https: bounded in size and time, redirected only to where it might have been."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from http.client import HTTPException, HTTPMessage
from typing import IO
from urllib.parse import urljoin

from bot.render.remote.address import Allowed
from bot.render.remote.trouble import NotFetched, shown

_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_REDIRECTS = 3
_PART_BYTES = 256 * 1024


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Each place has to be checked before it is asked."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> None:
        return None


def get(url: str, allowed: Allowed, *, seconds: float, most_bytes: int) -> bytes:
    """The content at `url`. Raises NotFetched."""
    opener = urllib.request.build_opener(_NoRedirects)
    end = time.monotonic() + seconds
    here = url
    for _ in range(_MOST_REDIRECTS + 1):
        allowed.check(here)
        request = urllib.request.Request(here, headers={"User-Agent": "plumbline"})  # noqa: S310
        try:
            with opener.open(request, timeout=max(0.1, end - time.monotonic())) as answer:
                return _content(answer, url, end, most_bytes)
        except urllib.error.HTTPError as error:
            location = error.headers.get("Location")
            if error.code not in _REDIRECTS or not location:
                said = f"{shown(here)} answers {error.code} {error.reason}"
                raise NotFetched("remote-failed", said) from None
            here = urljoin(here, location)
        except (OSError, HTTPException, ValueError) as error:
            reason = getattr(error, "reason", None) or error
            said = f"{shown(here)} cannot be reached: {reason}"
            raise NotFetched("remote-failed", said) from None
    raise NotFetched("remote-failed", f"{shown(url)} is redirected again and again")


def _content(answer: IO[bytes], url: str, end: float, most_bytes: int) -> bytes:
    data = bytearray()
    while part := answer.read(_PART_BYTES):
        data += part
        if len(data) > most_bytes:
            said = f"{shown(url)} has more than {most_bytes >> 20} MiB"
            raise NotFetched("remote-too-large", said)
        if time.monotonic() > end:
            raise NotFetched("remote-failed", f"{shown(url)} takes too long")
    return bytes(data)
