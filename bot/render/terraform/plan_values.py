"""The values in a plan: masked where they are sensitive, and which of them are unknown."""

from __future__ import annotations

from typing import Any

from bot.render.terraform.blocks import Path
from bot.render.terraform.values import MASK
from checks.model import Node


def masked(value: Any, marks: Any) -> Any:
    """`value` with a mask for all that `marks`, shaped like it, says true of."""
    if marks is True:
        return MASK
    if isinstance(value, dict) and isinstance(marks, dict):
        return {key: masked(item, marks.get(key)) for key, item in value.items()}
    if isinstance(value, list) and isinstance(marks, list):
        return [
            masked(item, marks[at] if at < len(marks) else None) for at, item in enumerate(value)
        ]
    # A set's marks may be for the whole of it.
    return MASK if value is not None and isinstance(marks, list) and True in marks else value


def without_nulls(value: Any) -> Node:
    """A mapping without what is null, as if it had not been given."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value  # type: ignore[no-any-return]


def unknown_paths(marks: Any) -> list[Path]:
    """The paths of all that `after_unknown` says true of."""
    found: list[Path] = []
    _unknown(marks, [], found)
    return found


def _unknown(marks: Any, path: Path, found: list[Path]) -> None:
    if marks is True:
        found.append(path)
    elif isinstance(marks, dict):
        for key, item in marks.items():
            _unknown(item, [*path, key], found)
    elif isinstance(marks, list):
        for at, item in enumerate(marks):
            _unknown(item, [*path, at], found)
