"""Variables ({{ … }}) and references ($(…)) in texts, replaced as Kyverno does."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from typing import Any

from bot.policy.kyverno.inside import anchors
from bot.policy.kyverno.inside.faults import Fault, Unsupported
from bot.policy.kyverno.inside.gotext import sprint, to_json
from bot.policy.kyverno.inside.scalars import operator_of

Query = Callable[[str], Any]
# What is at the start of the text or after anything but a backslash.
_VARIABLE = re.compile(r"(^|[^\\])(\{\{(?:\{[^{}]*\}|[^{}])*\}\})")
_REFERENCE = re.compile(r"^\$\([^\n][^ ]*\)|[^\\]\$\([^\n][^ ]*\)")
_ESCAPED = re.compile(r"\\\$\([^\n][^ )]*\)")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
# A policy whose values contain variables again must end some time.
_MOST_ROUNDS = 100
_MOST_CHARACTERS = 4 * 1024 * 1024


def substituted(document: Any, query: Query, *, deleting: bool = False) -> Any:
    """A part of a rule with its references and variables replaced. Raises Fault."""
    document = _walked(document, "", lambda text, path: _referenced(text, path, document))
    return _walked(document, "", lambda text, path: _replaced(text, path, query, deleting))


def has_variables(text: str) -> bool:
    """Whether a text has any."""
    return _VARIABLE.search(text) is not None


def _walked(node: Any, path: str, change: Callable[[str, str], Any]) -> Any:
    if isinstance(node, str):
        return change(node, path) if "{{" in node or "$(" in node else node
    if isinstance(node, list):
        return [_walked(one, f"{path}/{at}", change) for at, one in enumerate(node)]
    if isinstance(node, dict):
        new = {}
        for key, value in node.items():
            name = change(key, path) if "{{" in key or "$(" in key else key
            if name is not None and not isinstance(name, str):
                raise Fault(f'expected string after substituting variables in key "{key}"')
            below = f"{path}/{key.replace('/', chr(92) + '/')}"
            new[key if name is None else name] = _walked(value, below, change)
        return new
    return node


def _replaced(text: str, path: str, query: Query, deleting: bool) -> Any:
    found = _VARIABLE.findall(text)
    for _ in range(_MOST_ROUNDS):
        if not found:
            break
        original, shallow = text, False
        for prefix, variable in found:
            expression, shallow = _expression(variable, path, query)
            if deleting:
                expression = expression.replace("request.object", "request.oldObject")
            value = query(expression)
            if original == variable:
                return value
            if shallow and value is not None:
                if not isinstance(value, str):
                    raise Unsupported("a variable {{- … }} that is no text")
                value = value.replace("{{", "\\{{")
            said = value if isinstance(value, str) else to_json(value)
            text = text.replace(prefix + variable, prefix + said, 1)
            if len(text) > _MOST_CHARACTERS:
                raise Unsupported("variables that make a text of more than 4 MiB")
        found = [] if shallow else _VARIABLE.findall(text)
    else:
        raise Unsupported("variables that hold variables without end")
    return text.replace("\\{{", "{{")


def _expression(variable: str, path: str, query: Query) -> tuple[str, bool]:
    """The expression between the braces, and whether what it yields is left as it is."""
    text = variable.replace("{{", "").replace("}}", "").strip()
    if text.startswith("-"):
        return text[1:].strip(), True
    if text == "@":
        return _here(path, query), False
    return text, False


def _here(path: str, query: Query) -> str:
    """ "@": the field of the object at which the variable stands in the pattern."""
    base = "target"
    try:
        query("target")
    except Fault:
        base = "request.object"
    steps = [step.replace("\0", "/") for step in path.replace("\\/", "\0").split("/") if step]
    if "foreach" in steps:
        steps = steps[steps.index("foreach") + 1 :]
    expression = base
    for step in steps[2:] if len(steps) > 2 else []:
        if step.isdigit():
            expression += f"[{step}]"
        elif _IDENTIFIER.fullmatch(step):
            expression += f".{step}"
        else:
            expression += "." + to_json(step, html=False)
    return expression


def _referenced(text: str, path: str, document: Any) -> Any:
    for old in _REFERENCE.findall(text):
        prefix = "" if old.startswith("$(") else old[0]
        value = _resolved(old[len(prefix) :], path, document)
        if value is None:
            raise Fault(f"got nil resolved variable {old} at path {path}")
        if not isinstance(value, str):
            raise Fault(f"NotResolvedReferenceErr,reference {old} not resolved at path {path}")
        text = text.replace(old, prefix + value, 1)
    return _ESCAPED.sub(lambda match: match[0][1:], text)


def _resolved(reference: str, path: str, document: Any) -> Any:
    target = reference.strip("$()")
    operator = operator_of(target)
    target = target[len(operator) :]
    if not target:
        raise Fault("expected path, found empty reference")
    if not target.startswith("/"):
        target = posixpath.normpath(posixpath.join(path or "/", target))
    found: list[Any] = []
    _collect(document, "", target, found)
    value = found[-1] if found else None
    if not operator:
        return value
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Fault(
            f"incorrect expression: operator {operator} does not match with {sprint(value)}"
        )
    return operator + (f"{value:f}" if isinstance(value, float) else str(value))


def _collect(node: Any, path: str, target: str, found: list[Any]) -> None:
    """The leaves and keys at a path, in Go's order of a walk."""
    if isinstance(node, dict):
        for key, value in node.items():
            if anchors.without(path) == target:
                found.append(key)
            _collect(value, f"{path}/{key.replace('/', chr(92) + '/')}", target, found)
    elif isinstance(node, list):
        for at, one in enumerate(node):
            _collect(one, f"{path}/{at}", target, found)
    elif anchors.without(path) == target:
        found.append(node)
