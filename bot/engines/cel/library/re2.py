"""RE2's regular expressions with Python's: what both have, translated where they differ."""

from __future__ import annotations

import re
from functools import lru_cache

from bot.engines.cel.values import CelError, UnsupportedError

_WORD = "0-9A-Za-z_"
_CLASSES = {
    "d": "0-9",
    "w": _WORD,
    "s": r"\t\n\f\r ",
}
_POSIX = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7F",
    "blank": r"\t ",
    "cntrl": r"\x00-\x1F\x7F",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\t\n\v\f\r ",
    "upper": "A-Z",
    "word": _WORD,
    "xdigit": "0-9A-Fa-f",
}
_EDGE = f"(?<![{_WORD}])(?=[{_WORD}])|(?<=[{_WORD}])(?![{_WORD}])"
_ANCHORS = {
    "A": r"\A",
    "z": r"\Z",
    "b": f"(?:{_EDGE})",
    "B": f"(?!{_EDGE})",
}
_LITERAL = {"a": r"\x07", "f": r"\f", "n": r"\n", "r": r"\r", "t": r"\t", "v": r"\v"}
_GROUP = re.compile(
    r"\(\?(?:P?<([A-Za-z_][A-Za-z0-9_]*)>|([imsU]*)(?:-([imsU]+))?([:)]))", re.ASCII
)
_POSIX_CLASS = re.compile(r"\[:(\^?)([a-z]+):\]")
_HEX = re.compile(r"x(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]+)\})")
_OCTAL = re.compile(r"0[0-7]{0,2}|[1-7][0-7]{1,2}")
_COUNT = re.compile(r"\{(\d+)(?:,(\d*))?\}", re.ASCII)
_MOST_REPEATS = 1000


@lru_cache(maxsize=512)
def pattern(expression: str) -> re.Pattern[str]:
    """The expression compiled. Raises CelError where RE2 would refuse it, UnsupportedError where
    it means what Python cannot do."""
    try:
        return re.compile(_Translation(expression).whole())
    except (re.error, OverflowError) as error:
        raise CelError(f"error parsing regexp: {error}: `{expression}`") from None


