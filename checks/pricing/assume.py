"""What the files do not say and config does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar

from checks.pricing.quantity import QuantityError, quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """What the files do not say, as config states it; None where config does not either.

    `nodes` is how many nodes a DaemonSet runs on, `job_minutes` how long one run of a Job or
    CronJob takes, `most_replicas` how far something scales that nothing bounds, `cpu` and `memory`
    what a container asks for that does not say. The `…_for` mappings speak of single objects, named
    "namespace/name": `replicas_for` is how many replicas ran on average, `nodes_for` also how many
    nodes a node pool has.
    """

    nodes: int | None = None
    nodes_for: Mapping[str, int] = field(default_factory=dict)
    job_minutes: Decimal | None = None
    job_minutes_for: Mapping[str, Decimal] = field(default_factory=dict)
    replicas_for: Mapping[str, Decimal] = field(default_factory=dict)
    most_replicas: int | None = None
    cpu: str | None = None
    memory: str | None = None

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    def __post_init__(self) -> None:
        nodes = (self.nodes, *self.nodes_for.values())
        minutes = (self.job_minutes, *self.job_minutes_for.values())
        replicas = (self.most_replicas, *self.replicas_for.values())
        if any(value is not None and value < 0 for value in (*nodes, *minutes, *replicas)):
            raise ValueError("a number of nodes, minutes or replicas cannot be below 0")
        for amount in (self.cpu, self.memory):
            try:
                quantity(0 if amount is None else amount)
            except QuantityError as error:
                raise ValueError(f"an assumed request {error}") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class KindRule:
    """Where a kind that plumbline does not know keeps its pods.

    `pods` leads to pod specs ("spec.nodes[*].template.spec"), `replicas` to the number of each
    ("spec.nodes[*].count"; the same [*] is the same entry), "" for one. `per_run` says that it runs
    to an end like a Job.
    """

    group: str
    kind: str
    pods: str
    replicas: str = ""
    per_run: bool = False

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    def __post_init__(self) -> None:
        for path in (self.pods, self.replicas):
            steps = path.replace("[*]", ".*").split(".") if path else []
            if any(not step for step in steps) or (path == self.pods and not steps):
                raise ValueError(f'"{path}" is no path such as spec.nodes[*].template.spec')
        if self.replicas.count("[*]") > self.pods.count("[*]"):
            raise ValueError(f'"{self.replicas}" has more [*] than "{self.pods}"')
