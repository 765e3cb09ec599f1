"""The body of a resource into values: nested and dynamic blocks become lists of mappings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from bot.render.terraform.evaluate import Scope, evaluate
from bot.render.terraform.operators import pairs
from bot.render.terraform.syntax import Block, Body, Literal, Name
from bot.render.terraform.values import (
    MASK,
    UNKNOWN,
    Budget,
    EvalError,
    Lazy,
    TooMuch,
    Unknown,
    Value,
)
from checks.model import Lines, Node

Path: TypeAlias = "list[str | int]"
# What tells Terraform how to go about a resource; a plan does not have it either.
_META_ATTRIBUTES = frozenset({"count", "for_each", "provider", "depends_on"})
_META_BLOCKS = frozenset({"lifecycle", "provisioner", "connection", "timeouts"})
_DEEPEST = 60


def attribute_value(body: Body, name: str, scope: Scope) -> Value:
    """The value of an attribute or of all blocks of that name; UNKNOWN for what is not given: the
    provider fills it in. Raises EvalError, TooMuch."""
    if name in body.attributes and name not in _META_ATTRIBUTES:
        return evaluate(body.attributes[name].expr, scope)
    own = [block for block in body.blocks if _type(block) == name]
    if not own or name in _META_BLOCKS:
        return UNKNOWN
    return _blocks(own, scope)[0].get(name, [])


def expanded(body: Body, scope: Scope) -> tuple[dict[str, Value], dict[str, Lines]]:
    """All values of a body, with their lines. What cannot be worked out is UNKNOWN."""
    values: dict[str, Value] = {}
    lines: dict[str, Lines] = {}
    for name, attribute in body.attributes.items():
        if name in _META_ATTRIBUTES:
            continue
        try:
            values[name] = evaluate(attribute.expr, scope)
        except EvalError:
            values[name] = UNKNOWN
        lines[name] = attribute.line
    more, at = _blocks((block for block in body.blocks if _type(block) not in _META_BLOCKS), scope)
    return {**values, **more}, {**lines, **at}


def _type(block: Block) -> str:
    return block.labels[0] if block.type == "dynamic" and block.labels else block.type


def _blocks(blocks: Iterable[Block], scope: Scope) -> tuple[dict[str, Value], dict[str, Lines]]:
    values: dict[str, Value] = {}
    lines: dict[str, list[Lines]] = {}
    for block in blocks:
        name = _type(block)
        lines.setdefault(name, [])
        try:
            made = _made(block, scope)
        except EvalError:
            values[name] = UNKNOWN
            continue
        if isinstance(made, Unknown) or isinstance(values.get(name), Unknown):
            values[name] = made if isinstance(made, Unknown) else values[name]
            continue
        for value, at in made:
            values.setdefault(name, []).append(value)
            lines[name].append(at)
        values.setdefault(name, [])
    return values, {name: (_first(at), at) for name, at in lines.items()}


def _first(at: list[Lines]) -> int:
    first = at[0] if at else 0
    return first[0] if isinstance(first, tuple) else first


def _made(block: Block, scope: Scope) -> list[tuple[dict[str, Value], Lines]] | Unknown:
    """What a block stands for: itself, or as many as a dynamic one makes."""
    if block.type != "dynamic":
        values, lines = expanded(block.body, scope)
        return [(values, (block.line, lines))]
    of = evaluate(block.body.attributes["for_each"].expr, scope) if _complete(block) else UNKNOWN
    if isinstance(of, (Unknown, Lazy)):
        return of if isinstance(of, Unknown) else UNKNOWN
    content = next(inner for inner in block.body.blocks if inner.type == "content")
    found: list[tuple[dict[str, Value], Lines]] = []
    for key, value in pairs(of):
        bound = scope.binding({_iterator(block): {"key": key, "value": value}})
        values, lines = expanded(content.body, bound)
        found.append((values, (block.line, lines)))
    return found


def _complete(block: Block) -> bool:
    has_content = any(inner.type == "content" for inner in block.body.blocks)
    return has_content and "for_each" in block.body.attributes


def _iterator(block: Block) -> str:
    given = block.body.attributes.get("iterator")
    if given and isinstance(given.expr, Name):
        return given.expr.name
    if given and isinstance(given.expr, Literal) and isinstance(given.expr.value, str):
        return given.expr.value
    return block.labels[0]


def plain(
    values: dict[str, Value], budget: Budget
) -> tuple[dict[str, Node], list[Path], dict[str, list[Node]]]:
    """Values as JSON has them, the paths of those that are unknown, which are left out, and what
    attributes of other resources those will be, by dotted path and by the first step of it.

    Secrets are masked; nulls are left out of mappings, as if they had not been given. Raises
    TooMuch.
    """
    made = _Plain(budget)
    found = {key: made.of(item, [key]) for key, item in values.items() if item is not None}
    spec: dict[str, Node] = {key: item for key, item in found.items() if item is not None}
    return spec, made.unknown, made.references


class _Plain:
    def __init__(self, budget: Budget) -> None:
        self.unknown: list[Path] = []
        self.references: dict[str, list[Node]] = {}
        self._budget = budget

    def of(self, value: Value, path: Path) -> Node:
        """The value as JSON has it, None where it is unknown."""
        self._budget.spend()
        if isinstance(value, Unknown) and value.secret:
            return MASK
        if len(path) > _DEEPEST:
            raise TooMuch(f"its values are nested deeper than {_DEEPEST} levels")
        if isinstance(value, (Unknown, Lazy)):
            self.unknown.append(path)
            if isinstance(value, Unknown) and value.of:
                self._refer(path, value.of)
            return None
        if isinstance(value, dict):
            made = {k: self.of(v, [*path, k]) for k, v in value.items() if v is not None}
            return {key: item for key, item in made.items() if item is not None}
        if isinstance(value, list):
            return [self.of(item, [*path, at]) for at, item in enumerate(value)]
        return value  # type: ignore[no-any-return]

    def _refer(self, path: Path, to: str) -> None:
        for key in {str(path[0]), ".".join(map(str, path))}:
            self.references.setdefault(key, []).append(to)
