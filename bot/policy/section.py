"""The section `policy` of a repository's config."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from bot.globs import Glob
from bot.policy.findings import Setting, Severities
from bot.policy.origins import OriginSection
from checks.severity import SeverityByTier


class PolicySection(BaseModel):
    """The section `policy` of a repository's config: how hard a denial is, for all rules and for
    single ones. A warning warns and an audit is noted, unless a rule is named here."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    severity: SeverityByTier = "fail"
    rules: Annotated[dict[Glob, Setting], Field(max_length=1000)] = {}
    # Objects against the schemas of their kinds: yes, no, or (left out) where that is possible.
    schema_: Annotated[bool | None, Field(alias="schema")] = None
    origins: Annotated[list[OriginSection], Field(alias="from", max_length=20)] = []

    @property
    def severities(self) -> Severities:
        """The section as findings are made with it."""
        return Severities(denial=self.severity, rules=self.rules)
