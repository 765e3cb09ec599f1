"""The small part of Go's templates that ApplicationSets are mostly written in, and fasttemplate.

What goes beyond it is not guessed at: it is an Unsupported with the expression.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

_TOKEN = re.compile(
    r"\s+|(?P<text>\"(?:[^\"\\]|\\.)*\"|`[^`]*`)|(?P<number>-?\d+)(?![\w.])"
    r"|(?P<field>\$?(?:\.[A-Za-z_]\w*)+)|(?P<word>[A-Za-z_]\w*)|(?P<sign>[|()])"
)
_DEEPEST = 10
_LONGEST = 100_000
_UNSAFE = re.compile(r"[^a-z0-9.-]+")


class Unsupported(Exception):  # noqa: N818 - a verdict on an expression, not a fault
    """An expression that is not evaluated here, or whose value is not known."""


def fast(text: str, params: Mapping[str, Any]) -> str:
    """The text with every {{name}} replaced by its parameter. Raises Unsupported."""

    def value(expression: str) -> str:
        if expression not in params:
            raise Unsupported(f"there is no parameter {{{{{expression}}}}}")
        return as_text(params[expression])

    return _replaced(text, value)


def go(text: str, params: Mapping[str, Any]) -> str:
    """The text with every {{ expression }} evaluated. Raises Unsupported."""

    def value(expression: str) -> str:
        found = _Expression(expression, params).value()
        if found is None:
            raise Unsupported(f"{{{{ {expression} }}}} has no value")
        return as_text(found)

    return _replaced(text, value)


def _replaced(text: str, value: Callable[[str], str]) -> str:
    if "{{" not in text:
        return text
    parts: list[str] = []
    at = size = 0
    while (opened := text.find("{{", at)) >= 0:
        closed = text.find("}}", opened)
        if closed < 0:
            break
        before, inside = text[at:opened], text[opened + 2 : closed]
        at = closed + 2
        if inside.startswith("-"):
            before, inside = before.rstrip(), inside[1:]
        trims = inside.endswith("-")
        parts += (before, value(inside.removesuffix("-").strip()))
        size += len(before) + len(parts[-1])
        if size > _LONGEST:
            raise Unsupported(f"it becomes longer than {_LONGEST:,} characters")
        while trims and text[at : at + 1].isspace():
            at += 1
    return "".join((*parts, text[at:]))


def as_text(value: Any) -> str:
    """A value as Go prints it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return str(value)
    raise Unsupported(f"a {'list' if isinstance(value, list) else 'mapping'} stands for a text")


class _Expression:
    """One pipeline."""

    def __init__(self, text: str, params: Mapping[str, Any]) -> None:
        self._text = text
        self._params = params
        self._tokens = list(self._split())
        self._at = 0

    def value(self) -> Any:
        """What it evaluates to; None for what is not there."""
        found = self._pipeline(0)
        if self._at < len(self._tokens):
            raise self._unsupported()
        return found

    def _split(self) -> Iterator[tuple[str, str]]:
        at = 0
        while at < len(self._text):
            match = _TOKEN.match(self._text, at)
            if match is None:
                if self._text[at] != "." or self._text[at + 1 : at + 2].strip():
                    raise self._unsupported()
                yield "field", ""
                at += 1
                continue
            if match.lastgroup:
                yield match.lastgroup, match.group()
            at = match.end()

    def _unsupported(self) -> Unsupported:
        shown = self._text if len(self._text) <= 100 else self._text[:99] + "…"
        return Unsupported(f"the expression {{{{ {shown} }}}} is not one that is evaluated here")

    def _pipeline(self, depth: int) -> Any:
        if depth > _DEEPEST:
            raise self._unsupported()
        found = self._command(depth, ())
        while self._peek() == ("sign", "|"):
            self._at += 1
            found = self._command(depth, (found,))
        return found

    def _command(self, depth: int, piped: Sequence[Any]) -> Any:
        kind, token = self._peek()
        if kind != "word":
            if piped:
                raise self._unsupported()
            return self._operand(depth)
        self._at += 1
        function = _FUNCTIONS.get(token)
        if function is None:
            if token in ("true", "false") and not piped:
                return token == "true"
            raise self._unsupported()
        arguments: list[Any] = []
        while self._peek() not in (("", ""), ("sign", "|"), ("sign", ")")):
            arguments.append(self._operand(depth))
        try:
            return function(*arguments, *piped)
        except (TypeError, ValueError, LookupError, AttributeError):
            raise self._unsupported() from None

    def _operand(self, depth: int) -> Any:
        kind, token = self._peek()
        self._at += 1
        if kind == "text":
            return token[1:-1] if token[0] == "`" else re.sub(r"\\(.)", r"\1", token[1:-1])
        if kind == "number" and len(token) < 10:
            return int(token)
        if kind == "field":
            return _walk(self._params, token.lstrip("$").split(".")[1:])
        if (kind, token) == ("sign", "("):
            found = self._pipeline(depth + 1)
            if self._peek() != ("sign", ")"):
                raise self._unsupported()
            self._at += 1
            return found
        raise self._unsupported()

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("", "")


def _walk(value: Any, steps: Sequence[str]) -> Any:
    for step in steps:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _index(value: Any, *steps: Any) -> Any:
    for step in steps:
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value):
            value = value[step]
        else:
            return None
    return value


def normalized(text: str) -> str:
    """As Argo CD makes a DNS name of a text."""
    return _UNSAFE.sub("-", text.lower())[:253].strip("-.")


_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "coalesce": lambda *values: next((value for value in values if value), None),
    "default": lambda other, value=None: value or other,
    "first": lambda values: values[0],
    "get": lambda values, key: values.get(key),
    "index": _index,
    "last": lambda values: values[-1],
    "lower": lambda text: text.lower(),
    "normalize": lambda text: normalized(text),
    "quote": lambda value: f'"{as_text(value)}"',
    "replace": lambda old, new, text: text.replace(old, new) if len(new) < 100 else None,
    "squote": lambda value: f"'{as_text(value)}'",
    "toString": lambda value: as_text(value),
    "trim": lambda text: text.strip(),
    "trimPrefix": lambda prefix, text: text.removeprefix(prefix),
    "trimSuffix": lambda suffix, text: text.removesuffix(suffix),
    "upper": lambda text: text.upper(),
}
