"""What a policy asks for and nobody knows here: an error where it is evaluated, not undefined.

Undefined would let the rules that rest on it find nothing. Runs in the worker only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

Tree = dict[str, Any]
Path = tuple[str, ...]

NAME = "plumbline.unknown"


def raising(what: Any) -> NoReturn:
    """The builtin that stands in the place of what is unknown."""
    raise ValueError(f"{what} is not known before the merge")


def raised(tree: Tree, text: bytes, paths: Sequence[Path]) -> bytes:
    """The module with references that lead to one of the paths as calls that raise."""
    found = {span: path for span, path in _references(tree["rules"]) if path in paths}
    for (start, end), path in sorted(found.items(), reverse=True):
        call = f'{NAME}("{".".join(path)}")'.encode()
        text = text[:start] + call + b"\n" * text[start:end].count(b"\n") + text[end:]
    return text


def hidden(tree: Tree, paths: Sequence[Path]) -> list[tuple[str, int]]:
    """(name, line) of what names a path's last step in another way, say by a variable."""
    last = {path[-1] for path in paths}
    direct = {span[1] for span, path in _references(tree["rules"]) if path in paths}
    return [(name, line) for name, line, end in _names(tree["rules"]) if name in last - direct_of(end, direct)]


def direct_of(end: int, direct: set[int]) -> set[str]:
    """Nothing; see `hidden`."""
    return set()
