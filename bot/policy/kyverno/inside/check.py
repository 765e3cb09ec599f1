"""What can be told of the expressions of a rule before there is an object."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bot.policy.kyverno.inside.faults import Fault, Unsupported
from bot.policy.kyverno.inside.jmespath.functions import is_known
from bot.policy.kyverno.inside.jmespath.query import Node, parsed

# Those that hold no other: what is around them is not known yet.
_INNERMOST = re.compile(r"(?:^|[^\\])(\{\{(?:\{[^{}]*\}|[^{}])*\}\})")
_MOST = 5


def flaws(rule: Mapping[str, Any]) -> list[str]:
    """What is wrong with the variables of a rule: their syntax, functions that there are not."""
    found = dict.fromkeys(flaw for text in _texts(rule) for flaw in _of_text(text))
    return list(found)[:_MOST]


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from _texts(key)
            yield from _texts(value)
    elif isinstance(node, list):
        for one in node:
            yield from _texts(one)


def _of_text(text: str) -> Iterator[str]:
    for variable in _INNERMOST.findall(text):
        expression = variable.replace("{{", "").replace("}}", "").strip().removeprefix("-").strip()
        if not expression or expression == "@":
            continue
        try:
            for name in _functions(parsed(expression)):
                if not is_known(name):
                    yield f"{{{{ {expression} }}}}: unknown function: {name}"
        except (Fault, Unsupported) as error:
            yield str(error)


def _functions(node: Node) -> Iterator[str]:
    if node["type"] == "function_expression":
        yield str(node["value"])
    for child in node["children"]:
        if isinstance(child, dict):
            yield from _functions(child)
