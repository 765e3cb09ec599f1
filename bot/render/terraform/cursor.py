"""A place in a row of tokens, which moves on."""

from __future__ import annotations

from collections.abc import Sequence

from bot.render.terraform.lexer import Token
from bot.render.terraform.syntax import HclError


class Cursor:
    """A reader of tokens. Within brackets a new line means nothing (`_flat`)."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._flat = False

    @property
    def line(self) -> int:
        """The line of the next token."""
        return self.peek().line

    @property
    def last_end(self) -> int:
        """Where in the text the last token that was taken ends."""
        return self._tokens[self._at - 1].end

    def peek(self) -> Token:
        """The next token, which stays."""
        while self._flat and self._tokens[self._at].kind == "newline":
            self._at += 1
        return self._tokens[self._at]

    def take(self) -> Token:
        """The next token; the end is never passed."""
        token = self.peek()
        self._at += token.kind != "end"
        return token

    def at(self, *ops: str) -> bool:
        """Whether one of these comes next."""
        token = self.peek()
        return token.kind == "op" and token.text in ops

    def expect(self, op: str) -> None:
        """Take that operator. Raises HclError."""
        if not self.at(op):
            raise HclError(self.line, f"{op} is missing before {self.shown()}")
        self._at += 1

    def newlines(self) -> None:
        """Pass over new lines."""
        while self._tokens[self._at].kind == "newline":
            self._at += 1

    def shown(self) -> str:
        """The next token in words."""
        token = self.peek()
        names = {"end": "the end", "newline": "the end of the line", "template": "a text"}
        return names.get(token.kind) or repr(token.text)

    def word(self, text: str) -> bool:
        """Whether this word comes next; if so it is taken."""
        token = self.peek()
        if token.kind != "name" or token.text != text:
            return False
        self.take()
        return True

    def ahead(self, count: int) -> Token:
        """The token so many after the next one, the last where there are not as many."""
        return self._tokens[min(self._at + count, len(self._tokens) - 1)]
