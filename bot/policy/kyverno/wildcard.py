"""Kyverno's wildcards: `*` for any text, `?` for one character, and `.` too.

A copy of the algorithm, not of its idea: it goes back to the last `?` and the last `*` only, and
compares bytes.
"""

from __future__ import annotations


def matches(pattern: str, text: str) -> bool:
    """Whether a text fits a pattern. An empty pattern fits the empty text only."""
    if not pattern:
        return not text
    if pattern in ("*", text):
        return True
    if not any(char in pattern for char in "*?."):
        return False
    return _matches(pattern.encode("utf-8", "surrogatepass"), text.encode("utf-8", "surrogatepass"))


def has_wildcard(text: str) -> bool:
    """Whether a text has `*` or `?`."""
    return "*" in text or "?" in text


def _matches(pattern: bytes, text: bytes) -> bool:
    at = here = last_star = last_mark = marked = 0
    star = mark = -1
    while here < len(text):
        if at >= len(pattern):
            if star == -1:
                return False
            last_star += 1
            at, here = star + 1, last_star
            continue
        char = pattern[at]
        if char == 0x2A:  # *
            star, last_star = at, here
            at += 1
            continue
        if char == 0x3F:  # ?
            mark, last_mark, marked = at, here, text[here]
        elif char != 0x2E:  # not .
            if char != text[here]:
                if mark != -1:
                    at, here, mark = mark + 1, last_mark, -1
                elif star != -1:
                    last_star += 1
                    at, here = star + 1, last_star
                else:
                    return False
                continue
            if mark != -1 and marked != text[here]:
                mark = -1
        at += 1
        here += 1
    return all(char in b"*?" for char in pattern[at:])
