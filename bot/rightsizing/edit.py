"""Values of a YAML file set in place: only the characters that say them are replaced.

Comments, order, quotes, line ends and indentation stay. What comes out is read again and compared
with what went in: an edit that changed anything else is refused, never committed.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.render.build import Document
from bot.render.scalars import plain
from bot.render.yaml_reader import read
from bot.rightsizing.marks import Form, Spot, document
from checks.model import Node, Patch, Pointer

_BOM = b"\xef\xbb\xbf"
# What is safe without quotes wherever it stands, as long as YAML takes it for a string.
_BARE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._/-]*[A-Za-z0-9])?")
_STEP = 2


class EditRefused(Exception):  # noqa: N818 - a verdict on one edit, not a fault
    """The edit cannot be made without changing something else. Says where and why, for people."""


def apply(data: bytes, index: int, patches: Sequence[Patch], path: str = "the file") -> bytes:
    """`data` with the patches' values set in its document number `index` (from 0).

    Missing mappings on the way are made; lists are never made longer. Raises EditRefused.
    """
    before = _documents(path, data)
    if index >= len(before):
        raise EditRefused(f"{path} has no document {index + 1}")
    if (oddity := before[index].oddity) is not None:
        raise EditRefused(f"{path}:{oddity[0]}: {oddity[1]}")
    bom = _BOM if data.startswith(_BOM) else b""
    text = data.removeprefix(_BOM).decode("utf-8")
    for patch in patches:
        text = _set(text, index, patch, f"{path}, {shown(patch.pointer)}")
    after = bom + text.encode("utf-8")
    _prove(path, before, after, index, patches)
    return after


def shown(pointer: Pointer) -> str:
    """A pointer for people: "spec.containers[0].image"."""
    parts = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in pointer)
    return "".join(parts).removeprefix(".")


def _documents(path: str, data: bytes) -> list[Document]:
    documents, failures = read(path, data)
    if failures:
        first = failures[0]
        raise EditRefused(f"{path}:{first.location.line} cannot be read: {first.error}")
    return documents


def _set(text: str, index: int, patch: Patch, where: str) -> str:
    """The text with one patch applied."""
    spot = document(text, index)
    if spot is None:
        raise EditRefused(f"{where}: there is no such document")
    if patch.value is None or not patch.pointer:
        raise EditRefused(f"{where}: only a value can be set, nothing is removed")
    at = _Place(text=text, where=where, parent=spot, indent=_indent_of(spot))
    _check(spot, where)
    for depth, step in enumerate(patch.pointer):
        entry = _entry(spot, step, where)
        if entry is None:
            if not isinstance(step, str):
                raise EditRefused(f"{where}: the list has no item {step}")
            return at.inserted(spot, step, _nested(patch.pointer[depth + 1 :], patch.value, where))
        key, value = entry
        _check(value, where)
        at = _Place(text=text, where=where, parent=spot, indent=at.indent, key=key)
        spot = value
        rest = patch.pointer[depth + 1 :]
        if rest and _is_empty(spot):
            return at.filled(spot, _nested(rest, patch.value, where))
    return at.replaced(spot, patch.value)


def _entry(spot: Spot, step: str | int, where: str) -> tuple[Spot | None, Spot] | None:
    """(key, value) at a step, None where a mapping has no such key."""
    if isinstance(step, int):
        if spot.form is not Form.LIST:
            raise EditRefused(f"{where}: there is {spot.form.value} where a list is needed")
        return (None, spot.items[step]) if 0 <= step < len(spot.items) else None
    if spot.form is not Form.MAPPING:
        raise EditRefused(f"{where}: there is {spot.form.value} where a mapping is needed")
    return spot.get(step)


def _check(spot: Spot, where: str) -> None:
    """Refuse what is shared with another place of the document."""
    if spot.form is Form.ALIAS:
        raise EditRefused(f"{where}: the alias *{spot.anchor} stands for a part written elsewhere")
    if spot.anchor:
        raise EditRefused(f"{where}: the anchor &{spot.anchor} lets other places use this part")
    if spot.merges:
        raise EditRefused(f"{where}: a merge key (<<) takes a part of it from elsewhere")


def _nested(rest: Pointer, value: Node, where: str) -> Node:
    """The value inside the mappings that lead to it."""
    for step in reversed(rest):
        if not isinstance(step, str):
            raise EditRefused(f"{where}: a list would have to be made")
        value = {step: value}
    return value


def _is_empty(spot: Spot) -> bool:
    """Whether nothing is there but room for a mapping."""
    if spot.form is Form.SCALAR:
        return not (spot.text or spot.style or spot.tag)
    return spot.form is Form.MAPPING and not spot.entries


def _indent_of(root: Spot) -> int:
    """How far the document indents: the first mapping inside another tells."""
    inner = [value for _, value in root.entries if value.form is Form.MAPPING and not value.flow]
    steps = (value.column - root.column for value in inner if value.entries)
    return next((step for step in steps if step > 0), _STEP)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where in the text an edit is made: `parent` is the collection around it, `key` its key."""

    text: str
    where: str
    parent: Spot
    indent: int
    key: Spot | None = None

    def replaced(self, spot: Spot, value: Node) -> str:
        """Another scalar instead of the one at `spot`, quoted as that one was."""
        if spot.form is not Form.SCALAR or isinstance(value, dict | list):
            raise EditRefused(f"{self.where}: {spot.form.value} is there, not a single value")
        if spot.tag:
            raise EditRefused(f"{self.where}: the value has the tag {spot.tag}")
        # An empty value has no characters to replace, not even the space before them.
        space = " " if spot.start == spot.end else ""
        return self._splice(spot.start, spot.end, space + _scalar(value, spot.style))

    def inserted(self, mapping: Spot, key: str, value: Node) -> str:
        """A new last entry of a mapping that has entries, or of an empty one in braces."""
        if not mapping.entries:
            return self.filled(mapping, {key: value})
        last_key, last = mapping.entries[-1]
        if mapping.flow:
            entry = _flow_entry(key, value, last_key.style)
            return self._splice(last.end, last.end, f",{self._gap(last_key)}{entry}")
        return self._below(last.end, _block({key: value}, mapping.column, self.indent))

    def filled(self, spot: Spot, value: Node) -> str:
        """The first entries of a mapping that is empty: `{}`, or nothing at all."""
        if not isinstance(value, dict):
            raise EditRefused(f"{self.where}: nothing to put there")
        lines = _block(value, self.parent.column + self.indent, self.indent)
        if spot.form is Form.SCALAR and not self.parent.flow:
            return self._below(spot.end, lines)
        if self._ends_line(spot) and not self.parent.flow and self.key is not None:
            before = self.text[: spot.start].rstrip(" ")
            rest = self.text[spot.end :]
            return before + "".join(self._newline + line for line in lines) + rest
        style = self.key.style if self.key else ""
        inside = ", ".join(_flow_entry(key, inner, style) for key, inner in value.items())
        space = " " if spot.start == spot.end else ""
        return self._splice(spot.start, spot.end, f"{space}{{{inside}}}")

    def _splice(self, start: int, end: int, new: str) -> str:
        return self.text[:start] + new + self.text[end:]

    def _below(self, at: int, lines: Sequence[str]) -> str:
        """New lines after the one that `at` is on, behind its comment."""
        end = self.text.find("\n", at)
        if end < 0:
            end = len(self.text)
        elif self.text[end - 1] == "\r" and end > at:
            end -= 1
        return self._splice(end, end, "".join(self._newline + line for line in lines))

    @property
    def _newline(self) -> str:
        first = self.text.find("\n")
        return "\r\n" if first > 0 and self.text[first - 1] == "\r" else "\n"

    def _gap(self, key: Spot) -> str:
        """What stands before a key: a line of its own with its indentation, or a space."""
        start = self.text.rfind("\n", 0, key.start) + 1
        before = self.text[start : key.start]
        return " " if before.strip() or not start else self._newline + before

    def _ends_line(self, spot: Spot) -> bool:
        rest = self.text[spot.end :].split("\n", 1)[0]
        return not rest.strip()


