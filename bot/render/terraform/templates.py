"""The parts of a template into an expression; `%{ if }` and `%{ for }` are blocks of parts."""

from __future__ import annotations

from collections.abc import Sequence

from bot.render.terraform.expressions import Expressions
from bot.render.terraform.lexer import Part
from bot.render.terraform.syntax import (
    Choice,
    Expr,
    For,
    HclError,
    Joined,
    Literal,
    Template,
)


def templated(parts: Sequence[Part], line: int, depth: int = 0) -> Expr:
    """The expression that a template is: a Literal where it is plain text. Raises HclError."""
    reader = _Templates(_trimmed(parts), line, depth)
    found, end = reader.until(())
    if end:
        raise HclError(line, f"%{{ {end} }} ends nothing")
    if isinstance(found, Template) and not found.parts:
        return Literal(value="")
    if isinstance(found, Template) and len(found.parts) == 1:
        # "${x}" is x itself, whatever its type.
        return found.parts[0]
    return found


class _Templates:
    def __init__(self, parts: Sequence[Part], line: int, depth: int) -> None:
        self._parts = parts
        self._line = line
        self._depth = depth
        self._at = 0

    def until(self, ends: tuple[str, ...]) -> tuple[Template, str]:
        """The parts up to one of these directives, and which it was ("" is the end)."""
        found: list[Expr] = []
        while self._at < len(self._parts):
            part = self._parts[self._at]
            self._at += 1
            if part.kind == "text":
                found.append(Literal(value=part.text))
                continue
            reader = Expressions(part.tokens, templated, self._depth + 1)
            reader.newlines()
            if part.kind == "${":
                found.append(_whole(reader))
                continue
            word = reader.peek().text
            if word in ("else", "endif", "endfor"):
                if word not in ends:
                    raise HclError(reader.line, f"%{{ {word} }} ends nothing")
                return Template(parts=tuple(found)), word
            found.append(self._directive(word, reader))
        if ends:
            raise HclError(self._line, f"%{{ {ends[-1]} }} is missing")
        return Template(parts=tuple(found)), ""

    def _directive(self, word: str, reader: Expressions) -> Expr:
        self._depth += 1
        if word == "if":
            reader.take()
            test = _whole(reader)
            yes, end = self.until(("else", "endif"))
            no = self.until(("endif",))[0] if end == "else" else Template(parts=())
            self._depth -= 1
            return Choice(test=test, yes=yes, no=no)
        if word == "for":
            names, of = reader.for_head()
            body, _ = self.until(("endfor",))
            self._depth -= 1
            loop = For(names=names, of=of, key=None, value=body, test=None, group=False)
            return Joined(of=loop)
        raise HclError(reader.line, f"there is no directive %{{ {word} }}")


def _whole(reader: Expressions) -> Expr:
    found = reader.expression()
    reader.newlines()
    if reader.peek().kind != "end":
        raise HclError(reader.line, f"}} is missing before {reader.shown()}")
    return found


def _trimmed(parts: Sequence[Part]) -> list[Part]:
    """The same parts without the white space that a "~" beside it takes away."""
    found = list(parts)
    for at, part in enumerate(parts):
        if part.trim[0] and at and found[at - 1].kind == "text":
            found[at - 1] = Part("text", found[at - 1].text.rstrip())
        if part.trim[1] and at + 1 < len(found) and found[at + 1].kind == "text":
            found[at + 1] = Part("text", found[at + 1].text.lstrip())
    return found
