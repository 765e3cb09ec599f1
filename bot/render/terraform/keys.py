"""count and for_each: how many of a block there are, and what each is called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from bot.render.terraform.evaluate import Scope, evaluate
from bot.render.terraform.syntax import Attribute, Body
from bot.render.terraform.values import (
    EvalError,
    Lazy,
    Set,
    TooMuch,
    Unknown,
    Value,
    is_unknown,
    number,
    text,
)

# Of one block. More than this nobody reviews in a pull request.
_MOST_INSTANCES = 5_000
# An instance's key: None for a block without count and for_each.
Key: TypeAlias = "int | str | None"


class NotKnown(Exception):  # noqa: N818 - an answer: only a plan can tell how many there are
    """count or for_each needs what is not in the files; the message says what it is."""

    def __init__(self, attribute: Attribute, why: str = "") -> None:
        super().__init__(why or f"{attribute.name} = {attribute.text} is not known without a plan")
        self.line = attribute.line


def keys_of(body: Body, scope: Scope) -> list[tuple[Key, dict[str, Value]]]:
    """The keys that count or for_each make, each with the names that it binds.

    Raises NotKnown, EvalError, TooMuch.
    """
    if "count" in body.attributes:
        attribute = body.attributes["count"]
        count = _settled(attribute, scope)
        many = number(count)
        if not isinstance(many, int) or many < 0:
            raise EvalError(f"count = {attribute.text} is {text(count)}, no whole number from 0")
        if many > _MOST_INSTANCES:
            raise TooMuch(f"count = {attribute.text} is {many}, more than {_MOST_INSTANCES}")
        return [(at, {"count": {"index": at}}) for at in range(many)]
    if "for_each" in body.attributes:
        attribute = body.attributes["for_each"]
        of = _settled(attribute, scope)
        items = _items(attribute, of)
        if len(items) > _MOST_INSTANCES:
            raise TooMuch(f"for_each makes {len(items)}, more than {_MOST_INSTANCES}")
        return [(key, {"each": {"key": key, "value": value}}) for key, value in items]
    return [(None, {})]


def _settled(attribute: Attribute, scope: Scope) -> Value:
    value = evaluate(attribute.expr, scope)
    if isinstance(value, (Unknown, Lazy)):
        raise NotKnown(attribute)
    if value is None:
        raise EvalError(f"{attribute.name} = {attribute.text} is null")
    return value


def _items(attribute: Attribute, of: Value) -> Sequence[tuple[str, Value]]:
    if isinstance(of, dict):
        return sorted(of.items())
    if isinstance(of, Set) or (isinstance(of, list) and not of):
        return [(text(item), item) for item in of]
    if isinstance(of, list) and any(map(is_unknown, of)):
        raise NotKnown(attribute)
    raise EvalError(f"for_each = {attribute.text} is neither a map nor a set of texts")


def suffix(key: Key) -> str:
    """The end of an address: "[0]", '["a"]', "" for the only one."""
    if key is None:
        return ""
    if isinstance(key, int):
        return f"[{key}]"
    escaped = key.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'["{escaped}"]'
