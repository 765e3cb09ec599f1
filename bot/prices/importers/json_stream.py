"""A JSON document member by member: a price list has gigabytes, a member of it a few kilobytes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

from bot.config_file import ConfigError

_PIECE = 1 << 16
# A single member larger than this is no price.
_LARGEST = 8 << 20
_SOLID = re.compile(r"[^ \t\r\n]")
_MARK = re.compile(r'["{}\[\]]')
_STRING_END = re.compile(r'["\\]')


def members(path: Path, at: Sequence[str], piece: int = _PIECE) -> Iterator[tuple[int, str, Any]]:
    """(line, key, value) of each member of the object at a path of keys, or (line, "", item) of
    each item of the array there. Everything beside it is skipped without being built; `piece`
    characters are read at a time.

    Raises ConfigError where the file is no JSON, or has nothing at that path.
    """
    with path.open(encoding="utf-8-sig") as file:
        cursor = _Cursor(path, file, piece)
        for key in at:
            if not cursor.enter(key):
                where = ".".join(at)
                raise ConfigError(str(path), 1, f"there is no {where!r}; is this another format?")
        yield from cursor.members()


class _Cursor:
    """A place in a JSON text of which a piece is in memory."""

    def __init__(self, path: Path, file: TextIO, piece: int) -> None:
        self._path, self._file, self._piece = path, file, piece
        self._text, self._at = "", 0
        # How many lines begin before `_counted`.
        self._line, self._counted = 1, 0

    def enter(self, key: str) -> bool:
        """Into the value of a key of the object that comes; False where it has no such key."""
        if self._next() != "{":
            raise self._wrong("expected an object")
        self._at += 1
        while self._next() != "}":
            name = self._value()
            self._expect(":")
            if name == key:
                return True
            self._skip()
            self._comma("}")
        return False

    def members(self) -> Iterator[tuple[int, str, Any]]:
        """What is in the object or array that comes."""
        opened = self._next()
        closing = {"{": "}", "[": "]"}.get(opened)
        if closing is None:
            raise self._wrong("expected an object or an array")
        self._at += 1
        while self._next() != closing:
            line = self._here()
            key = ""
            if opened == "{":
                key = str(self._value())
                self._expect(":")
            self._next()
            yield line, key, self._value()
            self._comma(closing)
        self._at += 1

    def _next(self) -> str:
        """The next character that is no space; the cursor stands on it."""
        while True:
            found = _SOLID.search(self._text, self._at)
            self._at = len(self._text) if found is None else found.start()
            if found is not None:
                return found[0]
            if not self._more():
                raise self._wrong("the file ends too early")

    def _expect(self, char: str) -> None:
        if self._next() != char:
            raise self._wrong(f"expected {char!r}")
        self._at += 1

    def _comma(self, closing: str) -> None:
        if self._next() == ",":
            self._at += 1
        elif self._text[self._at] != closing:
            raise self._wrong(f"expected ',' or {closing!r}")

    def _value(self) -> Any:
        decoder = json.JSONDecoder(parse_float=str)
        while True:
            self._next()
            try:
                value, end = decoder.raw_decode(self._text, self._at)
            except (json.JSONDecodeError, RecursionError) as error:
                if isinstance(error, RecursionError) or not self._more():
                    raise self._wrong("this is no JSON") from error
                continue
            # A number at the end of the piece may go on in the next.
            if end < len(self._text) or not self._more():
                self._at = end
                return value

    def _skip(self) -> None:
        """Over a value of any size, without keeping it."""
        if self._next() not in "{[":
            self._value()
            return
        depth = 0
        while True:
            found = _MARK.search(self._text, self._at)
            if found is None:
                self._at = len(self._text)
                if not self._more():
                    raise self._wrong("the file ends too early")
                continue
            self._at = found.end()
            if found[0] == '"':
                self._skip_string()
                continue
            depth += 1 if found[0] in "{[" else -1
            if depth == 0:
                return

    def _skip_string(self) -> None:
        while True:
            found = _STRING_END.search(self._text, self._at)
            escaped = found is not None and found[0] == "\\"
            if found is None or (escaped and found.end() == len(self._text)):
                self._at = len(self._text) if found is None else found.start()
                if not self._more():
                    raise self._wrong("the file ends too early")
                continue
            self._at = found.end() + escaped
            if not escaped:
                return

    def _more(self) -> bool:
        """One more piece into memory, and out of it what lies behind the cursor."""
        self._here()
        rest = self._text[self._at :]
        if len(rest) > _LARGEST:
            raise self._wrong(f"a value has more than {_LARGEST:,} characters")
        try:
            piece = self._file.read(max(self._piece, len(rest)))
        except UnicodeDecodeError as error:
            raise self._wrong("the file is not UTF-8") from error
        self._text, self._at, self._counted = rest + piece, 0, 0
        return bool(piece)

    def _wrong(self, said: str) -> ConfigError:
        return ConfigError(str(self._path), self._here(), said)

    def _here(self) -> int:
        """The line on which the cursor stands."""
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line
