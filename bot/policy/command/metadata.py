"""What OPA's annotations (`# METADATA`) say of a Rego file's package and rules."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.render.yaml_reader import read

_START = re.compile(r"#\s*METADATA\s*")
_PACKAGE = re.compile(r"\s*package\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One annotation. `line` is where it begins, `about` the line of what it is about; `package`
    is whether that is the package. `values` is {} where it is no YAML mapping."""

    line: int
    about: int
    package: bool
    values: Mapping[str, Any]

    def text(self, name: str) -> str:
        """A value that is text, "" where it is not."""
        value = self.values.get(name)
        return " ".join(value.split()) if isinstance(value, str) else ""

    @property
    def remedy(self) -> str:
        """`custom.remedy`: what to do where the rule objects."""
        custom = self.values.get("custom")
        value = custom.get("remedy") if isinstance(custom, dict) else None
        return " ".join(value.split()) if isinstance(value, str) else ""


def blocks(text: str) -> list[Block]:
    """The annotations of a Rego file, in order."""
    return list(_blocks(text.splitlines()))


def about(found: Sequence[Block], line: int) -> Block | None:
    """The annotation of the rule at a line; without one, that of its package."""
    own = next((one for one in found if one.about == line and not one.package), None)
    return own or next((one for one in found if one.package), None)


def _blocks(lines: Sequence[str]) -> Iterator[Block]:
    at = 0
    while at < len(lines):
        if not _START.fullmatch(lines[at].strip()):
            at += 1
            continue
        start = at
        at += 1
        body: list[str] = []
        while at < len(lines) and lines[at].startswith("#"):
            body.append(lines[at][1:].removeprefix(" "))
            at += 1
        while at < len(lines) and not lines[at].strip():
            at += 1
        target = lines[at] if at < len(lines) else ""
        documents, _ = read("METADATA", "\n".join(body).encode())
        value = documents[0].value if len(documents) == 1 else None
        yield Block(
            line=start + 1,
            about=at + 1,
            package=bool(_PACKAGE.match(target)),
            values=value if isinstance(value, dict) else {},
        )
