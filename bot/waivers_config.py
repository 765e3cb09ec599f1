"""What a repository's config says of waivers: where they stand, how far they reach, who answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

_DEFAULT_PATH = ".plumbline/waivers.yml"
_DEFAULT_DAYS = 365
_Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
# In `owners`: who may approve every waiver, and annotations, which have no owner.
EVERY = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverSettings:
    """The section `waivers` as it is used. `path` "" is a repository that wants no file, `inline`
    whether annotations waive as well; `owners` are the people, by the owner that they are."""

    path: str = _DEFAULT_PATH
    longest: timedelta = timedelta(days=_DEFAULT_DAYS)
    inline: bool = False
    owners: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def people_of(self, owner: str) -> tuple[str, ...]:
        """Who may approve for an owner: those that the config names, so that a change cannot name
        its own. Where it names nobody at all, the owner is a person; () is nobody."""
        if not self.owners:
            return (owner,) if owner else ()
        everywhere = self.owners.get(EVERY, ())
        named = {_plain(name): people for name, people in self.owners.items()}
        return tuple(dict.fromkeys((*named.get(_plain(owner), ()), *everywhere)))


def _plain(name: str) -> str:
    """A name as it is compared: "@Team" is "team"."""
    return name.strip().removeprefix("@").casefold()


class WaiversSection(BaseModel):
    """The section as it is written: a mapping, or only the path."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str = _DEFAULT_PATH
    longest_days: Annotated[int, Field(ge=1, le=3650)] = _DEFAULT_DAYS
    inline: bool = False
    owners: Annotated[
        dict[_Name, Annotated[list[_Name], Field(min_length=1)]], Field(max_length=500)
    ] = {}

    @model_validator(mode="before")
    @classmethod
    def _only_a_path(cls, value: Any) -> Any:
        return {"path": value} if isinstance(value, str) else value

    @property
    def settings(self) -> WaiverSettings:
        """The section as it is used."""
        return WaiverSettings(
            path=self.path,
            longest=timedelta(days=self.longest_days),
            inline=self.inline,
            owners={name: tuple(people) for name, people in self.owners.items()},
        )
