"""A file `*.policytest.yaml`: policies, objects, and what the policies are to say of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic import model_validator as validator

from bot.config_file import explained, mapping
from bot.globs import Glob
from bot.policy.model import Effect
from checks.model import Lines, Tier, line_of

SUFFIXES = (".policytest.yaml", ".policytest.yml")
_MOST_CASES = 2000

_Object: TypeAlias = dict[str, Any]
_Path: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=300)]
_Text: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=1000)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Expectation(_Strict):
    """One thing that is to be said: everything that is given must fit. `message` is a part of the
    message, `path` where in the object it points (`spec.replicas`, `spec.containers[0].image`)."""

    rule: Glob = "**"
    effect: Effect | None = None
    message: str = ""
    path: str | None = None
    count: Annotated[int, Field(ge=1)] | None = None


class CaseEntry(_Strict):
    """One case. `object` is a manifest and `file` a path of one or more, from the fixture's own
    folder; so is `before`, what the object replaces. `inventory` is what else there is."""

    name: _Text
    object: _Object | None = None
    file: _Path | None = None
    before: _Object | _Path | None = None
    namespace: _Object | None = None
    inventory: list[_Object | _Path] = []
    tier: Tier = Tier.STAGING
    expect: Annotated[list[Expectation], Field(min_length=1)] | None = None
    passes: Annotated[Literal[True] | None, Field(alias="pass")] = None
    extra: bool = False

    @validator(mode="after")
    def _whole(self) -> CaseEntry:
        if (self.object is None) == (self.file is None):
            raise ValueError("give either object or file")
        if (self.expect is None) == (self.passes is None):
            raise ValueError("give either expect or pass: true")
        return self


class _File(_Strict):
    version: Literal[1]
    policies: list[_Path] | None = None
    rules: list[Glob] = ["**"]
    inventory: list[_Object | _Path] = []
    now: datetime | None = None
    kube_version: str = "1.34.0"
    cases: Annotated[list[CaseEntry], Field(min_length=1, max_length=_MOST_CASES)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixture:
    """A fixture file as it was written, with the lines of everything in it."""

    path: str
    file: _File
    lines: Lines

    @property
    def folder(self) -> str:
        """The folder that its paths are from."""
        return self.path.rpartition("/")[0]

    def line(self, *pointer: str | int) -> int:
        """Where something in the file stands."""
        return line_of(self.lines, pointer)


def read(path: str, data: bytes) -> Fixture:
    """The fixture that a file's bytes describe. Raises ConfigError."""
    value, lines = mapping(path, data)
    try:
        return Fixture(path=path, file=_File.model_validate(value), lines=lines)
    except ValidationError as error:
        raise explained(path, lines, (), error) from error
