"""Files of ours that people write (config, waivers, usage, price sheets): read, and refused with
the line and the remedy."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from bot.render.yaml_reader import read
from checks.model import Lines, line_of

_LONGEST_SHOWN = 200


class ConfigError(Exception):
    """A config that cannot be the law, with file, line and what to write instead."""

    def __init__(self, path: str, line: int, message: str) -> None:
        super().__init__(f"{path}:{line}: {message}")
        self.path, self.line, self.message = path, line, message


def mapping(path: str, data: bytes) -> tuple[dict[str, Any], Lines]:
    """The one YAML mapping that a file of ours is, with its lines. Raises ConfigError."""
    documents, failures = read(path, data)
    if failures:
        worst = failures[0]
        raise ConfigError(path, worst.location.line, f"{worst.error}. {worst.remedy}")
    if len(documents) != 1 or not isinstance(documents[0].value, dict):
        raise ConfigError(path, 1, "expected one YAML mapping that begins with 'version: 1'")
    return documents[0].value, documents[0].lines


def explained(
    path: str, lines: Lines, prefix: tuple[str | int, ...], error: ValidationError
) -> ConfigError:
    """What is wrong with a file of ours, on its line; `prefix` leads to what was validated."""
    # A union's branches each complain; the one that got deepest is the one that was meant.
    first = max(error.errors(include_url=False), key=lambda found: len(found["loc"]))
    pointer = (*prefix, *first["loc"])
    field_name = ".".join(str(step) for step in pointer) or "the file"
    if first["type"] in {"extra_forbidden", "unexpected_keyword_argument"}:
        message = f"{field_name}: there is no such setting"
    elif first["type"] == "missing":
        message = f"{field_name} is missing"
    else:
        given = repr(first["input"])
        message = f"{field_name}: {first['msg']}"
        # A whole list or mapping would bury what is wrong with it.
        message += f", not {given}" if len(given) <= _LONGEST_SHOWN else ""
    return ConfigError(path, line_of(lines, pointer) or 1, message)
