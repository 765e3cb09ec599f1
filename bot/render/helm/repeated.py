"""Keys that a template prints twice: the last one counts, as it does for Helm and kubectl."""

from __future__ import annotations

import re

from bot.render.build import Document
from bot.render.yaml_reader import read
from checks.model import RenderFailure

_CODE = "duplicate-key"
_FIRST = re.compile(r"the first is on line (\d+)$")
_KEY = re.compile(r"(\s*(?:- )?)([^\s#][^:]*:)")
# Each takes another reading of the output.
_MOST = 100


def documents(path: str, text: str) -> tuple[list[Document], list[RenderFailure]]:
    """What `read` gives, after all but the last of repeated keys are taken out; the lines stay."""
    for _ in range(_MOST):
        found, failures = read(path, text.encode())
        repeated = [failure for failure in failures if failure.code == _CODE]
        shorter = text
        for failure in repeated:
            first = _FIRST.search(failure.error)
            shorter = _without(shorter, int(first[1])) if first else shorter
        if shorter == text:
            break
        text = shorter
    return found, failures


def _without(text: str, number: int) -> str:
    """The text with the entry that begins on a line (from 1) empty."""
    lines = text.split("\n")
    begins = _KEY.match(lines[number - 1])
    if begins is None:
        return text
    indent = len(begins[1])
    lines[number - 1] = begins[1] if "-" in begins[1] else ""
    for index in range(number, len(lines)):
        line = lines[index]
        deep = len(line) - len(line.lstrip()) > indent or line[indent:].startswith("- ")
        if line.strip() and (not deep or line.startswith("---")):
            break
        lines[index] = ""
    return "\n".join(lines)
