"""What containers use, and what they should ask for."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Literal, TypeAlias

from checks.model.costs import Range
from checks.model.findings import Patch
from checks.model.resources import ResourceRef

ResourceName: TypeAlias = Literal["cpu", "memory"]
# Evenly spaced quantiles of everything measured, from the least to the most; never empty.
Distribution: TypeAlias = tuple[float, ...]

_DAY = timedelta(days=1)


class Direction(Enum):
    """Which way a recommendation goes."""

    INCREASE = "increase"
    DECREASE = "decrease"


class Confidence(Enum):
    """How much the measurements carry."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoUsage:
    """There is no number; `reason` says why in words. Unknown is never zero."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuUsage:
    """Cores that the busiest pod's container used. Hours are UTC.

    `by_hour_p95` has 24 entries, None for an hour without data; `peak_hour` is the hour of the
    highest. `throttled_share` (0 to 1) is the 95th percentile over the hours of the share of CFS
    periods that were throttled, None where Prometheus has no such series. `shift` compares the
    median of the last 7 days with the 7 days before (0.2: it rose by a fifth), None where there is
    not that much history.
    """

    p50: float
    p95: float
    p99: float
    max: float
    by_hour_p95: tuple[float | None, ...]
    peak_hour: int
    throttled_share: float | None
    distribution: Distribution = field(repr=False)
    shift: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryUsage:
    """Bytes of working set that the busiest pod's container held.

    `slope_per_day` is the trend as a share of the median (0.01: 1% a day), None where there are
    fewer than three days. `restarts` and `oom_kills` are of the window and of all pods together,
    None where Prometheus has no such series; a restart of a pod that was killed for memory counts
    as such a kill. `oom_limit` is the highest limit under which one happened, in bytes, None where
    that is not known. `shift` is as in CpuUsage.
    """

    p50: float
    p95: float
    p99: float
    max: float
    slope_per_day: float | None
    oom_kills: int | None
    restarts: int | None
    distribution: Distribution = field(repr=False)
    oom_limit: int | None = None
    heap_metrics: bool = False
    shift: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerUsage:
    """What one container of a workload used in a window that ends at `now`.

    `points` of `step_seconds` each were there; `coverage` is their share (0 to 1) of what could be
    there since `first_seen`. `pods` is how many pods ran it at the end, `as_of` the newest sample.
    `last_rollout` is when a Deployment's newest ReplicaSet appeared, None where none did in the
    window. `scaled_by` are the resources that a HorizontalPodAutoscaler in the cluster goes by,
    whether or not the repository declares it. `queries` are the exact PromQL.
    """

    namespace: str
    workload_kind: str
    workload_name: str
    container: str
    window_days: int
    step_seconds: int
    points: int
    coverage: float
    pods: int
    now: datetime
    first_seen: datetime
    as_of: datetime
    has_weekend: bool
    cpu: CpuUsage | NoUsage
    memory: MemoryUsage | NoUsage
    last_rollout: datetime | None = None
    scaled_by: tuple[str, ...] = ()
    queries: tuple[str, ...] = ()

    @property
    def workload(self) -> ResourceRef:
        """The workload as the cluster names it."""
        return ResourceRef(
            kind=self.workload_kind, namespace=self.namespace, name=self.workload_name
        )

    @property
    def key(self) -> tuple[ResourceRef, str]:
        """What it is the usage of: (workload, container)."""
        return (self.workload, self.container)

    @property
    def history(self) -> timedelta:
        """From the first step to the newest sample, both included; at most the window."""
        step = timedelta(seconds=self.step_seconds)
        return min(self.as_of - self.first_seen + step, _DAY * self.window_days)

    @property
    def age(self) -> timedelta:
        """How old the newest sample is."""
        return self.now - self.as_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """What a container of a workload should request instead.

    `current`, `target` (what was computed) and `proposed` (after the cap on a step) are Kubernetes
    quantities; `…_amount` are the same in cores or bytes. `patches` point into the workload's
    manifest and include the limit where it has to move too. `saving` is money a month that is
    released, negative for an increase, None where the workload has no price. `currency` is the
    saving's.
    """

    workload: ResourceRef
    container: str
    resource: ResourceName
    current: str
    target: str
    proposed: str
    current_amount: Decimal
    target_amount: Decimal
    proposed_amount: Decimal
    direction: Direction
    reasons: tuple[str, ...]
    evidence: ContainerUsage
    confidence: Confidence
    patches: tuple[Patch, ...]
    counterfactual: str
    saving: Range | None = None
    currency: str = "USD"

    @property
    def capped(self) -> bool:
        """Whether it is only a step towards the target."""
        return self.proposed != self.target


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a container gets no recommendation; `resource` "" means neither CPU nor memory."""

    workload: ResourceRef
    container: str
    resource: ResourceName | Literal[""]
    reason: str


def share_above(distribution: Distribution, amount: float) -> float:
    """The share (0 to 1) of the time that was above `amount`."""
    return sum(1 for value in distribution if value > amount) / len(distribution)
