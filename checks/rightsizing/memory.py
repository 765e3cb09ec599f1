"""rightsize_memory: request the most that was ever used and a bit more; more still after a kill."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from checks.model import ContainerUsage, MemoryUsage, NoUsage, Recommendation, Refusal, Resource
from checks.rightsizing.case import Case, open_case
from checks.rightsizing.config import Sizing
from checks.rightsizing.context import Context
from checks.rightsizing.guards import memory_decrease, times
from checks.rightsizing.step import Aim, settle

_MIB = Decimal(2**20)


def recommend(
    resource: Resource, usage: ContainerUsage, config: Sizing, context: Context
) -> Recommendation | Refusal | None:
    """What the container's memory request should be; None where today's is about right.

    The most ever used with headroom. After it was killed for memory, what `MemorySizing.after_oom`
    says of the limit it was killed under: that increase is not capped, and the limit rises with it.
    """
    case = open_case(resource, usage, "memory", config, context)
    if isinstance(case, Refusal):
        return case
    memory = usage.memory
    if isinstance(memory, NoUsage):
        return case.refuse(memory.reason)
    against = memory_decrease(memory, case.container, config.guards)
    return settle(case, memory, _aim(case, memory), against)


def _aim(case: Case, memory: MemoryUsage) -> Aim:
    sizing = case.config.memory
    most = Decimal(str(memory.max))
    floor = sizing.floor_mib * _MIB
    reason = f"the most it used was {most / _MIB:,.0f} MiB; with {sizing.headroom - 1:.0%} headroom"
    aim = Aim(
        target=max(most * sizing.headroom, floor),
        floor=floor,
        reasons=(reason,),
        step=sizing.step,
        lifts_limit=True,
    )
    least = _after_oom(case, memory)
    # A kill under a smaller limit than today's was answered already.
    if least is None or least <= max(case.limit, case.request):
        return aim
    killed = f"it was killed for memory {times(memory.oom_kills or 0)}"
    target = max(aim.target, least)
    reasons = (*aim.reasons, f"{killed}, so at least {least / _MIB:,.0f} MiB")
    return replace(aim, target=target, reasons=reasons, limit=target, step=None, needed=True)


def _after_oom(case: Case, memory: MemoryUsage) -> Decimal | None:
    if not memory.oom_kills:
        return None
    if memory.oom_limit is not None:
        return case.config.memory.after_oom(Decimal(memory.oom_limit))
    # Without a limit it was the node that ran out: what the container had is what was too little.
    return case.config.memory.after_oom(case.limit or max(case.request, Decimal(str(memory.max))))
