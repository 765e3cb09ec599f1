"""The section `rightsizing` of a repository's config, over the shipped defaults."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, TypeAlias

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from bot.data import data_root, merged
from checks.rightsizing.config import CpuSizing, Guards, MemorySizing, Sizing

# Label names are written into PromQL as they are; values are quoted.
LabelName: TypeAlias = Annotated[
    str, StringConstraints(pattern="^[a-zA-Z_][a-zA-Z0-9_]*$", max_length=128)
]
LabelValue: TypeAlias = Annotated[str, StringConstraints(max_length=1024)]


class Source(BaseModel):
    """Which of the series of Prometheus are this repository's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    labels: dict[LabelName, LabelValue] = {}
    cluster_label: LabelName = "cluster"
    scrape_seconds: Annotated[int, Field(ge=1, le=600)] | None = None


class Rightsizing(BaseModel):
    """What may be proposed, and from what. The address of Prometheus is the operator's, not a
    repository's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = True
    window_days: Annotated[int, Field(ge=1, le=30)] = 14
    step_minutes: Annotated[int, Field(ge=1, le=60)] = 5
    source: Source = Source()
    cpu: CpuSizing = CpuSizing()
    memory: MemorySizing = MemorySizing()
    guards: Guards = Guards()

    @property
    def sizing(self) -> Sizing:
        """What the rightsizers are told."""
        return Sizing(cpu=self.cpu, memory=self.memory, guards=self.guards)


def rightsizing(own: Mapping[str, Any] | None = None) -> Rightsizing:
    """The shipped defaults with a repository's own settings over them.

    Raises pydantic's ValidationError; its locations are paths inside of the section.
    """
    return Rightsizing.model_validate(merged(_shipped(), own or {}))


@cache
def _shipped() -> dict[str, Any]:
    text = (data_root() / "config" / "rightsizing.yaml").read_bytes()
    shipped: dict[str, Any] = yaml.load(text, yaml.CSafeLoader)
    return shipped
