"""Kyverno's wildcards: `*` for any text, `?` for one character."""

from __future__ import annotations


def matches(pattern: str, text: str) -> bool:
    """Whether a text fits a pattern. An empty pattern fits the empty text only."""
    if pattern in ("*", text):
        return True
    if not has_wildcard(pattern):
        return False
    return _matches(pattern, text)


def has_wildcard(text: str) -> bool:
    """Whether a text has `*` or `?`."""
    return "*" in text or "?" in text


def _matches(pattern: str, text: str) -> bool:
    """In time that grows with both lengths at most: only the last `*` is ever gone back to."""
    at = here = again = 0
    star = -1
    while here < len(text):
        if at < len(pattern) and pattern[at] == "*":
            star, again = at, here
            at += 1
        elif at < len(pattern) and pattern[at] in ("?", text[here]):
            at += 1
            here += 1
        elif star >= 0:
            again += 1
            at, here = star + 1, again
        else:
            return False
    return all(char == "*" for char in pattern[at:])
