"""What of a Terraform file tells which modules and files it uses, without evaluating anything.

The file is hostile: each character is looked at once, whatever is in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# Every alternative matches to the end of the file where what it begins has no end, so that nothing
# is scanned twice.
_TOKEN = re.compile(
    r"(?P<space>[ \t\r]+)|(?P<line>\n)|(?P<comment>(?:#|//)[^\n]*)"
    r"|(?P<block>/\*(?:[^*]|\*(?!/))*+(?:\*/)?)"
    r"|(?P<text>\"(?:[^\"\\\n]|\\.)*+\"?)|<<-?(?P<heredoc>[A-Za-z_][\w-]*)[^\n]*+\n?"
    r"|(?P<word>[A-Za-z_][\w-]*)|(?P<sign>.)",
    re.DOTALL,
)
_HERE = re.compile(r"\$\{path\.(?:module|root)\}/")


@dataclass(frozen=True, slots=True)
class Module:
    """A call of a module: what its source says, with the line of that."""

    name: str
    source: str
    line: int


@dataclass(frozen=True, slots=True)
class Hcl:
    """What one file refers to. `texts` are its strings, without a leading ${path.module}/."""

    modules: tuple[Module, ...]
    texts: frozenset[str]


def scan(data: bytes) -> Hcl:
    """What a .tf file refers to. Never raises; what is no HCL refers to nothing."""
    modules: list[Module] = []
    texts: set[str] = set()
    depth = 0
    # The words and strings since the last line or block began: `module "name" {`, `source = "x"`.
    head: list[str] = []
    name = ""
    for kind, token, line in _tokens(data.decode(errors="replace")):
        if kind == "text":
            text = token.strip('"')
            texts.add(_HERE.sub("", text, count=1))
            if depth == 1 and name and head == ["source", "="]:
                modules.append(Module(name, text, line))
            head.append(token)
        elif kind == "line":
            head = []
        elif token == "{":
            if depth == 0:
                # A name cannot be told from none, but every module block has one.
                name = head[1].strip('"') if len(head) == 2 and head[0] == "module" else ""
            depth += 1
            head = []
        elif token == "}":
            depth = max(0, depth - 1)
            head = []
        elif len(head) < 4:
            head.append(token)
    return Hcl(tuple(modules), frozenset(texts))


def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
    """(kind, token, line) of all that is neither space nor comment."""
    at, line = 0, 1
    while (match := _TOKEN.match(text, at)) is not None:
        kind, at = match.lastgroup or "", match.end()
        if kind not in ("space", "comment", "block", "heredoc"):
            yield kind, match.group(), line
        if kind == "heredoc":
            at = _after(text, at, match["heredoc"])
        if kind in ("line", "block", "text", "heredoc", "sign"):
            line += text.count("\n", match.start(), at)


def _after(text: str, at: int, word: str) -> int:
    """Where a heredoc is over: behind the line with nothing but its word."""
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        if text[at:end].strip() == word:
            return end
        at = end + 1
    return len(text)
