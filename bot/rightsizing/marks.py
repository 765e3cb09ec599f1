"""One YAML document as a tree of where things stand, for edits that leave all else as it is.

Offsets count characters of the decoded text. Aliases stay aliases here: what they stand for is
somewhere else, and an edit through them would change it for everybody.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
)

# PyYAML's events have no common base with the fields that are read here.
_Event: TypeAlias = Any


class Form(Enum):
    """What stands at a place."""

    SCALAR = "a plain value"
    MAPPING = "a mapping"
    LIST = "a list"
    ALIAS = "an alias"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A node and where it is written: text[start:end]; `column` is that of its first character.

    `style` is a scalar's quote ("" for none, "|" and ">" for blocks); `flow` is for collections in
    braces or brackets, whose `end` is behind them. The end of a block collection is its last
    character's. `entries` are a mapping's, `items` a list's.
    """

    form: Form
    start: int
    end: int
    column: int
    text: str = ""
    style: str = ""
    anchor: str = ""
    tag: str = ""
    flow: bool = False
    entries: tuple[tuple[Spot, Spot], ...] = ()
    items: tuple[Spot, ...] = ()

    def get(self, key: str) -> tuple[Spot, Spot] | None:
        """The entry whose key is written as `key`."""
        return next((entry for entry in self.entries if entry[0].text == key), None)

    @property
    def merges(self) -> bool:
        """Whether it takes entries from elsewhere (`<<`)."""
        return any(key.text == "<<" and not key.style for key, _ in self.entries)


def document(text: str, index: int) -> Spot | None:
    """The tree of the document at `index`, None where there are fewer.

    The text must have been read without a failure by `yaml_reader.read`: its depth is bounded then.
    """
    events: Iterator[_Event] = yaml.parse(text, yaml.CSafeLoader)
    at = -1
    for event in events:
        if isinstance(event, DocumentStartEvent):
            at += 1
            if at == index:
                return _spot(text, next(events), events)
    return None


def _spot(text: str, event: _Event, events: Iterator[_Event]) -> Spot:
    start, end = event.start_mark, event.end_mark
    anchor = event.anchor or ""
    if isinstance(event, AliasEvent):
        return Spot(
            form=Form.ALIAS,
            start=start.index,
            end=end.index,
            column=start.column,
            anchor=anchor,
        )
    if isinstance(event, ScalarEvent):
        # The mark of a block scalar is behind the blank lines that follow it.
        block = event.style in ("|", ">")
        stop = start.index + len(text[start.index : end.index].rstrip()) if block else end.index
        return Spot(
            form=Form.SCALAR,
            start=start.index,
            end=stop,
            column=start.column,
            text=event.value,
            style=event.style or "",
            anchor=anchor,
            tag=event.tag or "",
        )
    return _collection(text, event, events)


def _collection(text: str, opening: _Event, events: Iterator[_Event]) -> Spot:
    entries: list[tuple[Spot, Spot]] = []
    items: list[Spot] = []
    is_mapping = isinstance(opening, MappingStartEvent)
    while not isinstance(event := next(events), MappingEndEvent | SequenceEndEvent):
        first = _spot(text, event, events)
        if is_mapping:
            entries.append((first, _spot(text, next(events), events)))
        else:
            items.append(first)
    flow = bool(opening.flow_style)
    closing: _Event = event
    start, end = opening.start_mark, closing.end_mark.index
    column = start.column
    if not flow:
        # An anchor or a tag may stand before a block collection, on the line above it.
        inner = [part for entry in entries for part in entry] or items
        end = inner[-1].end if inner else start.index
        column = entries[0][0].column if entries else column
    return Spot(
        form=Form.MAPPING if is_mapping else Form.LIST,
        start=start.index,
        end=end,
        column=column,
        anchor=opening.anchor or "",
        tag=opening.tag or "",
        flow=flow,
        entries=tuple(entries),
        items=tuple(items),
    )
