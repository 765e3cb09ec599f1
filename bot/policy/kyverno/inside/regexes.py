"""Go's regular expressions (RE2) on Python's: what means the same is translated, the rest refused.

RE2 takes time in proportion to the text; Python's engine may not. So this runs in the worker only.
"""

from __future__ import annotations

import re
from functools import lru_cache

from bot.policy.kyverno.inside.faults import Fault, Unsupported

_POSIX = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": "\\x00-\\x7f",
    "blank": "\\t ",
    "cntrl": "\\x00-\\x1f\\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": "!-/:-@\\[-`{-~",
    "space": "\\t\\n\\v\\f\\r ",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}
_GROUP = re.compile(r"\(\?(?:P<(\w+)>|<(\w+)>|([imsU]*)(?:-([imsU]+))?([:)]))", re.ASCII)
_REPEAT = re.compile(r"\{(\d+)(?:,(\d*))?\}")
_ESCAPE = re.compile(
    r"\\(?:x[0-9A-Fa-f]{2}|x\{[0-9A-Fa-f]+\}|[0-7]{3}|0|[pP](?:\{[^}]*\}|.)|.)", re.DOTALL
)
_TEMPLATE = re.compile(r"\$(?:\$|(\w+)|\{(\w+)\})", re.ASCII)
_LONGEST = 20_000
_MOST_REPEATS = 1000
_SPACE = "\\t\\n\\f\\r "


@lru_cache(maxsize=512)
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern, ready. Raises Fault where Go refuses it too, Unsupported where we do."""
    if len(pattern) > _LONGEST:
        raise Unsupported(f"a regular expression of {len(pattern):,} characters")
    text = _Translation(pattern).text()
    try:
        return re.compile(text, re.ASCII)
    except (re.error, OverflowError) as error:
        raise Fault(f"error parsing regexp: {error}: `{pattern}`") from None


def found(pattern: str, text: str) -> bool:
    """regexp.MatchString."""
    return compiled(pattern).search(text) is not None


def replaced(pattern: str, text: str, by: str, *, literally: bool) -> str:
    """regexp.ReplaceAllString: `$1` and `${name}` in `by` stand for groups unless `literally`."""
    expression = compiled(pattern)
    parts, last, search = [], 0, 0
    while search <= len(text):
        match = expression.search(text, search)
        if match is None:
            break
        parts.append(text[last : match.start()])
        # Nothing is put in for an empty match that abuts the one before.
        if match.end() > last or match.start() == 0:
            parts.append(by if literally else _expanded(by, match))
        last = match.end()
        search = last if last > search else search + 1
    return "".join(parts) + text[last:]


def _expanded(template: str, match: re.Match[str]) -> str:
    def group(one: re.Match[str]) -> str:
        name = one[1] or one[2]
        if name is None:
            return "$"
        if name.isdigit():
            return (match[int(name)] or "") if int(name) <= match.re.groups else ""
        return (match[name] or "") if name in match.re.groupindex else ""

    return _TEMPLATE.sub(group, template)


class _Translation:
    """One pattern, read once from its start."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0
        self._multiline = False

    def text(self) -> str:
        """The pattern in Python's syntax."""
        out = []
        while self._at < len(self._pattern):
            char = self._pattern[self._at]
            if char == "\\":
                out.append(self._escape(inside=False))
            elif char == "[":
                out.append(self._class())
            elif char == "(" and self._pattern.startswith("(?", self._at):
                out.append(self._group())
            elif char == "$":
                self._at += 1
                out.append("$" if self._multiline else r"\Z")
            elif char in "*+?" and out and self._pattern.startswith("+", self._at + 1):
                # "a++" is an error in Go and a possessive repeat in Python.
                raise Fault(f"error parsing regexp: invalid nested repetition: `{self._pattern}`")
            elif char == "{":
                out.append(self._braces())
            else:
                self._at += 1
                out.append(char)
        return "".join(out)

    def _braces(self) -> str:
        repeat = _REPEAT.match(self._pattern, self._at)
        if repeat is None:
            self._at += 1
            return r"\{"
        if any(int(n) > _MOST_REPEATS for n in repeat.groups() if n):
            raise Fault(f"error parsing regexp: invalid repeat count: `{self._pattern}`")
        self._at = repeat.end()
        return repeat[0]

    def _group(self) -> str:
        group = _GROUP.match(self._pattern, self._at)
        if group is None:
            raise Fault(
                f"error parsing regexp: invalid or unsupported Perl syntax: "
                f"`{self._pattern[self._at : self._at + 4]}`"
            )
        name = group[1] or group[2]
        here, self._at = self._at, group.end()
        if name:
            return f"(?P<{name}>"
        on, off, end = group[3] or "", group[4] or "", group[5]
        if "U" in on + off:
            raise Unsupported("the flag U of a regular expression")
        if not on and not off:
            return "(?:"
        if "m" in on and end == ")" and here == 0:
            self._multiline = True
        elif "m" in on + off:
            raise Unsupported("the flag m in the midst of a regular expression")
        if end == ":":
            return f"(?{on}{'-' + off if off else ''}:"
        if here != 0 or off:
            raise Unsupported("flags in the midst of a regular expression")
        return f"(?{on})"

    def _class(self) -> str:
        end = self._pattern.find("]", self._at + 1)
        if end == -1:
            raise Fault(f"error parsing regexp: missing closing ]: `{self._pattern[self._at :]}`")
        out, self._at = ["["], self._at + 1
        if self._pattern.startswith("^", self._at):
            out.append("^")
            self._at += 1
        first = True
        while self._at < len(self._pattern):
            char = self._pattern[self._at]
            if char == "]" and not first:
                self._at += 1
                return "".join(out) + "]"
            first = False
            if self._pattern.startswith("[:", self._at):
                out.append(self._posix())
            elif char == "\\":
                out.append(self._escape(inside=True))
            else:
                self._at += 1
                out.append("\\" + char if char in "[]&~|" else char)
        raise Fault(f"error parsing regexp: missing closing ]: `{self._pattern}`")

    def _posix(self) -> str:
        end = self._pattern.find(":]", self._at)
        name = self._pattern[self._at + 2 : end] if end != -1 else ""
        if name not in _POSIX:
            raise Unsupported(f"the character class [:{name}:] of a regular expression")
        self._at = end + 2
        return _POSIX[name]

    def _escape(self, *, inside: bool) -> str:
        match = _ESCAPE.match(self._pattern, self._at)
        if match is None:
            raise Fault(f"error parsing regexp: trailing backslash at end: `{self._pattern}`")
        text, letter = match[0], match[0][1]
        self._at = match.end()
        if letter in "pP":
            raise Unsupported(f"{text} in a regular expression")
        if text.startswith("\\x{"):
            return re.escape(chr(int(text[3:-1], 16)))
        if letter in "sS":
            if inside and letter == "S":
                raise Unsupported(r"\S in a class of a regular expression")
            return _SPACE if inside else f"[{'^' if letter == 'S' else ''}{_SPACE}]"
        if letter == "Q":
            end = self._pattern.find("\\E", self._at)
            quoted = self._pattern[self._at : end if end != -1 else None]
            self._at = end + 2 if end != -1 else len(self._pattern)
            return re.escape(quoted)
        if letter == "z":
            return r"\Z"
        if letter.isalnum() and letter not in "AbBdDwWnrtfvax0":
            raise Fault(f"error parsing regexp: invalid escape sequence: `{text}`")
        if letter == "a":
            return r"\x07"
        return text
