"""What a policy asks for and nobody knows here: an error where it is evaluated, not undefined.

Undefined would let the rules that rest on it find nothing. Runs in the worker only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, NoReturn

from bot.engines.survey import Tree, path_of

NAME = "plumbline.unknown"
Path = tuple[str, ...]


def raising(what: Any) -> NoReturn:
    """The builtin that stands in the place of what is unknown."""
    raise ValueError(f"{what} is not known before the merge")


def raised(tree: Tree, text: bytes, paths: Collection[Path]) -> bytes:
    """The module with each reference to one of the paths as a call that raises."""
    found = {_span(node): path for node, path in _direct(tree["rules"], paths)}
    for (start, end), path in sorted(found.items(), reverse=True):
        call = f'{NAME}("{".".join(path)}")'.encode()
        text = text[:start] + call + b"\n" * text[start:end].count(b"\n") + text[end:]
    return text


def hidden(tree: Tree, paths: Collection[Path]) -> list[tuple[str, int]]:
    """(name, line) of what names a path's last step in another way, say behind a variable; to be
    asked of a module that was `raised`."""
    last = {path[-1] for path in paths}
    if not last:
        return []
    return [(name, line) for name, line in _named(tree["rules"]) if name in last]


def _direct(node: Any, paths: Collection[Path]) -> Iterator[tuple[Tree, Path]]:
    for kind, value in _nodes(node):
        if kind in ("RefDot", "RefBrack"):
            steps = path_of({kind: value})
            if None not in steps and tuple(map(str, steps)) in paths:
                yield value, tuple(map(str, steps))


def _named(node: Any) -> Iterator[tuple[str, int]]:
    for kind, value in _nodes(node):
        if kind == "RefDot" and value["field"]:
            yield str(value["field"][1]), int(value["span"]["line"])
        elif kind in ("String", "RawString"):
            yield str(value["value"]), int(value["span"]["line"])


def _nodes(node: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(node, list):
        for item in node:
            yield from _nodes(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if isinstance(value, dict) and "span" in value:
                yield key, value
            yield from _nodes(value)


def _span(value: Tree) -> tuple[int, int]:
    return int(value["span"]["start"]), int(value["span"]["end"])
