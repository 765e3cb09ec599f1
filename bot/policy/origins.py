"""Whose policies hold here besides our own: an exact commit of another repository."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from bot.globs import Glob


class OriginSection(BaseModel):
    """One entry of `policy.from` in a repository's config."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    repository: Annotated[str, StringConstraints(pattern=r"^https://[!-~]+$", max_length=500)]
    # Nothing shorter, and no branch or tag: those may be another thing tomorrow.
    commit: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}$")]
    paths: Annotated[list[Glob], Field(min_length=1, max_length=100)]

    @property
    def origin(self) -> Origin:
        """The entry as it is used."""
        return Origin(url=self.repository, commit=self.commit, patterns=tuple(self.paths))


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """A repository whose policies hold here: its address, the commit, and globs of the files."""

    url: str
    commit: str
    patterns: tuple[str, ...]

    @property
    def label(self) -> str:
        """What messages call it: "example.com/acme/policies@0123456789ab"."""
        parts = urlsplit(self.url)
        return f"{parts.netloc}{parts.path.removesuffix('.git')}@{self.commit[:12]}"
