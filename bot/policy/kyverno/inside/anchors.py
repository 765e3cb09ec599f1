"""Anchors of patterns: (name), =(name), ^(name), X(name), <(name) and +(name)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

_FORM = re.compile(r"([+<=X^])?\((.+)\)")


class Anchor(NamedTuple):
    """The sign before the parentheses, "" for a condition, and the field."""

    sign: str
    key: str


@lru_cache(maxsize=4096)
def parse(text: str) -> Anchor | None:
    """The anchor that a key is, None for a plain key."""
    found = _FORM.fullmatch(text.strip())
    return Anchor(found[1] or "", found[2]) if found else None


def without(path: str) -> str:
    """A path ("/spec/=(hostPID)") without its anchors."""
    steps = path.split("/")
    if not steps[0]:
        steps = steps[1:]
    plain = [anchor.key if (anchor := parse(step)) else step for step in steps]
    joined = "/".join(step for step in plain if step not in ("", "."))
    return "/" + joined if path.startswith("/") else joined
