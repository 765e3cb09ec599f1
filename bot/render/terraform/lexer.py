"""Terraform's text into tokens. It takes linear time and a bounded depth, whatever the text."""

from __future__ import annotations

import re
from typing import NamedTuple

from bot.render.terraform.syntax import HclError

# Strings in interpolations in strings; nobody writes more than three.
_DEEPEST = 30
_SKIP = re.compile(r"[ \t\r\ufeff]+|(?:#|//)[^\n]*")
_NAME = re.compile(r"[^\W\d][\w-]*")
_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_HEREDOC = re.compile(r"<<(-?)([^\W\d][\w.-]*)[ \t\r]*\n")
_OPERATOR = re.compile(r"\.\.\.|=>|==|!=|<=|>=|&&|\|\||::|[-+*/%!<>=?:,.(){}\[\]~]")
# Text up to what means something in a quoted template, and in a heredoc.
_QUOTED = re.compile(r'[^"\\$%\n]+')
_PLAIN = re.compile(r"[^$%]+")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


class Token(NamedTuple):
    """One token. `kind` is "name", "number", "op", "newline", "template" or "end"; `parts` are
    those of a template; `start` and `end` are offsets."""

    kind: str
    text: str
    line: int
    start: int
    end: int
    parts: tuple[Part, ...] = ()


class Part(NamedTuple):
    """A part of a template: text, or the tokens of an interpolation ("${") or a directive ("%{").

    `trim` are the sides on which "~" takes the white space of the text next to it.
    """

    kind: str
    text: str = ""
    tokens: tuple[Token, ...] = ()
    trim: tuple[bool, bool] = (False, False)


def tokens_of(text: str) -> list[Token]:
    """All tokens of a file, an "end" last. Raises HclError."""
    return Lexer(text, 1, 0).tokens(inside=False)


def template_of(text: str) -> tuple[Part, ...]:
    """The parts of a text that is a template as a whole (a file). Raises HclError."""
    return Lexer(text, 1, 0).template(quoted=False)


