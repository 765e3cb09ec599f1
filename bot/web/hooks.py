"""Receiving webhooks: durable first, then the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import structlog
from fastapi import FastAPI, Request, Response

from bot.inbox import Inbox, NotStored
from bot.intake import Refused
from bot.model import Delivery

log = structlog.get_logger()

# GitHub's own cap on a payload; GitLab's are smaller.
_MOST_BODY = 25 * 1024 * 1024


def add_hook(
    app: FastAPI, path: str, read: Callable[[Mapping[str, str], bytes], Delivery], inbox: Inbox
) -> None:
    """Receive webhooks at `path`. `read` turns headers and raw body into a delivery or raises
    Refused."""

    async def receive(request: Request) -> Response:
        body = await _body(request)
        if body is None:
            return Response("the body is larger than any webhook", 413)
        try:
            delivery = read(request.headers, body)
        except Refused as error:
            log.warning("webhook_refused", status=error.status, reason=str(error))
            return Response(str(error), error.status)
        said = log.bind(delivery=delivery.id, webhook_event=delivery.event)
        if delivery.ignored:
            said.info("webhook_ignored", reason=delivery.ignored)
            return Response("ignored", 202)
        # Durable before the answer: a forge that was told "accepted" sends nothing again.
        try:
            new = await inbox.accept(delivery)
        except NotStored as error:
            said.error("webhook_not_stored", error=str(error))
            return Response("not stored; send it again", 503)
        said.info("webhook_accepted" if new else "webhook_repeated", work=len(delivery.work))
        return Response("accepted" if new else "seen before", 202)

    # A plain route: FastAPI's own would look for parameters to inject, which costs a third of it.
    app.add_route(path, receive, methods=["POST"])


async def _body(request: Request) -> bytes | None:
    """The raw body, None where it is larger than it may be."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > _MOST_BODY:
            return None
        parts.append(part)
    return b"".join(parts)
