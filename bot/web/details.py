"""The page of a judgement, for who holds its link."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from fastapi import FastAPI, Response

from bot.web import page
from bot.web.links import Links


class Shelf(Protocol):
    """Where records are read."""

    def get(self, record_id: str) -> bytes | None:
        """The record's bytes, None where there is none."""


def add_details(app: FastAPI, links: Links, records: Shelf, clock: Callable[[], datetime]) -> None:
    """Show records at /judgements/ID to who has a signed link that is not over."""

    @app.get("/judgements/{record_id}")
    def judgement(record_id: str, expires: str = "", signature: str = "") -> Response:
        if not links.opens(record_id, expires, signature, clock()):
            said = "It was not made here, or its time is over. The check run has a fresh one."
            html, status = page.refused("This link does not open", said), 403
        elif (data := records.get(record_id)) is None:
            html, status = page.refused("Nothing here", "The record was deleted."), 404
        else:
            html, status = page.judgement(record_id, data), 200
        return Response(html, status, headers=page.HEADERS, media_type="text/html")