def _block(value: Node, column: int, indent: int) -> list[str]:
    """The lines of a mapping in block style, its keys at `column`."""
    return list(_block_lines(value, column, indent)) if isinstance(value, dict) else []


def _block_lines(value: dict[str, Node], column: int, indent: int) -> Iterator[str]:
    for key, inner in value.items():
        head = f"{' ' * column}{_scalar(key, '')}:"
        if isinstance(inner, dict) and inner:
            yield head
            yield from _block_lines(inner, column + indent, indent)
        else:
            yield f"{head} {_flow(inner, '')}"


def _flow(value: Node, style: str) -> str:
    """A value on one line, `style` the quotes of its keys and strings."""
    if isinstance(value, dict):
        return f"{{{', '.join(_flow_entry(key, inner, style) for key, inner in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(_flow(inner, style) for inner in value)}]"
    return _scalar(value, style)


def _flow_entry(key: str, value: Node, style: str) -> str:
    return f"{_scalar(key, style)}: {_flow(value, style)}"


def _scalar(value: Node, style: str) -> str:
    """A scalar as YAML, in quotes where `style` has them or where it would mean something else."""
    if not isinstance(value, str):
        return json.dumps(value)
    if style == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    if style != '"' and _BARE.fullmatch(value) and plain(value) == value:
        return value
    return json.dumps(value, ensure_ascii=False)


def _prove(
    path: str,
    before: Sequence[Document],
    after: bytes,
    index: int,
    patches: Sequence[Patch],
) -> None:
    """Raises EditRefused unless the patches' values are all that differs."""
    wanted = [document.value for document in before]
    wanted[index] = copy.deepcopy(wanted[index])
    for patch in patches:
        _assign(wanted[index], patch)
    # As text: to Python True is 1 and 1 is 1.0, to Kubernetes they are not.
    documents, failures = read(path, after)
    found = [_canonical(document.value) for document in documents]
    if failures or found != [_canonical(value) for value in wanted]:
        where = ", ".join(shown(patch.pointer) for patch in patches)
        raise EditRefused(f"{path}: setting {where} would change something else as well")


def _canonical(value: Node) -> str:
    return json.dumps(value, sort_keys=True)


def _assign(node: Node, patch: Patch) -> None:
    *way, last = patch.pointer
    for step in way:
        if isinstance(node, dict) and isinstance(step, str):
            if node.get(step) is None:
                node[step] = {}
            node = node[step]
        elif isinstance(node, list) and isinstance(step, int):
            node = node[step]
    if isinstance(node, dict) and isinstance(last, str):
        node[last] = patch.value
    elif isinstance(node, list) and isinstance(last, int):
        node[last] = patch.value
