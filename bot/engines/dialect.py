"""What the engine reads in another way than OPA does, written so that both agree. No line moves.

A term and a bracket on the next line are one call to the engine, two expressions to OPA. A rule of
the old syntax with several bodies (`p[x] { … } { … }`) is refused where it makes a set.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+) | (?P<comment>\#[^\n]*)
      | (?P<text>"(?:[^"\\\n]|\\.)*" | `[^`]*`)
      | (?P<word>[A-Za-z_]\w*) | (?P<number>\d[\w.]*) | (?P<mark>:=|.)""",
    re.VERBOSE | re.DOTALL,
)
# Words after which an expression is still to come.
_OPEN_WORDS = frozenset(
    ("as", "contains", "default", "else", "every", "if", "import", "in", "not", "package", "some")
) | {"with"}
_ENDS = frozenset(")]}")


class _Token(NamedTuple):
    """A word, a text, a number or a mark, where it begins and ends, and how deep in brackets it
    stands; `fresh` is whether it is the first of its line."""

    kind: str
    text: str
    start: int
    end: int
    depth: int
    fresh: bool


def as_opa_reads(text: str) -> str:
    """The module with what OPA takes for granted written out."""
    tokens = list(_tokens(text))
    added = [*_separators(tokens), *_heads(text, tokens)]
    for at, what in sorted(added, reverse=True):
        text = text[:at] + what + text[at:]
    return text


def _tokens(text: str) -> Iterator[_Token]:
    depth, fresh = 0, True
    for found in _TOKEN.finditer(text):
        kind, said = str(found.lastgroup), found.group()
        if kind == "space":
            fresh = fresh or "\n" in said
            continue
        if kind == "comment":
            continue
        depth -= said in _ENDS
        yield _Token(kind, said, found.start(), found.end(), depth, fresh)
        depth += said in ("(", "[", "{")
        fresh = False


def _separators(tokens: list[_Token]) -> Iterator[tuple[int, str]]:
    """Where an expression ends with its line and the next begins with a bracket."""
    for before, token in pairwise(tokens):
        if token.fresh and token.depth and token.text in ("(", "[") and _complete(before):
            yield before.end, ";"


def _complete(token: _Token) -> bool:
    if token.kind == "word":
        return token.text not in _OPEN_WORDS
    return token.kind != "mark" or token.text in _ENDS


def _heads(text: str, tokens: list[_Token]) -> Iterator[tuple[int, str]]:
    """The head of a rule again, before each further body that it has."""
    head: list[_Token] = []
    body = closed = False
    for before, token in zip([None, *tokens], tokens, strict=False):
        if body:
            body = token.depth > 0 or token.text != "}"
            closed = not body
        elif token.depth == 0 and token.text == "{" and closed:
            yield token.start, _line(text, head)
            body = True
        elif token.depth == 0 and token.text == "{" and _opens_body(before):
            body = True
        else:
            if closed or (token.fresh and token.kind == "word" and _begins(before)):
                head = []
            head.append(token)
            closed = False


def _opens_body(before: _Token | None) -> bool:
    return before is not None and (_complete(before) or before.text in ("if", "else"))


def _begins(before: _Token | None) -> bool:
    return before is None or _complete(before)


def _line(text: str, head: list[_Token]) -> str:
    """Tokens in one line."""
    line, end = " ", head[0].start if head else 0
    for token in head:
        line += (" " if token.start > end else "") + text[token.start : token.end]
        end = token.end
    return line.replace("\n", " ") + " "
