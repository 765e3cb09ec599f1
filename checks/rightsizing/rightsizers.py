"""The explicit list of what can be rightsized. A rightsizer that is not here does not run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from checks.model import ContainerUsage, Recommendation, Refusal, Resource, ResourceName
from checks.rightsizing import cpu as rightsize_cpu
from checks.rightsizing import memory as rightsize_memory
from checks.rightsizing.config import Sizing
from checks.rightsizing.context import Context

# Of one container of one workload; None where today's request is about right.
Recommend: TypeAlias = Callable[
    [Resource, ContainerUsage, Sizing, Context], Recommendation | Refusal | None
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rightsizer:
    """One resource of a container. `id` is its file's name."""

    id: str
    resource: ResourceName
    recommend: Recommend


RIGHTSIZERS: tuple[Rightsizer, ...] = (
    Rightsizer(id="rightsize_cpu", resource="cpu", recommend=rightsize_cpu.recommend),
    Rightsizer(id="rightsize_memory", resource="memory", recommend=rightsize_memory.recommend),
)
