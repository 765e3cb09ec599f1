"""Marks: comments that a second rendering carries from each line of a template to its output.

A line of a template that is a YAML key or item gets a comment with its file and line. Where the
marked output without its marks is the real output, the marks tell where each line of it is from.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

# A key or an item of YAML; anything else may be text that a template goes on to work with.
_LINE = re.compile(
    r"""\s*(?:-\s+)*(?:[^\s#:{}"'-][^\s:]*|"[^"]*"|'[^']*'|\{\{.*?\}\}\S*)\s*:(?=\s|$)|\s*-\s"""
)
_MARK = re.compile(r" #@(\d{1,4}):(\d{1,6})@")
_OPEN, _CLOSE = "{{", "}}"


def marked(text: str, number: int) -> str:
    """The template with a mark on each line that can have one; `number` stands for its file."""
    lines = text.split("\n")
    inside = False
    for index, line in enumerate(lines):
        began_inside = inside
        inside = _left_open(line, inside)
        if began_inside or inside or not _LINE.match(line):
            continue
        bare = line.removesuffix("\r")
        lines[index] = f"{bare} #@{number}:{index + 1}@{line[len(bare) :]}"
    return "\n".join(lines)


def _left_open(line: str, inside: bool) -> bool:
    """Whether an action of the template goes on after this line."""
    last_open, last_close = line.rfind(_OPEN), line.rfind(_CLOSE)
    if last_open == last_close == -1:
        return inside
    return last_open > last_close


def places(real: str, with_marks: str) -> Sequence[tuple[int, int] | None]:
    """(file's number, line) of each line of the real output, None where the marks do not tell."""
    ours, theirs = real.split("\n"), with_marks.split("\n")
    if len(ours) != len(theirs):
        return [None] * len(ours)
    return [_place(one, other) for one, other in zip(ours, theirs, strict=True)]


def _place(real: str, with_marks: str) -> tuple[int, int] | None:
    found = list(_MARK.finditer(with_marks))
    if not found or not _same(real, _MARK.sub("", with_marks)):
        return None
    # A template that is included puts its own mark before that of the line that includes it.
    return int(found[-1][1]), int(found[-1][2])


def _same(real: str, other: str) -> bool:
    """Whether it is one line; what is random differs after the key."""
    real, other = real.rstrip(), other.rstrip()
    key = real.partition(":")[0]
    return real == other or (":" in real and other.startswith(f"{key}:"))
