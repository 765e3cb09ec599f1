"""Which line of a file something is on: for git, editors and people only "\\n" ends a line."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from functools import cached_property

# What libyaml takes for line breaks besides.
_BREAK = re.compile(rb"\r\n|\n|\r|\xc2\x85|\xe2\x80[\xa8\xa9]")
_ODD = (b"\xc2\x85", b"\xe2\x80\xa8", b"\xe2\x80\xa9")
# A parser takes the end of a file for one line more; two more are on the safe side.
BEYOND = 2


class LineNumbers:
    """The line numbers, from 1, of one file's bytes."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._last = max(1, data.count(b"\n") + (not data.endswith(b"\n")))

    def at(self, offset: int) -> int:
        """The line that the byte at `offset` is on."""
        return self._data.count(b"\n", 0, offset) + 1

    def table(self, start: int) -> Sequence[int]:
        """The number of each line that a parser finds in data[start:], and BEYOND more of the last.

        `start` is the beginning of a line.
        """
        first = self.at(start)
        if not self._is_odd:
            numbers: Sequence[int] = range(first, self._last + 1)
        else:
            ends, after = self._breaks
            numbers = [first, *after[bisect_left(ends, start + 1) :]]
        return [*numbers, *[self._last] * BEYOND]

    @cached_property
    def _is_odd(self) -> bool:
        """Whether the parser's lines may be others than these."""
        data = self._data
        return data.count(b"\r") != data.count(b"\r\n") or any(odd in data for odd in _ODD)

    @cached_property
    def _breaks(self) -> tuple[list[int], list[int]]:
        """For each of the parser's line breaks: where it ends, and the number of the line there."""
        ends: list[int] = []
        numbers: list[int] = []
        line = 1
        for found in _BREAK.finditer(self._data):
            line = min(line + found.group().endswith(b"\n"), self._last)
            ends.append(found.end())
            numbers.append(line)
        return ends, numbers
