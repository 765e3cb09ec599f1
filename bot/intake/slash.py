"""What of a comment is said to us: the first line that begins with the slash word."""

from __future__ import annotations

import re

# Far more than any command needs; a comment may have 65,536 characters.
MOST = 1000
_SPOKEN = re.compile(r"/plumbline(?:[ \t]+(.*))?", re.IGNORECASE)
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")


def spoken(body: str) -> str | None:
    """What follows the slash word on the first line that begins with it, None where none does.

    Quoted lines begin with ">" and code in fences shows how a thing is written: neither asks.
    """
    fence = ""
    # Only what shows as a line's beginning is one: other separators would hide in a quotation.
    for line in body.replace("\r\n", "\n").split("\n"):
        if (mark := _FENCE.match(line)) is not None:
            if not fence:
                fence = mark[1]
            elif mark[1].startswith(fence) and not line.strip(" \t`~"):
                fence = ""
        elif not fence and (said := _SPOKEN.fullmatch(line.rstrip())) is not None:
            return _storable(said[1] or "")[:MOST]
    return None


def _storable(text: str) -> str:
    """Without what no database takes: NUL, and halves of characters that JSON can escape."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")