class _Translation:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._multiline = [False]

    def whole(self) -> str:
        """The expression in Python's syntax."""
        parts = []
        while self._at < len(self._text):
            parts.append(self._part())
        return "".join(parts)

    def _refuse(self, said: str) -> CelError:
        return CelError(f"error parsing regexp: {said}: `{self._text}`")

    def _part(self) -> str:
        char = self._text[self._at]
        if char == "\\":
            return self._escape()
        if char == "[":
            return self._class()
        if char == "(":
            return self._group()
        self._at += 1
        if char == ")":
            if len(self._multiline) == 1:
                raise self._refuse("unexpected )")
            self._multiline.pop()
        elif char == "$" and not self._multiline[-1]:
            return r"\Z"
        elif char in "*+?":
            return char + self._lazy()
        elif char == "{":
            return self._counted()
        elif char in "#&~":
            return "\\" + char
        return char

    def _lazy(self) -> str:
        """The `?` after a repetition; another one on top RE2 refuses, and Python reads as
        something else."""
        lazy = "?" if self._text.startswith("?", self._at) else ""
        self._at += len(lazy)
        after = self._text[self._at : self._at + 1]
        if (after in ("*", "+", "?") and after) or _COUNT.match(self._text, self._at):
            raise self._refuse("invalid nested repetition operator")
        return lazy

    def _counted(self) -> str:
        match = _COUNT.match(self._text, self._at - 1)
        if match is None:
            return r"\{"
        self._at = match.end()
        if max(int(match[1]), int(match[2] or 0)) > _MOST_REPEATS:
            raise self._refuse("invalid repeat count")
        return match[0] + self._lazy()

    def _group(self) -> str:
        if not self._text.startswith("(?", self._at):
            self._at += 1
            self._multiline.append(self._multiline[-1])
            return "("
        match = _GROUP.match(self._text, self._at)
        if match is None:
            raise self._refuse("invalid or unsupported Perl syntax")
        self._at = match.end()
        if match[1]:
            self._multiline.append(self._multiline[-1])
            return f"(?P<{match[1]}>"
        return self._flags(match[2], match[3] or "", match[4])

    def _flags(self, on: str, off: str, end: str) -> str:
        if "U" in on + off:
            raise UnsupportedError(f"unsupported flag U in the regular expression `{self._text}`")
        multiline = (self._multiline[-1] or "m" in on) and "m" not in off
        if end == ":":
            self._multiline.append(multiline)
            return f"(?{on}{'-' + off if off else ''}:"
        if self._at != match_length(on, off) or len(self._multiline) > 1:
            return self._flags_from_here(on, off, multiline=multiline)
        self._multiline[-1] = multiline
        return f"(?{on})" if on and not off else ""

    def _flags_from_here(self, on: str, off: str, *, multiline: bool) -> str:
        """Python has flags for the rest of a group only as a group of its own."""
        self._multiline.append(multiline)
        depth = len(self._multiline)
        parts = []
        while self._at < len(self._text):
            if self._text[self._at] == ")" and len(self._multiline) == depth:
                break
            if self._text[self._at] == "|" and len(self._multiline) == depth:
                raise UnsupportedError(
                    f"unsupported: flags before `|` in the regular expression `{self._text}`"
                )
            parts.append(self._part())
        self._multiline.pop()
        return f"(?{on}{'-' + off if off else ''}:{''.join(parts)})"

    def _escape(self) -> str:
        self._at += 1
        char = self._text[self._at : self._at + 1]
        if char in _ANCHORS:
            self._at += 1
            return _ANCHORS[char]
        if char == "Q":
            end = self._text.find(r"\E", self._at)
            body = self._text[self._at + 1 : end if end >= 0 else None]
            self._at = end + 2 if end >= 0 else len(self._text)
            return re.escape(body)
        if char.lower() in _CLASSES:
            self._at += 1
            return f"[{'^' if char.isupper() else ''}{_CLASSES[char.lower()]}]"
        return self._character()

    def _character(self) -> str:
        """An escape that stands for one character, after its backslash."""
        char = self._text[self._at : self._at + 1]
        if match := _HEX.match(self._text, self._at) or _OCTAL.match(self._text, self._at):
            self._at = match.end()
            code = int(match[1] or match[2], 16) if match[0][0] == "x" else int(match[0], 8)
            if code > 0x10FFFF:
                raise self._refuse("invalid escape sequence")
            return f"\\U{code:08x}"
        self._at += 1
        if char in _LITERAL:
            return _LITERAL[char]
        if char in ("p", "P"):
            raise UnsupportedError(
                f"unsupported Unicode class in the regular expression `{self._text}`"
            )
        if not char or char.isalnum() or ord(char) > 127:
            raise self._refuse(f"invalid escape sequence: `\\{char}`")
        return re.escape(char)

    def _class(self) -> str:
        self._at += 1
        parts = ["["]
        if self._text.startswith("^", self._at):
            self._at += 1
            parts.append("^")
        first = True
        while first or not self._text.startswith("]", self._at):
            if self._at >= len(self._text):
                raise self._refuse("missing closing ]")
            parts.append(self._member())
            first = False
        self._at += 1
        return "".join(parts) + "]"

    def _member(self) -> str:
        if match := _POSIX_CLASS.match(self._text, self._at):
            if match[2] not in _POSIX:
                raise self._refuse(f"invalid character class range: `{match[0]}`")
            if match[1]:
                raise UnsupportedError(f"unsupported class in the expression `{self._text}`")
            self._at = match.end()
            return _POSIX[match[2]]
        char = self._text[self._at]
        self._at += 1
        if char != "\\":
            return "\\" + char if char in "[]&~|" else char
        kind = self._text[self._at : self._at + 1]
        if kind.lower() in _CLASSES:
            self._at += 1
            return f"\\{kind}" if kind.isupper() else _CLASSES[kind]
        return self._character()


def match_length(on: str, off: str) -> int:
    """How long flags at the very start are."""
    return len(on) + (len(off) + 1 if off else 0) + 3