class Lexer:
    """One run over one text; `line` is that of its beginning."""

    def __init__(self, text: str, line: int, depth: int) -> None:
        if depth > _DEEPEST:
            raise HclError(line, f"templates are nested deeper than {_DEEPEST} levels")
        self._text = text
        self._at = 0
        self._line = line
        self._depth = depth

    def tokens(self, *, inside: bool) -> list[Token]:
        """The tokens to the end of the text, or to the brace that ends an interpolation."""
        text, found, braces = self._text, [], 0
        while True:
            self._skip()
            if self._at >= len(text):
                if inside:
                    raise HclError(self._line, "an interpolation is not closed: } is missing")
                found.append(Token("end", "", self._line, self._at, self._at))
                return found
            token = self._token()
            if inside and token.text == "~" and text.startswith("}", token.end):
                continue
            if inside and token.kind == "op" and token.text in "{}":
                braces += 1 if token.text == "{" else -1
                if braces < 0:
                    found.append(token._replace(kind="end"))
                    return found
            found.append(token)

    def _skip(self) -> None:
        text = self._text
        while True:
            if space := _SKIP.match(text, self._at):
                self._at = space.end()
            elif text.startswith("/*", self._at):
                end = text.find("*/", self._at + 2)
                if end < 0:
                    raise HclError(self._line, "a comment is not closed: */ is missing")
                self._line += text.count("\n", self._at, end)
                self._at = end + 2
            else:
                return

    def _token(self) -> Token:
        text, start, line = self._text, self._at, self._line
        first = text[start]
        if first == "\n":
            self._at, self._line = start + 1, line + 1
            return Token("newline", first, line, start, start + 1)
        if first == '"':
            self._at += 1
            parts = self.template(quoted=True)
            return Token("template", "", line, start, self._at, parts)
        if first == "<" and (opening := _HEREDOC.match(text, start)):
            return self._heredoc(opening)
        for kind, pattern in (("name", _NAME), ("number", _NUMBER), ("op", _OPERATOR)):
            if found := pattern.match(text, start):
                self._at = found.end()
                return Token(kind, found[0], line, start, self._at)
        raise HclError(line, f"{first!r} has no meaning here")

    def _heredoc(self, opening: re.Match[str]) -> Token:
        line, start = self._line, opening.start()
        ending = re.compile(rf"^[ \t]*{re.escape(opening[2])}[ \t\r]*$", re.MULTILINE)
        closing = ending.search(self._text, opening.end())
        if closing is None:
            raise HclError(line, f"the heredoc is not closed: {opening[2]} is missing")
        content = self._text[opening.end() : closing.start()]
        if opening[1]:
            content = _dedented(content)
        parts = Lexer(content, line + 1, self._depth + 1).template(quoted=False)
        self._at = closing.end()
        self._line += self._text.count("\n", start, self._at)
        return Token("template", "", line, start, self._at, parts)

    def template(self, *, quoted: bool) -> tuple[Part, ...]:
        """The parts of a template up to its closing quote, or to the end of the text."""
        parts: list[Part] = []
        literal: list[str] = []
        while (piece := self._literal(quoted)) is not None:
            if piece:
                literal.append(piece)
                continue
            if literal:
                parts.append(Part("text", "".join(literal)))
                literal = []
            parts.append(self._interpolation())
        if literal:
            parts.append(Part("text", "".join(literal)))
        return tuple(parts)

    def _literal(self, quoted: bool) -> str | None:
        """The next bit of text, "" before an interpolation, None at the end."""
        text, at = self._text, self._at
        if at >= len(text):
            if quoted:
                raise HclError(self._line, 'a text is not closed: " is missing')
            return None
        if run := (_QUOTED if quoted else _PLAIN).match(text, at):
            self._line += run[0].count("\n")
            self._at = run.end()
            return run[0]
        if text[at] in "$%":
            return self._dollar(text, at)
        if text[at] == '"':
            self._at += 1
            return None
        if text[at] == "\n":
            raise HclError(self._line, 'a text is not closed on its line: " is missing')
        return self._escape(text, at)

    def _dollar(self, text: str, at: int) -> str:
        if text.startswith((text[at] * 2 + "{"), at):
            self._at += 3
            return text[at] + "{"
        if text.startswith("{", at + 1):
            return ""
        self._at += 1
        return text[at]

    def _escape(self, text: str, at: int) -> str:
        letter = text[at + 1 : at + 2]
        digits = {"u": 4, "U": 8}.get(letter, 0)
        self._at += 2 + digits
        if not digits:
            if letter not in _ESCAPES:
                raise HclError(self._line, f"there is no escape \\{letter}")
            return _ESCAPES[letter]
        try:
            found = chr(int(text[at + 2 : at + 2 + digits], 16))
            # Half a pair is no character, and could not be written anywhere.
            return "\ufffd" if "\ud800" <= found <= "\udfff" else found
        except (ValueError, OverflowError):
            raise HclError(self._line, f"\\{letter} is followed by no character's number") from None

    def _interpolation(self) -> Part:
        text, kind = self._text, self._text[self._at : self._at + 2]
        self._at += 2
        before = text.startswith("~", self._at)
        inner = Lexer(text, self._line, self._depth + 1)
        inner._at = self._at + before
        found = inner.tokens(inside=True)
        self._at, self._line = inner._at, inner._line
        after = text.startswith("~}", self._at - 2)
        return Part(kind, "", tuple(found), (before, after))


def _dedented(content: str) -> str:
    """A heredoc of <<- without the indentation that all its lines share."""
    lines = content.split("\n")
    widths = [len(line) - len(line.lstrip(" \t")) for line in lines if line.strip()]
    width = min(widths, default=0)
    return "\n".join(line[width:] if line.strip() else line for line in lines)
