"""Which values a line of a template prints, as far as the text alone tells."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

# A path into the values: ("image", "tag").
ValuesPath: TypeAlias = "tuple[str, ...]"

_ACTION = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}", re.DOTALL)
_WORD = re.compile(r"[a-z]+")
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"|`[^`]*`')
# .Values.a, $.Values.a, $it.a, .a and the bare dot or variable.
_REFERENCE = re.compile(r"(?<![\w.)\]])(\$\w*)?((?:\.\w+)+|\.(?![\w.])|(?<=\w)(?![\w.]))")
_SET = re.compile(r"^\$(\w+)\s*:?=\s*(.*)$", re.DOTALL)
_BLOCKS = ("if", "with", "range", "define", "block")
_MAX_LINES_OF_ACTIONS = 20


@dataclass(frozen=True, slots=True)
class _Scope:
    """What the dot and the variables stand for: a path of the values, None where that is not known.
    `top` is whether the dot may be the whole context."""

    dot: ValuesPath | None = None
    top: bool = True
    variables: Mapping[str, ValuesPath | None] = field(default_factory=dict)

    def paths(self, expression: str) -> list[ValuesPath]:
        found = []
        for base, steps in _REFERENCE.findall(_TEXT.sub('""', expression)):
            path = self._path(base, tuple(step for step in steps.split(".") if step))
            if path:
                found.append(path)
        return found

    def _path(self, base: str, steps: ValuesPath) -> ValuesPath | None:
        if steps[:1] == ("Values",) and (base == "$" or (not base and self.top)):
            return steps[1:]
        known = self.dot if not base else self.variables.get(base[1:])
        return None if known is None else (*known, *steps)


class Template:
    """One template file, read once."""

    def __init__(self, text: str) -> None:
        self._printed: defaultdict[int, list[ValuesPath]] = defaultdict(list)
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]
        self._lines = text.split("\n")
        self._read(text)

    def printed(self, line: int) -> Sequence[ValuesPath]:
        """The values that the actions of a line (from 1) print."""
        return self._printed.get(line, ())

    def printed_below(self, line: int) -> Sequence[ValuesPath]:
        """The values that the line and those after it print which are nothing but actions."""
        found = list(self.printed(line))
        for below in range(line + 1, min(line + _MAX_LINES_OF_ACTIONS, len(self._lines)) + 1):
            if _ACTION.sub("", self._lines[below - 1]).strip():
                break
            found += self.printed(below)
        return found

    def kinds(self) -> list[tuple[int, str]]:
        """(line, kind) of every line that gives a kind at the left margin."""
        found = ((n, re.match(r"kind:\s*(\S+)", line)) for n, line in enumerate(self._lines, 1))
        return [(number, match[1].strip("\"'")) for number, match in found if match]

    def _read(self, text: str) -> None:
        scopes = [_Scope()]
        for found in _ACTION.finditer(text):
            self._action(found[1], bisect_right(self._starts, found.start()), scopes)

    def _action(self, body: str, line: int, scopes: list[_Scope]) -> None:
        word = _WORD.match(body)
        keyword = word.group() if word else ""
        scope = scopes[-1]
        if keyword in _BLOCKS:
            scopes.append(_entered(keyword, body[len(keyword) :], scope))
        elif keyword == "end":
            if len(scopes) > 1:
                scopes.pop()
        elif given := _SET.match(body):
            paths = scope.paths(given[2])
            known = paths[0] if len(paths) == 1 else None
            scopes[-1] = _Scope(scope.dot, scope.top, {**scope.variables, given[1]: known})
        elif keyword != "else" and not body.startswith("/*"):
            self._printed[line] += scope.paths(body)


def _entered(keyword: str, rest: str, scope: _Scope) -> _Scope:
    if keyword == "if":
        return scope
    if keyword == "with":
        given = _SET.match(rest.strip())
        paths = scope.paths(given[2] if given else rest)
        dot = paths[0] if len(paths) == 1 else None
        variables = {**scope.variables, given[1]: dot} if given else scope.variables
        return _Scope(dot, False, variables)
    # What `include` passes is not known; mostly it is the whole context.
    return _Scope(None, keyword != "range", {} if keyword == "define" else scope.variables)
