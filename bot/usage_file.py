"""Infracost's usage file: monthly figures that no Terraform file tells, by address or by type."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Annotated, Any, NoReturn

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import PydanticCustomError

from bot.config_file import ConfigError, explained, mapping
from checks.model import Lines, line_of

# Figures are nested twice at most in what is published ("standard.monthly_tier_1_requests").
_DEEPEST = 6
_MOST = 5_000
_LONGEST = 500


def _version(value: object) -> object:
    if str(value) != "0.1":
        raise PydanticCustomError("usage_version", "expected 0.1")
    return value


class _File(BaseModel):
    model_config = ConfigDict(extra="ignore")
    version: Annotated[object, BeforeValidator(_version)]
    resource_usage: dict[str, dict[str, Any] | None] | None = None
    resource_type_default_usage: dict[str, dict[str, Any] | None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """A usage file. `by_address` are figures of addresses, in which [*] is any index of count or
    for_each; `by_type` those of all resources of a type."""

    by_address: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    by_type: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def usage_of(self, address: str, kind: str) -> Mapping[str, Any]:
        """The figures of a resource: those of its type, then of the matching address with [*] that
        has most of it written out, then of the address itself; later ones win."""
        found = dict(self.by_type.get(kind, {}))
        wild = [key for key in self.by_address if "[*]" in key and _pattern(key).fullmatch(address)]
        for key in sorted(wild, key=lambda key: (-key.count("[*]"), len(key), key))[-1:]:
            found = _over(found, self.by_address[key])
        return _over(found, self.by_address.get(address, {}))


NO_USAGE = Usage()


def read(path: str, data: bytes) -> Usage:
    """The usage that a file's bytes describe. Raises ConfigError with the file and the line."""
    value, lines = mapping(path, data)
    try:
        file = _File.model_validate(value)
    except ValidationError as error:
        raise explained(path, lines, (), error) from error
    return Usage(
        by_address=_checked(path, lines, "resource_usage", file.resource_usage),
        by_type=_checked(
            path, lines, "resource_type_default_usage", file.resource_type_default_usage
        ),
    )


def _checked(
    path: str, lines: Lines, section: str, given: Mapping[str, dict[str, Any] | None] | None
) -> dict[str, Mapping[str, Any]]:
    if len(given or {}) > _MOST:
        raise ConfigError(
            path, line_of(lines, (section,)), f"{section} has more than {_MOST} entries"
        )
    found: dict[str, Mapping[str, Any]] = {}
    for name, figures in (given or {}).items():
        if len(name) > _LONGEST:
            _refuse(path, lines, (section, name), "the name is too long")
        found[name] = _figures(path, lines, (section, name), figures or {})
    return found


def _figures(
    path: str, lines: Lines, pointer: tuple[str, ...], given: Mapping[str, Any]
) -> dict[str, Any]:
    """Numbers, texts and switches, by name, in groups; what is null is not given."""
    found: dict[str, Any] = {}
    for name, value in given.items():
        at = (*pointer, name)
        if len(at) > _DEEPEST:
            _refuse(path, lines, at, "the figures are nested too deeply")
        if isinstance(value, dict):
            found[name] = _figures(path, lines, at, value)
        elif isinstance(value, list) and not all(isinstance(item, str) for item in value):
            _refuse(path, lines, at, "expected a number, a text, a list of texts or a group")
        elif isinstance(value, (int, float)) and (value < 0 or value - value != 0):
            _refuse(path, lines, at, f"expected a figure from 0 on, not {value}")
        elif value is not None:
            found[name] = value
    return found


def _refuse(path: str, lines: Lines, at: tuple[str, ...], said: str) -> NoReturn:
    raise ConfigError(path, line_of(lines, at) or 1, f"{'.'.join(at)}: {said}")


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Both, group by group; `above` wins."""
    found = dict(below)
    for name, value in above.items():
        known = found.get(name)
        both = isinstance(known, dict) and isinstance(value, dict)
        found[name] = _over(known, value) if both and isinstance(known, dict) else value
    return found


@lru_cache(maxsize=1024)
def _pattern(address: str) -> re.Pattern[str]:
    """[*] is one index: a number, or a text in quotes, which may have brackets of its own."""
    index = r'\[(?:\d+|"(?:[^"\\]|\\.)*")\]'
    return re.compile(index.join(map(re.escape, address.split("[*]"))))
