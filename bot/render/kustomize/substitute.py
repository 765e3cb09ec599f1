"""Flux's postBuild substitution: ${var} and the forms of it that bash has, in text.

A variable that is not known here is left as it stands and named: it may come from a Secret of the
cluster, and the empty string that Flux puts for an unset one would be a guess.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fnmatch import translate

OPT_OUT = "kustomize.toolkit.fluxcd.io/substitute"
_NAME = re.compile(r"[_a-zA-Z][_a-zA-Z0-9]*")
_SLICE = re.compile(r":\s*(-?\d+)(?::(\d+))?")
_BRACES = re.compile(r"\$\{|\}")
_DEEPEST = 20
# What may be written, and tried, for all texts of a root together: a short text with a long value
# often in it is a bomb.
_ROOM = 64 * 1024 * 1024


class Malformed(ValueError):  # noqa: N818 - a verdict on a text, not a fault
    """An expression that is no substitution."""


class Substitution:
    """Substitutes in one text after the other; `unknown` are the names that were not known."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self._room = _ROOM
        self.unknown: set[str] = set()

    def text(self, text: str, depth: int = 0) -> str:
        """The text with every expression replaced. Raises Malformed."""
        parts: list[str] = []
        at = 0
        while (start := text.find("${", at)) >= 0:
            end = _end(text, start + 2)
            if start > at and text[start - 1] == "$":
                # $${var} is how a plain ${var} is written.
                parts += (text[at : start - 1], text[start:end])
            else:
                parts += (text[at:start], self._value(text[start:end], depth))
            at = end
        return "".join((*parts, text[at:]))

    def _value(self, expression: str, depth: int) -> str:
        if depth > _DEEPEST:
            raise Malformed("it is nested too deeply")
        inner = expression[2:-1].strip()
        count = inner.startswith("#")
        name = _NAME.match(inner, 1 if count else 0)
        if name is None:
            raise Malformed(f"{expression[:60]!r} names no variable")
        rest = inner[name.end() :]
        value = self._variables.get(name[0])
        if rest.startswith((":-", ":=", "-", "=")):
            operator = rest[: 2 if rest[0] == ":" else 1]
            if value or (value is not None and len(operator) == 1):
                return self._charged(value)
            return self.text(rest[len(operator) :], depth + 1)
        if value is None:
            self.unknown.add(name[0])
            return expression
        return str(len(value)) if count else self._formed(value, rest, expression, depth)

    def _charged(self, value: str, times: int = 1) -> str:
        self._room -= len(value) * times
        if self._room < 0:
            raise Malformed("its values are too long for what there is room for")
        return value

    def _formed(self, value: str, rest: str, expression: str, depth: int) -> str:
        self._charged(value)
        if not rest:
            return value
        if rest in _CASES:
            return _CASES[rest](value)
        part = _SLICE.fullmatch(rest)
        if part is not None:
            start = int(part[1])
            return value[start:][: int(part[2])] if part[2] else value[start:]
        rest = self.text(rest, depth + 1)
        for operator in ("##", "#", "%%", "%"):
            if rest.startswith(operator):
                # A glob is tried at each of its places.
                self._charged(value, len(value) + 1)
                return _trimmed(value, operator, rest[len(operator) :])
        if rest.startswith("/"):
            return self._replaced(value, rest[1:])
        raise Malformed(f"{expression[:60]!r} has a form that is not known")

    def _replaced(self, value: str, rest: str) -> str:
        every = rest.startswith("/")
        old, _, new = rest.removeprefix("/").partition("/")
        if old.startswith("#"):
            old = old[1:]
            return new + value[len(old) :] if value.startswith(old) else value
        if old.startswith("%"):
            old = old[1:]
            return value[: len(value) - len(old)] + new if value.endswith(old) else value
        if not old:
            return value
        self._charged(new, value.count(old))
        return value.replace(old, new, -1 if every else 1)


_CASES: Mapping[str, Callable[[str], str]] = {
    "^": lambda value: value[:1].upper() + value[1:],
    "^^": str.upper,
    ",": lambda value: value[:1].lower() + value[1:],
    ",,": str.lower,
}


def _end(text: str, start: int) -> int:
    """Where the expression ends whose "${" ends at `start`."""
    depth = 1
    for found in _BRACES.finditer(text, start):
        depth += 1 if found[0] == "${" else -1
        if depth == 0:
            return found.end()
    raise Malformed(f"{text[start - 2 : start + 58]!r} has no end")


def _trimmed(value: str, operator: str, pattern: str) -> str:
    """Without the shortest or (doubled) the longest beginning or end that the glob matches."""
    matches = re.compile(translate(pattern)).match
    ends = range(len(value) + 1)
    if operator[0] == "#":
        order = reversed(ends) if len(operator) == 2 else iter(ends)
        return next((value[end:] for end in order if matches(value[:end])), value)
    order = iter(ends) if len(operator) == 2 else reversed(ends)
    return next((value[:end] for end in order if matches(value[end:])), value)
