"""How hard a finding is, as config says it: one word, or a word for each tier."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from checks.model import Severity, Tier

SeverityWord: TypeAlias = Literal["info", "warn", "approval", "fail"]
TierWord: TypeAlias = Literal["experiment", "staging", "production"]
# `severity: warn`, or `severity: {production: fail}`.
SeverityByTier: TypeAlias = SeverityWord | Mapping[TierWord, SeverityWord]

_UNNAMED: SeverityWord = "warn"


def severity_of(word: SeverityWord) -> Severity:
    """The severity that a word of the config stands for."""
    return Severity[word.upper()]


def severity_in(setting: SeverityByTier, tier: Tier) -> Severity:
    """The severity of a finding in `tier`; a tier that a mapping does not name is "warn"."""
    if isinstance(setting, str):
        return severity_of(setting)
    return severity_of(setting.get(tier.value, _UNNAMED))
