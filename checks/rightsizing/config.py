"""The numbers that rightsizing decides with, as config sets them."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar

_MIB = Decimal(2**20)


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuSizing:
    """CPU: the highest hourly p95 × `headroom`, at least `floor` cores, at most `step` (a share) in
    one go. The limit of a throttled container rises × `throttled_limit`."""

    headroom: Decimal = Decimal("1.15")
    floor: Decimal = Decimal("0.010")
    step: Decimal = Decimal("0.5")
    throttled_limit: Decimal = Decimal("1.25")

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    def __post_init__(self) -> None:
        _at_least("headroom", self.headroom, 1)
        _at_least("floor", self.floor, Decimal("0.001"))
        _share("step", self.step)
        _at_least("throttled_limit", self.throttled_limit, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemorySizing:
    """Memory: the most ever used × `headroom`, at least `floor_mib`, at most `step` (a share) in
    one go. After an OOM kill: the limit × `oom_factor`, or `oom_mib` more if that is higher."""

    headroom: Decimal = Decimal("1.20")
    floor_mib: Decimal = Decimal(16)
    step: Decimal = Decimal("0.3")
    oom_factor: Decimal = Decimal("1.25")
    oom_mib: Decimal = Decimal(100)

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    def __post_init__(self) -> None:
        _at_least("headroom", self.headroom, 1)
        _at_least("floor_mib", self.floor_mib, 1)
        _share("step", self.step)
        _at_least("oom_factor", self.oom_factor, 1)
        _at_least("oom_mib", self.oom_mib, 1)

    def after_oom(self, limit: Decimal) -> Decimal:
        """The bytes to ask for after a kill under a limit of so many bytes."""
        return max(limit * self.oom_factor, limit + self.oom_mib * _MIB)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guards:
    """When nothing is proposed. Shares are from 0 to 1, money is a month."""

    ignore_share: Decimal = Decimal("0.10")
    ignore_money: Decimal = Decimal(5)
    decrease_days: int = 7
    increase_hours: int = 24
    min_points: int = 100
    min_coverage: Decimal = Decimal("0.70")
    stale_minutes: int = 15
    throttled: Decimal = Decimal("0.05")
    memory_slope: Decimal = Decimal("0.01")
    shift: Decimal = Decimal("0.15")
    # A decrease waits this long after a rollout; 0 looks at no rollouts.
    settle_days: int = 7
    # Besides kube-system, which no config can open.
    never_namespaces: tuple[str, ...] = ()

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    def __post_init__(self) -> None:
        for name in ("ignore_share", "min_coverage", "throttled", "memory_slope", "shift"):
            _share(name, getattr(self, name))
        for name in ("ignore_money", "settle_days"):
            _at_least(name, Decimal(getattr(self, name)), 0)
        for name in ("decrease_days", "increase_hours", "min_points", "stale_minutes"):
            _at_least(name, Decimal(getattr(self, name)), 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizing:
    """Everything that a rightsizer is told."""

    cpu: CpuSizing = field(default_factory=CpuSizing)
    memory: MemorySizing = field(default_factory=MemorySizing)
    guards: Guards = field(default_factory=Guards)

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}


def _share(name: str, value: Decimal) -> None:
    # Written so that NaN, which compares with nothing, is refused too.
    if not (value.is_finite() and 0 < value <= 1):
        raise ValueError(f"{name} is a share above 0 and up to 1, such as 0.5")


def _at_least(name: str, value: Decimal, least: Decimal | int) -> None:
    if not (value.is_finite() and value >= least):
        raise ValueError(f"{name} must be at least {least}")
