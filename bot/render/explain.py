"""What a parser's complaint means, in the words and on the line of the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from yaml import MarkedYAMLError, YAMLError

from bot.render.failures import failure
from bot.render.line_numbers import BEYOND
from checks.model import RenderFailure

_TEMPLATE_REMEDY = (
    "If this is a template, commit what it renders to, or give it an extension such as .yaml.tmpl."
)
# What the parser was at when it notices too late that it has no end.
_OPENED = ("while scanning a simple key", "while scanning a quoted scalar")


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why reading stopped: what to say on which line, and where the parser was if further."""

    code: str
    line: int
    error: str
    stopped: int = 0
    remedy: str = ""


def undecodable(path: str, data: bytes) -> RenderFailure | None:
    """The failure of a file that is no UTF-8 text, None for one that is."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return failure("not-utf8", path, 1, "the file is UTF-16, not UTF-8")
    if b"\0" in data:
        return failure("binary", path, 0, "the file is binary: it holds NUL bytes")
    try:
        data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        byte = data[error.start]
        return failure("not-utf8", path, line, f"the byte 0x{byte:02x} here is not UTF-8 text")
    return None


def explained(error: YAMLError, data: bytes, line_at: Sequence[int]) -> Trouble:
    """A syntax error of a parser whose line n is the file's line line_at[n].

    The last of `line_at` are BEYOND the end of the file.
    """
    if not isinstance(error, MarkedYAMLError) or error.problem_mark is None:
        said = str(error).partition("\n")[0] or "this is not YAML"
        return Trouble("yaml-syntax", line_at[0], said, stopped=line_at[-1])
    stopped = line = line_at[error.problem_mark.line]
    at_end = error.problem_mark.line >= len(line_at) - BEYOND
    said = str(error.problem)
    if error.context and error.context_mark is not None:
        begins = line_at[error.context_mark.line]
        # Where something was never closed, where it was opened is the line that helps.
        if at_end or error.context in _OPENED or _line_text(data, stopped).startswith(b"---"):
            line = begins
        said = f"{said} {error.context}"
        if begins < line:
            said = f"{said} that begins on line {begins}"
    text = _line_text(data, line)
    indent = text[: len(text) - len(text.lstrip())]
    if b"\t" in indent:
        said = "the line is indented with a tab; YAML allows only spaces there"
    remedy = _TEMPLATE_REMEDY if b"{{" in text or b"{%" in text else ""
    return Trouble("yaml-syntax", line, said, stopped=stopped, remedy=remedy)


def not_allowed(character: bytes, line: int) -> Trouble:
    """A character, in UTF-8, that YAML has no place for."""
    said = f"the character U+{ord(character.decode()):04X} is not allowed in YAML"
    return Trouble("yaml-syntax", line, said)


def _line_text(data: bytes, line: int) -> bytes:
    """The text of a line (from 1), without its end."""
    return data.split(b"\n", line)[line - 1]
