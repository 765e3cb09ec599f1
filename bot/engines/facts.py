"""What the worker's survey says of a file, as a module."""

from __future__ import annotations

from typing import Any

from bot.engines.program import Module, Rule, Source


def module_of(source: Source, number: int, facts: dict[str, Any]) -> Module:
    """The module of a file from what the worker's survey says of it."""
    return Module(
        source=source,
        number=number,
        v0=facts["v0"],
        package=tuple(facts["package"]),
        package_at=facts["package_at"],
        rules=tuple(
            Rule(name=name, form=form, line=line, start=start, end=end)
            for name, form, line, start, end in facts["rules"]
        ),
        calls=_lines(facts["calls"]),
        data=_lines(facts["data"]),
        input=_lines(facts["input"]),
        names=frozenset(facts["names"]),
        reviews=facts["reviews"],
        combines=facts["combines"],
        unknown=frozenset(facts["unknown"]),
        refused=facts["refused"],
        hidden=tuple((name, line) for name, line in facts["hidden"]),
    )


def _lines(found: list[Any]) -> dict[tuple[str, ...], int]:
    return {tuple(path): line for path, line in found}
