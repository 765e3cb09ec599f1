"""Where a plan's resources are declared: the plan has no lines, the .tf files beside it do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.render.terraform.modules import Declared, load
from bot.render.terraform.syntax import Body
from checks.model import Lines


class SourceLines:
    """The blocks of the modules in some files, read when they are asked for."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = files
        self._known: dict[str, Mapping[tuple[str, str], Declared]] = {}

    def find(self, folder: str, kind: str, name: str) -> dict[str, Any] | None:
        """{"path", "line", "lines"} of a resource of the module in `folder`, None for no such."""
        if folder not in self._known:
            self._known[folder] = load(folder, self._files)[0].resources
        declared = self._known[folder].get((kind, name))
        if declared is None:
            return None
        lines = body_lines(declared.block.body)
        return {"path": declared.path, "line": declared.block.line, "lines": lines}


def body_lines(body: Body) -> dict[str, Lines]:
    """The lines of a body's attributes and blocks. Of dynamic blocks nobody can tell how many there
    are, so their line stands for all."""
    found: dict[str, Lines] = {name: at.line for name, at in body.attributes.items()}
    nested: dict[str, list[Lines]] = {}
    dynamic: dict[str, int] = {}
    for block in body.blocks:
        if block.type == "dynamic" and block.labels:
            dynamic.setdefault(block.labels[0], block.line)
        else:
            nested.setdefault(block.type, []).append((block.line, body_lines(block.body)))
    for name, lines in nested.items():
        first = lines[0]
        found[name] = (first[0] if isinstance(first, tuple) else first, lines)
    return {**found, **dynamic}
