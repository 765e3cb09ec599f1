"""A record as a page. HTML is escaped by the template engine; nothing in it runs."""

from __future__ import annotations

import json
from functools import cache

import jinja2

from bot.data import data_root

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
}


def judgement(record_id: str, data: bytes) -> str:
    """The page of a record."""
    return _environment().get_template("judgement.html.j2").render(id=record_id, r=json.loads(data))


def refused(title: str, message: str) -> str:
    """A page that says why there is nothing to see."""
    return _environment().get_template("refused.html.j2").render(title=title, message=message)


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(data_root() / "templates"),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
