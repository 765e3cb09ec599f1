"""One YAML file into its documents, whatever is in it.

Read from the parser's events, not its nodes: the C composer recurses and dies of deep nesting,
while a stream can be stopped at any depth and keeps what came before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

from yaml import YAMLError
from yaml.reader import ReaderError

from bot.render.build import Builder, Document, Refused
from bot.render.explain import Trouble, bad_character, explained, undecodable
from bot.render.failures import failure
from bot.render.limits import DEFAULT, Limits
from checks.model import RenderFailure

__all__ = ["Document", "read"]

_BOM = b"\xef\xbb\xbf"
# "---" at the start of a line begins a document whatever stands before it (YAML 1.2, 9.1.2).
_MARKER = re.compile(rb"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)
# What libyaml takes for line breaks. To git, editors and forges only "\n" is one.
_BREAK = re.compile(rb"\r\n|\n|\r|\xc2\x85|\xe2\x80[\xa8\xa9]")
_ODD_BREAKS = (b"\xc2\x85", b"\xe2\x80\xa8", b"\xe2\x80\xa9")


def read(
    path: str, data: bytes, limits: Limits = DEFAULT
) -> tuple[list[Document], list[RenderFailure]]:
    """The documents of a file, and what of it cannot be read. Never raises, whatever `data` is.

    A document that is refused is left out; those before and after it are read.
    """
    if len(data) > limits.max_file_bytes:
        error = f"the file has {len(data):,} bytes, more than the {limits.max_file_bytes:,} read"
        return [], [failure("too-large", path, 0, error)]
    unreadable = undecodable(path, data)
    if unreadable is not None:
        return [], [unreadable]
    file = _File(path, data.removeprefix(_BOM), limits)
    file.read()
    return file.documents, file.failures


class _File:
    """The reading of one file: parse until something breaks, go on at the next document."""

    def __init__(self, path: str, data: bytes, limits: Limits) -> None:
        self._path = path
        self._data = data
        self._limits = limits
        self._odd = data.count(b"\r") != data.count(b"\r\n") or any(b in data for b in _ODD_BREAKS)
        self.documents: list[Document] = []
        self.failures: list[RenderFailure] = []

    def read(self) -> None:
        start: int | None = 0
        while start is not None:
            start = self._read_from(start, len(self._data))
            if start is not None and len(self.failures) >= self._limits.max_failures_per_file:
                error = f"{len(self.failures)} documents are broken; from here on nothing was read"
                self._fail("yaml-syntax", self._line_of(start), error)
                return

    def _read_from(self, start: int, end: int) -> int | None:
        """Read data[start:end]; the offset to go on at after something broke, None at the end."""
        line_at = self._line_numbers(start)
        builder = Builder(self._data[start:end], line_at, self._limits)
        try:
            builder.run()
            trouble = None
        except Refused as no:
            trouble = Trouble(no.code, no.line, no.error, stopped=no.line)
        except ReaderError as error:
            # Bytes are checked a buffer ahead of the parser: what stands before is still to read.
            at = start + error.position
            before = takewhile(lambda marker: marker[0] <= at, self._markers(start))
            earlier = max((offset for offset, _ in before), default=None)
            if earlier is not None:
                return self._read_from(start, earlier) or earlier
            trouble = bad_character(error, self._line_of(at))
        except YAMLError as error:
            trouble = explained(error, self._data, line_at)
        self.documents += builder.documents
        for refused in builder.refusals:
            self._fail(refused.code, refused.line, refused.error)
        if trouble is None:
            return None
        self._fail(trouble.code, trouble.line, trouble.error, trouble.remedy)
        return next((m for m, line in self._markers(start) if line >= trouble.stopped), None)

    def _markers(self, start: int) -> Iterator[tuple[int, int]]:
        """(offset, line) of every place after `start` at which a document begins."""
        at, line = start, self._line_of(start)
        for found in _MARKER.finditer(self._data, start + 1):
            line += self._data.count(b"\n", at, found.start())
            at = found.start()
            yield at, line

    def _fail(self, code: str, line: int, error: str, remedy: str = "") -> None:
        said = failure(code, self._path, line, error, remedy)
        # What breaks at a marker may break there again when reading goes on from it.
        if said not in self.failures:
            self.failures.append(said)

    def _line_of(self, offset: int) -> int:
        return self._data.count(b"\n", 0, offset) + 1

    def _line_numbers(self, start: int) -> Sequence[int]:
        """For each line of the parser's, counted from `start`, the file's line number.

        The parser takes the end of the file for one line more; two more are on the safe side.
        """
        first = self._line_of(start)
        last = max(first, self._data.count(b"\n") + (not self._data.endswith(b"\n")))
        if not self._odd:
            return [*range(first, last + 1), last, last]
        numbers = [first]
        for found in _BREAK.finditer(self._data, start):
            numbers.append(min(numbers[-1] + found.group().endswith(b"\n"), last))
        return [*numbers, last, last]
