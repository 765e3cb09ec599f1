"""What `not` is about, as OPA takes it. Runs in the worker only.

OPA evaluates the arguments of a negated call before it negates: `not f(input.x)` is undefined where
`input.x` is, because it stands for `y := input.x; not f(y)`. To the engine it is true. So the
arguments are written out before the `not`, in the same line.

https://github.com/open-policy-agent/opa/issues/8387
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

Tree = dict[str, Any]

_CALLS = ("Call", "BinExpr", "ArithExpr", "UnaryExpr", "Membership", "OrExpr")
_REFERENCES = ("RefDot", "RefBrack")
_TEXTS = ("String", "RawString")
_OURS = re.compile(r"not_\d+_\d+_\d+$")
_COMMENT = re.compile(r'("(?:[^"\\\n]|\\.)*"|`[^`]*`)|#[^\n]*')


def arguments_first(tree: Tree, text: bytes, turn: int) -> bytes:
    """The module with the arguments of what it negates written before the negation. A negation
    inside such an argument is left for the next turn; there is none left when nothing changes."""
    edits: list[tuple[int, int, bytes]] = []
    last = 0
    for number, statement in enumerate(_negated(tree["rules"])):
        if statement["span"]["start"] >= last:
            found = list(_edits(statement, text, f"not_{turn}_{number}"))
            last = max([last, *(end for _, end, _ in found)])
            edits += found
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _negated(node: Any) -> Iterator[Tree]:
    """Every statement that is a negation."""
    if isinstance(node, list):
        for item in node:
            yield from _negated(item)
    elif isinstance(node, dict):
        if "NotExpr" in (node.get("literal") or {}):
            yield node
        for value in node.values():
            yield from _negated(value)


def _edits(statement: Tree, text: bytes, prefix: str) -> Iterator[tuple[int, int, bytes]]:
    inner = statement["literal"]["NotExpr"]
    mods = statement.get("with_mods")
    replaced = b""
    if mods:
        end = max(_extent(mod["as"])[1] for mod in mods)
        replaced = b" " + _in_line(text[mods[0]["span"]["start"] : end])
    before = b""
    indices = {id(node) for node in _indices(inner["expr"])}
    for place, node in enumerate(_evaluated(inner["expr"])):
        start, end = _extent(node)
        name = f"{prefix}_{place}".encode()
        line = _in_line(text[start:end])
        lost = b"\n" * (text[start:end].count(b"\n") - line.count(b"\n"))
        # A variable alone between brackets is taken for a new one, which is bound by what it finds.
        yield start, end, (b"[" + name + b"][0]" if id(node) in indices else name) + lost
        before += name + b" := " + line + replaced + b"; "
    if before:
        at = inner["span"]["start"]
        yield at, at, before


def _evaluated(node: Tree) -> Iterator[Tree]:
    """What is evaluated before the negation of an expression."""
    kind, value = next(iter(node.items()))
    if kind == "Call":
        for argument in value["params"]:
            yield from _whole(argument)
    elif kind in ("BoolExpr", "AssignExpr") and value["op"] in ("Eq", "ColEq"):
        yield from _within(value["lhs"])
        yield from _within(value["rhs"])
    elif kind == "BoolExpr" or kind in _CALLS:
        for operand in _operands(value):
            yield from _whole(operand)
    else:
        yield from _within(node)


def _operands(value: Tree) -> Iterator[Tree]:
    for name in ("key", "value", "collection", "lhs", "rhs", "expr"):
        if isinstance(value.get(name), dict):
            yield value[name]


def _within(node: Tree) -> Iterator[Tree]:
    """A reference by itself may be undefined in a negation; what it is indexed by may not."""
    kind, value = next(iter(node.items()))
    if kind in _REFERENCES:
        yield from _within(value["refr"])
        if kind == "RefBrack":
            yield from _whole(value["index"])
    elif kind != "Var":
        yield from _whole(node)


def _indices(node: Any) -> Iterator[Tree]:
    """What stands between the brackets of references."""
    if isinstance(node, list):
        for item in node:
            yield from _indices(item)
    elif isinstance(node, dict):
        if "RefBrack" in node:
            yield node["RefBrack"]["index"]
        for value in node.values():
            yield from _indices(value)


def _whole(node: Tree) -> Iterator[Tree]:
    kind, value = next(iter(node.items()))
    if _is_ours(node):
        return
    if kind == "Var":
        # It may be a rule of this package, in whichever file.
        if value["value"] != "_":
            yield node
    elif kind in _REFERENCES or kind in _CALLS or kind == "BoolExpr":
        yield node
    elif kind in ("Array", "Set"):
        for item in value["items"]:
            yield from _whole(item)
    elif kind == "Object":
        for _, key, item in value["fields"]:
            yield from _whole(key)
            yield from _whole(item)


def _is_ours(node: Tree) -> bool:
    """Whether it is what an earlier turn wrote: `not_0_0_0` or `[not_0_0_0][0]`."""
    kind, value = next(iter(node.items()))
    if kind == "Var":
        return bool(_OURS.match(value["value"]))
    items: list[Tree] = []
    if kind == "RefBrack":
        items = value["refr"].get("Array", {}).get("items", [])
    return len(items) == 1 and _is_ours(items[0])


def _extent(node: Tree) -> tuple[int, int]:
    """Where an expression begins and ends; the engine leaves the quotes of a text out."""
    kind, value = next(iter(node.items()))
    start, end = value["span"]["start"], value["span"]["end"]
    if kind in _TEXTS:
        return start - 1, end + 1
    inner = [_extent(one) for one in _operands(value)]
    inner += [_extent(value["refr"])] if kind in _REFERENCES else []
    return min([start, *(s for s, _ in inner)]), max([end, *(e for _, e in inner)])


def _in_line(text: bytes) -> bytes:
    """The text without comments and newlines, except those inside a raw text."""
    parts = _COMMENT.split(text.decode())
    kept = [part if n % 2 else part.replace("\n", " ") for n, part in enumerate(parts) if part]
    return "".join(kept).encode()
