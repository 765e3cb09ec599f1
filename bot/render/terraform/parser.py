"""Tokens into the syntax tree: bodies of attributes and blocks."""

from __future__ import annotations

from bot.render.terraform.expressions import Expressions
from bot.render.terraform.lexer import template_of, tokens_of
from bot.render.terraform.syntax import Attribute, Block, Body, Expr, HclError
from bot.render.terraform.templates import templated

_DEEPEST_BLOCK = 20
_LONGEST_SHOWN = 80


def parse(text: str) -> Body:
    """The attributes and blocks of a file. Raises HclError."""
    try:
        return _Parser(text).file()
    except RecursionError:
        raise HclError(1, "its expressions are nested too deeply") from None


def parse_template(text: str) -> Expr:
    """A file that is a template as a whole. Raises HclError."""
    return templated(template_of(text), 1)


class _Parser(Expressions):
    def __init__(self, text: str) -> None:
        super().__init__(tokens_of(text), templated)
        self._text = text

    def file(self) -> Body:
        """Everything up to the end of the text."""
        return self._body("", 0)

    def _body(self, end: str, depth: int) -> Body:
        if depth > _DEEPEST_BLOCK:
            raise HclError(self.line, f"blocks are nested deeper than {_DEEPEST_BLOCK} levels")
        attributes: dict[str, Attribute] = {}
        blocks: list[Block] = []
        while True:
            self.newlines()
            token = self.take()
            if token.kind == "end" if not end else token.text == end and token.kind == "op":
                return Body(attributes=attributes, blocks=tuple(blocks))
            if token.kind != "name":
                raise HclError(token.line, "the name of an attribute or of a block is missing here")
            if self.at("="):
                found = self._attribute(token.text, token.line)
                if found.name in attributes:
                    first = attributes[found.name].line
                    said = f"{found.name} is given twice; the first is on line {first}"
                    raise HclError(token.line, said)
                attributes[found.name] = found
            else:
                blocks.append(self._block(token.text, token.line, depth))
            if not (end and self.at(end)) and self.peek().kind not in ("newline", "end"):
                raise HclError(self.line, f"a new line is missing before {self.shown()}")

    def _attribute(self, name: str, line: int) -> Attribute:
        self.expect("=")
        start = self.peek().start
        expr = self.expression()
        text = " ".join(self._text[start : self.last_end].split())
        shown = text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"
        return Attribute(name=name, expr=expr, line=line, text=shown)

    def _block(self, name: str, line: int, depth: int) -> Block:
        labels: list[str] = []
        while not self.at("{"):
            token = self.take()
            if token.kind == "name":
                labels.append(token.text)
            elif token.kind == "template" and all(part.kind == "text" for part in token.parts):
                labels.append("".join(part.text for part in token.parts))
            else:
                raise HclError(token.line, f"{name} is followed by neither = nor a block's {{")
        self.expect("{")
        body = self._body("}", depth + 1)
        return Block(type=name, labels=tuple(labels), body=body, line=line)
