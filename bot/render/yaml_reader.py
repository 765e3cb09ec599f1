"""One YAML file into its documents, whatever is in it.

Read from the parser's events, not its nodes: the C composer recurses and dies of deep nesting,
while a stream can be stopped at any depth and keeps what came before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import takewhile

from yaml import YAMLError

from bot.render.build import Builder, Document, Refused
from bot.render.explain import Trouble, explained, not_allowed, undecodable
from bot.render.failures import failure
from bot.render.limits import DEFAULT, Limits
from bot.render.line_numbers import LineNumbers
from checks.model import RenderFailure

__all__ = ["Document", "read"]

_BOM = b"\xef\xbb\xbf"
# "---" at the start of a line begins a document whatever stands before it (YAML 1.2, 9.1.2).
_MARKER = re.compile(rb"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)
# The characters that libyaml refuses, and the bytes that are surely in none of them.
_NOT_ALLOWED = re.compile(
    rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\xc2[\x80-\x84\x86-\x9f]|\xef\xbf[\xbe\xbf]"
)
_FINE = bytes(byte for byte in range(128) if byte in b"\t\n\r" or 32 <= byte < 127)


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
        self._lines = LineNumbers(data)
        # Searching costs more than this test, which nearly every file passes.
        self._suspicious = bool(data.translate(None, _FINE))
        self.documents: list[Document] = []
        self.failures: list[RenderFailure] = []

    def read(self) -> None:
        start: int | None = 0
        while start is not None:
            start = self._read_from(start, len(self._data))
            if start is not None and len(self.failures) >= self._limits.max_failures_per_file:
                error = f"{len(self.failures)} documents are broken; from here on nothing was read"
                self._fail(Trouble("yaml-syntax", self._lines.at(start), error))
                return

    def _read_from(self, start: int, end: int) -> int | None:
        """Read data[start:end]; the offset to go on at after something broke, None at the end."""
        bad = _NOT_ALLOWED.search(self._data, start, end) if self._suspicious else None
        if bad is None:
            trouble = self._parse(start, end)
        else:
            # The parser checks bytes a buffer ahead, and would lose the documents before this one.
            before = takewhile(lambda marker: marker[0] <= bad.start(), self._markers(start))
            earlier = max((offset for offset, _ in before), default=None)
            if earlier is not None:
                return self._read_from(start, earlier) or earlier
            trouble = not_allowed(bad.group(), self._lines.at(bad.start()))
        if trouble is None:
            return None
        self._fail(trouble)
        stopped = max(trouble.line, trouble.stopped)
        return next((m for m, line in self._markers(start) if line >= stopped), None)

    def _parse(self, start: int, end: int) -> Trouble | None:
        """Read data[start:end] up to what is broken in it."""
        line_at = self._lines.table(start)
        builder = Builder(self._data[start:end], line_at, self._limits)
        try:
            builder.run()
        except Refused as no:
            return Trouble(no.code, no.line, no.error)
        except YAMLError as error:
            return explained(error, self._data, line_at)
        finally:
            self.documents += builder.documents
        return None

    def _markers(self, start: int) -> Iterator[tuple[int, int]]:
        """(offset, line) of every place after `start` at which a document begins."""
        at, line = start, self._lines.at(start)
        for found in _MARKER.finditer(self._data, start + 1):
            line += self._data.count(b"\n", at, found.start())
            at = found.start()
            yield at, line

    def _fail(self, trouble: Trouble) -> None:
        said = failure(trouble.code, self._path, trouble.line, trouble.error, trouble.remedy)
        # What breaks at a marker may break there again when reading goes on from it.
        if said not in self.failures[-1:]:
            self.failures.append(said)
