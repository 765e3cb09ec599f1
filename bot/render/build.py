"""Parser events into values and their lines, in one pass, with every cap counted on the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from yaml._yaml import CParser
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

from bot.render.limits import Limits
from bot.render.scalars import (
    CONSTANTS,
    MAX_NUMBER,
    NUMERIC,
    TagError,
    key_text,
    number,
    plain_key,
    tagged,
)
from checks.model import Lines, Node

# PyYAML's events have no common base with the fields that are read here.
_Event: TypeAlias = Any
# A plain key longer than this is text, and not worth a place in the cache of keys.
_LONG_KEY = 200


class Refused(Exception):  # noqa: N818 - a verdict on one document, not a fault
    """A document that must not be used: why, and the line (from 1) where that was found."""

    def __init__(self, code: str, line: int, error: str) -> None:
        super().__init__(error)
        self.code = code
        self.line = line
        self.error = error


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One YAML document. `lines` is shaped like `value`; `line` is where its content begins.

    A collection's line is that of its key. `oddity` is what in the document JSON, and so
    Kubernetes, cannot express (`.nan`, a null key), with its line; None where there is no such.
    """

    value: Node
    lines: Lines
    line: int
    oddity: tuple[int, str] | None = None


class Builder:
    """The documents of one run of the parser.

    `line_at` maps the parser's line numbers to the file's; `documents` are those read so far.
    """

    def __init__(self, data: bytes, line_at: Sequence[int], limits: Limits) -> None:
        self._take: Callable[[], _Event] = CParser(data).get_event
        self._line_at = line_at
        self._limits = limits
        self._anchors: dict[str, tuple[Node, Lines, int]] = {}
        # Nodes of the document so far as a serialiser would count them, and how many of those are
        # there through aliases alone.
        self._nodes = 0
        self._aliased = 0
        self._oddity: tuple[int, str] | None = None
        self.documents: list[Document] = []

    def run(self) -> None:
        """Read to the end. Raises YAMLError or Refused where it must stop; what was read stays."""
        while (event := self._take()).__class__ is not StreamEndEvent:
            if event.__class__ is DocumentStartEvent:
                self.documents.append(self._document())

    def _document(self) -> Document:
        self._anchors = {}
        self._oddity = None
        event: Any = self._take()
        line = self._line_at[event.start_mark.line]
        value, lines = self._node(event, 1, line)
        return Document(value=value, lines=lines, line=line, oddity=self._oddity)

    def _node(self, event: _Event, depth: int, line: int) -> tuple[Node, Lines]:
        """The node that begins with `event`; a collection is said to be at `line`."""
        kind = event.__class__
        if kind is ScalarEvent:
            return self._scalar(event), self._line_at[event.start_mark.line]
        if kind is AliasEvent:
            return self._alias(event)
        if depth > self._limits.max_depth:
            at = self._line_at[event.start_mark.line]
            raise Refused("too-deep", at, f"nested deeper than {self._limits.max_depth} levels")
        before = self._nodes
        read = self._mapping if kind is MappingStartEvent else self._sequence
        value, children = read(depth)
        lines = (line, children)
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, lines, self._nodes - before)
        return value, lines

    def _mapping(self, depth: int) -> tuple[dict[str, Node], dict[str, Lines]]:
        # The hot loop: it holds what nearly every line of a manifest needs, the rest is called.
        take, line_at = self._take, self._line_at
        values: dict[str, Node] = {}
        lines: dict[str, Lines] = {}
        own: set[str] | None = None
        while (event := take()).__class__ is not MappingEndEvent:
            line = line_at[event.start_mark.line]
            key: str | None
            if event.__class__ is not ScalarEvent or event.tag is not None:
                key = self._odd_key(event, depth, line)
            elif not event.implicit[0]:
                key = event.value
            elif event.value == "<<":
                own = set(values) if own is None else own
                self._merge(values, lines, depth, line)
                continue
            else:
                text = event.value
                key = plain_key(text) if len(text) < _LONG_KEY else text
            if key is None:
                key = self._null_key(line)
            if key in values and (own is None or key in own):
                raise _twice(key, line, lines[key])
            if own is not None:
                own.add(key)
            event = take()
            kind = event.__class__
            if kind is ScalarEvent:
                values[key] = self._scalar(event)
                lines[key] = line_at[event.start_mark.line]
            else:
                values[key], lines[key] = self._node(event, depth + 1, line)
        self._nodes += len(values) + 1
        return values, lines

    def _sequence(self, depth: int) -> tuple[list[Node], list[Lines]]:
        take, line_at = self._take, self._line_at
        values: list[Node] = []
        lines: list[Lines] = []
        while (event := take()).__class__ is not SequenceEndEvent:
            value, at = self._node(event, depth + 1, line_at[event.start_mark.line])
            values.append(value)
            lines.append(at)
        self._nodes += len(values) + 1
        return values, lines

    def _scalar(self, event: _Event) -> Node:
        value: Node = event.value
        if event.implicit[0]:
            if event.value[:1] not in NUMERIC:
                value = CONSTANTS.get(event.value, value)
            elif len(event.value) <= MAX_NUMBER:
                value = number(event.value)
                if value.__class__ is float and value - value != 0.0:
                    self._odd(event, f"{event.value} is no number in JSON")
        elif event.tag is not None:
            value = self._tagged(event)
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, self._line_at[event.start_mark.line], 1)
        return value

    def _tagged(self, event: _Event) -> Node:
        try:
            return tagged(event.tag, event.value)
        except TagError as error:
            self._odd(event, str(error))
            return str(event.value)

    def _alias(self, event: _Event) -> tuple[Node, Lines]:
        line = self._line_at[event.start_mark.line]
        known = self._anchors.get(event.anchor)
        if known is None:
            error = f"the alias *{event.anchor} stands for no anchor that ends before it"
            raise Refused("yaml-syntax", line, error)
        value, lines, size = known
        self._nodes += size
        self._aliased += size
        if self._aliased > self._limits.max_alias_nodes:
            error = f"its aliases stand for more than {self._limits.max_alias_nodes:,} nodes"
            raise Refused("alias-bomb", line, error)
        return value, lines

    def _merge(
        self, values: dict[str, Node], lines: dict[str, Lines], depth: int, line: int
    ) -> None:
        """Take `<<` as go-yaml v2 does: where it stands, so that only later keys override it."""
        value, where = self._node(self._take(), depth + 1, line)
        parts = [(value, where)]
        if isinstance(value, list) and isinstance(where, tuple) and isinstance(where[1], list):
            # Of a list of mappings the earlier one wins.
            parts = list(zip(reversed(value), reversed(where[1]), strict=True))
        for part, at in parts:
            if not (isinstance(part, dict) and isinstance(at, tuple) and isinstance(at[1], dict)):
                raise Refused("yaml-syntax", line, "<< needs a mapping or a list of mappings")
            values.update(part)
            lines.update(at[1])

    def _odd_key(self, event: _Event, depth: int, line: int) -> str | None:
        """A key that is tagged, an alias or a collection; the last cannot be told in JSON."""
        value, _ = self._node(event, depth + 1, line)
        if not isinstance(value, (dict, list)):
            return key_text(value)
        self._odd(event, "a key must be a string; is a {{ template }} meant?")
        return f"(a collection on line {line})"

    def _null_key(self, line: int) -> str:
        if self._oddity is None:
            self._oddity = (line, "a key must be a string, not null")
        return "null"

    def _odd(self, event: _Event, error: str) -> None:
        if self._oddity is None:
            self._oddity = (self._line_at[event.start_mark.line], error)


def _twice(key: str, line: int, first: Lines) -> Refused:
    shown = repr(key if len(key) <= 80 else key[:79] + "…")
    before = first[0] if isinstance(first, tuple) else first
    error = f"the key {shown} is given twice; the first is on line {before}"
    return Refused("duplicate-key", line, error)
