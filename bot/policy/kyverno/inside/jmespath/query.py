"""JMESPath with the rules of Kyverno's fork of the Go interpreter.

The grammar is everybody's. The difference is a field that is not there: it is an error that `||`,
projections, pipes and arguments of functions take as null, and that everything else passes on.
Numbers are floats; what Go has as an integer (an index, an element's number) is no number to it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jmespath.exceptions import JMESPathError  # type: ignore[import-untyped]
from jmespath.parser import Parser  # type: ignore[import-untyped]

from bot.policy.kyverno.inside.faults import Fault, NotFound, Unsupported, seen

Node = Mapping[str, Any]
_LONGEST = 20_000


@dataclass(frozen=True, slots=True)
class Reference:
    """An expression as an argument: `&name`."""

    node: Node


class Interpreter:
    """Evaluates expressions; `call` is asked for every function: name, arguments, interpreter."""

    def __init__(self, call: Callable[[str, list[Any], Interpreter], Any]) -> None:
        self._call = call

    def search(self, expression: str, data: Any) -> Any:
        """What an expression is of some data. Raises Fault or Unsupported."""
        return self.run(parsed(expression), data)

    def run(self, node: Node, value: Any) -> Any:
        """What a node is of a value. Raises NotFound where a field is missing."""
        handler: Callable[[Interpreter, Node, Any], Any] = _HANDLERS[node["type"]]
        return handler(self, node, value)

    def lenient(self, node: Node, value: Any) -> Any:
        """The same, null where a field is missing."""
        try:
            return self.run(node, value)
        except NotFound:
            return None

    def called(self, node: Node, value: Any) -> Any:
        """A function of its arguments."""
        arguments = [seen(self.lenient(child, value)) for child in node["children"]]
        return self._call(node["value"], arguments, self)


@lru_cache(maxsize=4096)
def parsed(expression: str) -> Node:
    """The tree of an expression. Raises Fault."""
    if len(expression) > _LONGEST:
        raise Unsupported(f"an expression of {len(expression):,} characters")
    try:
        with warnings.catch_warnings():
            # A literal that is no JSON: the package guesses, Kyverno refuses.
            warnings.simplefilter("error", PendingDeprecationWarning)
            tree: Node = Parser().parse(expression).parsed
    except (JMESPathError, PendingDeprecationWarning, ValueError) as error:
        said = " ".join(str(error).split())
        raise Fault(f"incorrect query {expression}: {said}") from None
    return tree


def same(left: Any, right: Any) -> bool:
    """reflect.DeepEqual of JSON values: 1 and 1.0 differ, as do true and 1."""
    if type(left) is not type(right) and not (isinstance(left, dict) and isinstance(right, dict)):
        return False
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[k], right[k]) for k in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right)


def is_false(value: Any) -> bool:
    """null, false and what is empty; 0 is not."""
    return value is None or value is False or (isinstance(value, str | list | dict) and not value)


def _field(_: Interpreter, node: Node, value: Any) -> Any:
    if not isinstance(value, dict):
        return None
    key = node["value"]
    if key in value:
        return seen(value[key])
    raise NotFound(key)


def _subexpression(self: Interpreter, node: Node, value: Any) -> Any:
    for child in node["children"]:
        value = self.run(child, value)
    return value


def _pipe(self: Interpreter, node: Node, value: Any) -> Any:
    for child in node["children"]:
        value = self.lenient(child, value)
    return value


def _comparator(self: Interpreter, node: Node, value: Any) -> Any:
    left, right = (self.lenient(child, value) for child in node["children"])
    operator = node["value"]
    if operator == "eq":
        return same(left, right)
    if operator == "ne":
        return not same(left, right)
    if not (isinstance(left, float) and isinstance(right, float)):
        return None
    return {
        "gt": left > right,
        "gte": left >= right,
        "lt": left < right,
        "lte": left <= right,
    }[operator]


def _filter_projection(self: Interpreter, node: Node, value: Any) -> Any:
    base, then, condition = node["children"]
    try:
        elements = self.run(base, value)
    except Fault:
        return None
    if not isinstance(elements, list):
        return None
    kept = [one for one in elements if not is_false(self.lenient(condition, one))]
    return _projected(self, then, kept)


def _projected(self: Interpreter, node: Node, elements: list[Any]) -> list[Any]:
    found = (self.lenient(node, one) for one in elements)
    return [one for one in found if one is not None]


def _flatten(self: Interpreter, node: Node, value: Any) -> Any:
    try:
        elements = self.run(node["children"][0], value)
    except Fault:
        return None
    if not isinstance(elements, list):
        return None
    flat: list[Any] = []
    for one in elements:
        if isinstance(one, list):
            flat += one
        else:
            flat.append(one)
    return flat


def _projection(self: Interpreter, node: Node, value: Any) -> Any:
    base, then = node["children"]
    elements = self.lenient(base, value)
    return _projected(self, then, elements) if isinstance(elements, list) else None


def _value_projection(self: Interpreter, node: Node, value: Any) -> Any:
    base, then = node["children"]
    try:
        found = self.run(base, value)
    except Fault:
        return None
    if not isinstance(found, dict):
        return None
    # The fork puts as many nulls before the values, and so do we: a function sees them.
    return _projected(self, then, [None] * len(found) + list(found.values()))


def _index(_: Interpreter, node: Node, value: Any) -> Any:
    at = node["value"]
    if not isinstance(value, list):
        return None
    return value[at] if -len(value) <= at < len(value) else None


def _slice(_: Interpreter, node: Node, value: Any) -> Any:
    start, stop, step = node["children"]
    if step == 0:
        raise Fault("Invalid slice, step cannot be 0")
    return value[start:stop:step] if isinstance(value, list) else None


def _literal(_: Interpreter, node: Node, value: Any) -> Any:  # noqa: ARG001
    return floats(node["value"])


def _select_list(self: Interpreter, node: Node, value: Any) -> Any:
    if value is None:
        return None
    return [self.lenient(child, value) for child in node["children"]]


def _select_dict(self: Interpreter, node: Node, value: Any) -> Any:
    if value is None:
        return None
    return {c["value"]: self.lenient(c["children"][0], value) for c in node["children"]}


def _or(self: Interpreter, node: Node, value: Any) -> Any:
    left, right = node["children"]
    found = self.lenient(left, value)
    return self.lenient(right, value) if is_false(found) else found


def _and(self: Interpreter, node: Node, value: Any) -> Any:
    left, right = node["children"]
    found = self.lenient(left, value)
    return found if is_false(found) else self.run(right, value)


def _not(self: Interpreter, node: Node, value: Any) -> Any:
    return is_false(self.lenient(node["children"][0], value))


def floats(value: Any) -> Any:
    """The value as Go reads JSON without a type: every number a float."""
    if isinstance(value, dict):
        return {key: floats(one) for key, one in value.items()}
    if isinstance(value, list):
        return [floats(one) for one in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value


_HANDLERS: dict[str, Callable[[Interpreter, Node, Any], Any]] = {
    "field": _field,
    "subexpression": _subexpression,
    "index_expression": _subexpression,
    "pipe": _pipe,
    "comparator": _comparator,
    "filter_projection": _filter_projection,
    "flatten": _flatten,
    "projection": _projection,
    "value_projection": _value_projection,
    "index": _index,
    "slice": _slice,
    "literal": _literal,
    "identity": lambda _, node, value: value,  # noqa: ARG005
    "current": lambda _, node, value: value,  # noqa: ARG005
    "expref": lambda _, node, value: Reference(node["children"][0]),  # noqa: ARG005
    "function_expression": Interpreter.called,
    "multi_select_list": _select_list,
    "multi_select_dict": _select_dict,
    "or_expression": _or,
    "and_expression": _and,
    "not_expression": _not,
}
