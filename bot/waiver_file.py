"""The waivers file: what is in it, what each waiver is about, and until when it holds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)
from pydantic_core import PydanticCustomError

from bot.config_file import ConfigError, explained, mapping
from bot.globs import Glob, matches
from bot.render.failures import REMEDIES
from bot.repo import Repository
from checks.model import Finding, Location, line_of

LONGEST = timedelta(days=365)
# Both bound what a pull request can have us do with a file of its own.
_MOST = 200
_MOST_RESOURCES = 20
# What could not be read was not judged, and nobody can accept what nobody has seen.
_NEVER = frozenset({"readable", "config", "waivers", *REMEDIES})


def is_never(rule: str) -> bool:
    """Whether a rule or check cannot be waived."""
    return rule in _NEVER


def _waivable(rule: str) -> str:
    if is_never(rule):
        said = "expected a rule that can be waived: what cannot be read was not judged"
        raise PydanticCustomError("waiver_rule", said)
    return rule


def _day(value: object) -> object:
    # pydantic would take a number for seconds, and so would it a text of digits.
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        raise PydanticCustomError("waiver_day", "expected a day such as 2026-12-31")
    return value


_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
_Rule = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_./:-]*$", max_length=200),
    AfterValidator(_waivable),
]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")
    rule: _Rule
    resources: Annotated[list[Glob], Field(min_length=1, max_length=_MOST_RESOURCES)]
    owner: _Text
    reason: _Text
    expires: Annotated[date, BeforeValidator(_day)]
    ticket: Annotated[str, StringConstraints(max_length=300)] = ""


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")
    version: Literal[1]
    waivers: Annotated[list[_Entry], Field(max_length=_MOST)] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """One waiver. `paths` are globs over paths from the root, `objects` over "Kind ns/name"; it
    holds through the whole of the day `expires`, in UTC."""

    rule: str
    paths: tuple[str, ...]
    objects: tuple[str, ...]
    owner: str
    reason: str
    expires: date
    ticket: str
    location: Location

    def covers(self, finding: Finding) -> bool:
        """Whether it is about this finding, be it in force or not."""
        if self.rule not in (finding.rule, finding.check) or finding.check in _NEVER:
            return False
        named = finding.resource is not None and matches(str(finding.resource), self.objects)
        return named or matches(finding.location.path, self.paths)

    def is_over(self, today: date) -> bool:
        """Whether its last day has passed."""
        return today > self.expires

    def is_too_long(self, today: date, longest: timedelta = LONGEST) -> bool:
        """Whether its last day is further away than a waiver may reach."""
        return self.expires - today > longest

    @property
    def terms(self) -> str:
        """Until when, by whom and why, as half a sentence."""
        ticket = f" ({self.ticket})" if self.ticket else ""
        return f"until {self.expires.isoformat()} by {self.owner}: {self.reason}{ticket}"

    @property
    def content(self) -> tuple[object, ...]:
        """What it says, wherever in the file it stands."""
        terms = (self.owner, self.reason, self.expires, self.ticket)
        return (self.rule, self.paths, self.objects, *terms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waivers:
    """A waivers file, or why it cannot be used: then it holds none."""

    path: str
    items: tuple[Waiver, ...] = ()
    broken: str = ""

    def covering(
        self, finding: Finding, today: date, longest: timedelta = LONGEST
    ) -> Waiver | None:
        """The first waiver in force that is about the finding."""
        for waiver in self.items:
            held = not waiver.is_over(today) and not waiver.is_too_long(today, longest)
            if held and waiver.covers(finding):
                return waiver
        return None


def read(path: str, data: bytes) -> Waivers:
    """The waivers that a file's bytes describe. Raises ConfigError with the file and the line."""
    value, lines = mapping(path, data)
    try:
        file = _File.model_validate(value)
    except ValidationError as error:
        raise explained(path, lines, (), error) from error
    return Waivers(
        path=path,
        items=tuple(
            _waiver(entry, Location(path=path, line=line_of(lines, ("waivers", at))))
            for at, entry in enumerate(file.waivers)
        ),
    )


def _waiver(entry: _Entry, location: Location) -> Waiver:
    # No part of an object's name has a space in it, so what has one is a kind and a name.
    return Waiver(
        rule=entry.rule,
        paths=tuple(glob for glob in entry.resources if " " not in glob),
        objects=tuple(glob for glob in entry.resources if " " in glob),
        owner=entry.owner,
        reason=entry.reason,
        expires=entry.expires,
        ticket=entry.ticket,
        location=location,
    )


def at(repo: Repository, sha: str, path: str) -> Waivers:
    """The waivers of a commit; `path` "" is a repository that wants none."""
    data = repo.file(sha, path) if path else None
    if data is None:
        return Waivers(path=path)
    try:
        return read(path, data)
    except ConfigError as error:
        return Waivers(path=path, broken=str(error))
