"""Tokens into expressions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from bot.render.terraform.cursor import Cursor
from bot.render.terraform.lexer import Part, Token
from bot.render.terraform.syntax import (
    Attr,
    Binary,
    Call,
    Choice,
    Each,
    Expr,
    For,
    HclError,
    Index,
    Literal,
    Name,
    Object,
    Splat,
    Tuple,
    Unary,
)

_DEEPEST = 60
_BINDING = {
    "||": 1,
    "&&": 2,
    "==": 3,
    "!=": 3,
    "<": 4,
    ">": 4,
    "<=": 4,
    ">=": 4,
    "+": 5,
    "-": 5,
    "*": 6,
    "/": 6,
    "%": 6,
}
# The parts of a template, its line and its depth: a template has expressions in it, and they it.
Templated: TypeAlias = Callable[[Sequence[Part], int, int], Expr]
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}


class Expressions(Cursor):
    """A reader of expressions."""

    def __init__(self, tokens: Sequence[Token], templated: Templated, depth: int = 0) -> None:
        super().__init__(tokens)
        self._templated = templated
        self._depth = depth

    def expression(self) -> Expr:
        """The expression that comes next. Raises HclError."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise HclError(self.line, f"expressions are nested deeper than {_DEEPEST} levels")
        found = self._binary(1)
        if self.at("?"):
            self.expect("?")
            yes = self.expression()
            self.expect(":")
            found = Choice(test=found, yes=yes, no=self.expression())
        self._depth -= 1
        return found

    def _binary(self, least: int) -> Expr:
        left = self._unary()
        while (token := self.peek()).kind == "op" and _BINDING.get(token.text, 0) >= least:
            self._at += 1
            right = self._binary(_BINDING[token.text] + 1)
            left = Binary(op=token.text, left=left, right=right)
        return left

    def _unary(self) -> Expr:
        ops: list[str] = []
        while self.at("-", "!"):
            ops.append(self.take().text)
        if len(ops) > _DEEPEST:
            raise HclError(self.line, f"more than {_DEEPEST} signs in a row")
        found = self._postfix(self._primary())
        for op in reversed(ops):
            found = Unary(op=op, of=found)
        return found

    def _postfix(self, found: Expr) -> Expr:
        steps = 0
        while self.at(".", "["):
            steps += 1
            if steps > _DEEPEST:
                raise HclError(self.line, f"a reference has more than {_DEEPEST} steps")
            if self.at("["):
                self.expect("[")
                if self.at("*") and self.ahead(1).text == "]":
                    self._at += 2
                    return Splat(of=found, step=self._postfix(Each()))
                found = Index(of=found, key=self._bracketed())
                continue
            self.expect(".")
            if self.at("*"):
                self.expect("*")
                found = Splat(of=found, step=self._names(Each()))
            else:
                found = self._step(found)
        return found

    def _names(self, found: Expr) -> Expr:
        """The names after `.*`, which, unlike after `[*]`, belong to the elements alone."""
        while self.at("."):
            self.expect(".")
            found = self._step(found)
        return found

    def _step(self, found: Expr) -> Expr:
        token = self.take()
        if token.kind == "name":
            return Attr(of=found, name=token.text)
        if token.kind == "number" and all(part.isdigit() for part in token.text.split(".")):
            # The old way to write an index: list.0.name.
            for part in token.text.split("."):
                found = Index(of=found, key=Literal(value=int(part)))
            return found
        raise HclError(token.line, "a name is missing after the dot")

    def _bracketed(self) -> Expr:
        """The expression up to a closing bracket, over as many lines as it takes."""
        outer, self._flat = self._flat, True
        found = self.expression()
        self._flat = outer
        self.newlines()
        self.expect("]")
        return found

    def _primary(self) -> Expr:
        token = self.take()
        if token.kind == "template":
            return self._templated(token.parts, token.line, self._depth)
        if token.kind == "number":
            return _number(token)
        if token.kind == "name":
            return self._named(token)
        if token.kind == "op" and token.text in "([{":
            outer, self._flat = self._flat, True
            found = {"(": self._grouped, "[": self._tuple, "{": self._object}[token.text]()
            self._flat = outer
            return found
        self._at -= token.kind != "end"
        raise HclError(token.line, f"an expression is missing before {self.shown()}")

    def _named(self, token: Token) -> Expr:
        name = token.text
        if name in _WORDS:
            return Literal(value=_WORDS[name])
        while self.at("::"):
            self.expect("::")
            name = f"{name}::{self.take().text}"
        if not self.at("("):
            return Name(name=name)
        self.expect("(")
        outer, self._flat = self._flat, True
        args, spread = self._arguments()
        self._flat = outer
        return Call(name=name, args=args, spread=spread)

    def _arguments(self) -> tuple[tuple[Expr, ...], bool]:
        args: list[Expr] = []
        spread = False
        while not self.at(")"):
            args.append(self.expression())
            if self.at("..."):
                self.expect("...")
                spread = True
            if not self.at(")"):
                self.expect(",")
        self.expect(")")
        return tuple(args), spread

    def _grouped(self) -> Expr:
        found = self.expression()
        self.expect(")")
        return found

    def _tuple(self) -> Expr:
        if self._is_for():
            return self._for("]")
        items: list[Expr] = []
        while not self.at("]"):
            items.append(self.expression())
            if not self.at("]"):
                self.expect(",")
        self.expect("]")
        return Tuple(items=tuple(items))

    def _object(self) -> Expr:
        if self._is_for():
            return self._for("}")
        items: list[tuple[Expr, Expr]] = []
        while not self.at("}"):
            key = self.expression()
            if not self.at("=", ":"):
                raise HclError(self.line, f"= is missing before {self.shown()}")
            self.take()
            # Here a new line means something: it ends the item.
            self.newlines()
            self._flat = False
            items.append((_key(key), self.expression()))
            ended = self.peek().kind == "newline"
            self._flat = True
            if self.at(","):
                self.expect(",")
            elif not self.at("}") and not ended:
                raise HclError(self.line, f"a comma is missing before {self.shown()}")
        self.expect("}")
        return Object(items=tuple(items))

    def _is_for(self) -> bool:
        token = self.peek()
        return token.kind == "name" and token.text == "for" and self.ahead(1).kind == "name"

    def _for(self, end: str) -> For:
        names, of = self.for_head()
        self.expect(":")
        value, key, group = self.expression(), None, False
        if end == "}":
            self.expect("=>")
            key, value = value, self.expression()
            if self.at("..."):
                self.expect("...")
                group = True
        test = self.expression() if self.word("if") else None
        self.expect(end)
        return For(names=names, of=of, key=key, value=value, test=test, group=group)

    def for_head(self) -> tuple[tuple[str, ...], Expr]:
        """`for k, v in of`: its names and what it goes through. Raises HclError."""
        self.take()
        names = [self.take().text]
        if self.at(","):
            self.expect(",")
            names.append(self.take().text)
        if not self.word("in"):
            raise HclError(self.line, f"'in' is missing before {self.shown()}")
        return tuple(names), self.expression()


def _key(key: Expr) -> Expr:
    """A bare name as a key is its own text; a reference needs brackets."""
    return Literal(value=key.name) if isinstance(key, Name) else key


def _number(token: Token) -> Literal:
    if len(token.text) > 400:
        raise HclError(token.line, "a number has more than 400 digits")
    if token.text.isdigit():
        return Literal(value=int(token.text))
    value = float(token.text)
    if value in (float("inf"), float("-inf")):
        raise HclError(token.line, f"{token.text} is too large for a number")
    return Literal(value=int(value) if value.is_integer() else value)
