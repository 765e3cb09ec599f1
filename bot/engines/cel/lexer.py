"""CEL's text as tokens."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from bot.engines.cel.values import INT_MAX, UINT_MAX, UInt


class SyntaxFault(Exception):  # noqa: N818 - not an error of ours
    """The text is no CEL; the message says where."""

    def __init__(self, text: str, at: int, said: str) -> None:
        line = text.count("\n", 0, at) + 1
        column = at - (text.rfind("\n", 0, at) + 1) + 1
        super().__init__(f"{line}:{column}: {said}")


class Token(NamedTuple):
    """`kind` is "ident", "value", "end", or the symbol itself."""

    kind: str
    value: Any
    at: int


_SPACE = re.compile(r"(?:[\t\n\f\r ]+|//[^\n]*)*")
_NUMBER = re.compile(
    r"0[xX][0-9a-fA-F]+[uU]?"
    r"|(?:[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|\.[0-9]+(?:[eE][+-]?[0-9]+)?)"
    r"|[0-9]+[uU]?"
)
_IDENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_QUOTED_IDENT = re.compile(r"`([A-Za-z0-9_.\-/ ]+)`")
_STRING = re.compile(r"(?P<prefix>[rR][bB]|[bB][rR]|[rRbB])?(?P<quote>\"\"\"|'''|\"|')", re.ASCII)
_SYMBOL = re.compile(r"\[\?|\.\?|&&|\|\||==|!=|<=|>=|[-+*/%<>!?:.,()\[\]{}]")
_ESCAPE = re.compile(
    r"\\(?:(?P<plain>[abfnrtv\\?\"'`])|[xX](?P<hex>[0-9a-fA-F]{2})|u(?P<u>[0-9a-fA-F]{4})"
    r"|U(?P<U>[0-9a-fA-F]{8})|(?P<octal>[0-3][0-7]{2})|(?P<bad>.?))",
    re.DOTALL,
)
_PLAIN = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_WORDS = {"true": True, "false": False, "null": None}
RESERVED = frozenset(
    [
        "as",
        "break",
        "const",
        "continue",
        "else",
        "for",
        "function",
        "if",
        "import",
        "let",
        "loop",
        "package",
        "namespace",
        "return",
        "var",
        "void",
        "while",
    ]
)


def tokens(text: str) -> list[Token]:
    """The tokens of a text, "end" the last. Raises SyntaxFault."""
    found: list[Token] = []
    at = 0
    while True:
        space = _SPACE.match(text, at)
        at = space.end() if space else at
        if at >= len(text):
            found.append(Token("end", None, at))
            return found
        token, at = _token(text, at)
        found.append(token)


def _token(text: str, at: int) -> tuple[Token, int]:
    if match := _STRING.match(text, at):
        return _string(text, at, match)
    if match := _NUMBER.match(text, at):
        return Token("value", _number(text, at, match[0]), at), match.end()
    if match := _IDENT.match(text, at):
        word = match[0]
        if word in _WORDS:
            return Token("value", _WORDS[word], at), match.end()
        return Token("in" if word == "in" else "ident", word, at), match.end()
    if match := _QUOTED_IDENT.match(text, at):
        return Token("quoted", match[1], at), match.end()
    if match := _SYMBOL.match(text, at):
        return Token(match[0], match[0], at), match.end()
    raise SyntaxFault(text, at, f"Syntax error: token recognition error at: '{text[at]}'")


def _number(text: str, at: int, digits: str) -> Any:
    if digits[-1] in "uU" or digits[:2] in ("0x", "0X") or digits.isdecimal():
        unsigned = digits[-1] in "uU"
        value = int(digits.rstrip("uU"), 16 if digits[:2] in ("0x", "0X") else 10)
        if value > (UINT_MAX if unsigned else INT_MAX + 1):
            raise SyntaxFault(text, at, "invalid int literal")
        return UInt(value) if unsigned else value
    return float(digits)


def _string(text: str, at: int, match: re.Match[str]) -> tuple[Token, int]:
    quote, prefix = match["quote"], (match["prefix"] or "").lower()
    end = start = match.end()
    while not text.startswith(quote, end):
        if end >= len(text) or (len(quote) == 1 and text[end] in "\r\n"):
            raise SyntaxFault(text, at, "Syntax error: a string does not end")
        end += 2 if text[end] == "\\" and "r" not in prefix else 1
    body = text[start:end]
    if "b" in prefix:
        value: Any = _bytes(text, at, body, raw="r" in prefix)
    else:
        value = body if "r" in prefix else _ESCAPE.sub(lambda m: _char(text, at, m), body)
    return Token("value", value, at), end + len(quote)


def _char(text: str, at: int, match: re.Match[str]) -> str:
    if match["plain"]:
        return _PLAIN.get(match["plain"], match["plain"])
    code = match["hex"] or match["u"] or match["U"]
    if code or match["octal"]:
        number = int(code, 16) if code else int(match["octal"], 8)
        if number < 0x110000 and not 0xD800 <= number < 0xE000:
            return chr(number)
    raise SyntaxFault(text, at, f"Syntax error: unable to unescape string {match[0]!r}")


def _bytes(text: str, at: int, body: str, *, raw: bool) -> bytes:
    """Escapes of one byte stand for that byte, everything else for its UTF-8."""
    if raw:
        return body.encode()
    parts, last = [], 0
    for match in _ESCAPE.finditer(body):
        parts.append(body[last : match.start()].encode())
        char = _char(text, at, match)
        single = match["hex"] or match["octal"]
        parts.append(bytes([ord(char)]) if single else char.encode())
        last = match.end()
    return b"".join([*parts, body[last:].encode()])
