"""Text of strangers, made safe to stand in Markdown, in a table, in a terminal.

Everything a pull request holds is hostile: a file name can carry a mention, a link, a table's end
or a terminal's control sequence.
"""

from __future__ import annotations

import re
import unicodedata

# U+2060 WORD JOINER has no width: it breaks what forges turn into links and mentions, and a
# reader does not see it.
_JOINER = "\u2060"
_PUNCTUATION = re.compile(r"([\\`*_\[\]~|])")
_LINKS = re.compile(r"([@#!](?=\w)|\$(?=[^\W\d]))|(:(?=//))|(www(?=\.))|(GH-(?=\d))", re.IGNORECASE)
_BACKTICKS = re.compile(r"`+")
# A whole path of 4,096 characters helps nobody; both its ends do.
_LONGEST = 240


def visible(text: str, longest: int = _LONGEST) -> str:
    """One line without control, format or surrogate characters; those are shown as \\u{…}."""
    if len(text) > longest:
        half = (longest - 1) // 2
        text = f"{text[:half]}…{text[-half:]}"
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(char) for char in text)


def _shown(char: str) -> str:
    category = unicodedata.category(char)
    if category in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}:
        # Bytes that are not UTF-8 reach us as lone surrogates: show the byte.
        if "\udc80" <= char <= "\udcff":
            return f"\\x{ord(char) - 0xDC00:02x}"
        return f"\\u{{{ord(char):x}}}"
    return char


def prose(text: str) -> str:
    """Plain text for the middle of a Markdown paragraph or a table cell."""
    safe = visible(text, 1000).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    safe = _PUNCTUATION.sub(r"\\\1", safe)
    return _LINKS.sub(lambda m: m.group(0) + _JOINER, safe)


def code(text: str) -> str:
    """A code span: nothing in it is interpreted."""
    safe = visible(text)
    longest = max((len(run) for run in _BACKTICKS.findall(safe)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if longest or not safe.strip() else ""
    return f"{fence}{pad}{safe}{pad}{fence}"


def cell(text: str) -> str:
    """A code span inside a table, where a bar would end the cell even in code."""
    return code(text).replace("|", "\\|")
