"""From what a container should request to a recommendation: guards, caps, patches, money, words."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from checks.model import (
    Confidence,
    ContainerUsage,
    CpuUsage,
    Direction,
    MemoryUsage,
    Patch,
    Range,
    Recommendation,
    Refusal,
    ResourceName,
    share_above,
)
from checks.money import plain
from checks.patches import patched
from checks.rightsizing import guards
from checks.rightsizing.case import Case, shown, states_request
from checks.rightsizing.qos import qos_class

_MIB = Decimal(2**20)
# What quantities are rounded to: 5 millicores, a mebibyte; and the least two of them can differ by.
_GRAIN = {"cpu": Decimal("0.005"), "memory": _MIB}
_LEAST = {"cpu": Decimal("0.001"), "memory": _MIB}
_TWO_WEEKS = 13.5
_ONE_WEEK = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """What a container should request, at least `floor`. `step` is the share of today's request
    that one go may move it, None for no bound. `limit` is what its limit should be at the least,
    None to leave it alone; `lifts_limit` says that a request may push its limit up. A `needed` step
    is made however little money it is about."""

    target: Decimal
    floor: Decimal
    reasons: tuple[str, ...]
    step: Decimal | None
    limit: Decimal | None = None
    lifts_limit: bool = False
    needed: bool = False


def settle(
    case: Case, measured: CpuUsage | MemoryUsage, aim: Aim, against_decrease: str
) -> Recommendation | Refusal | None:
    """The recommendation that follows from an aim; None where today's request is about right.

    `against_decrease` is what the resource's own guards say about a decrease, "" for nothing.
    """
    target = _rounded(aim.target, case.name)
    capped = _step(case, target, aim)
    request, limit = _fitted(case, capped, aim)
    if guards.negligible(case.request, request, case.config.guards):
        return None
    decrease = request < case.request
    reason = guards.too_little(case.usage, case.config.guards, decrease=decrease)
    if decrease:
        unsettled = guards.unsettled(case.usage, measured, case.config.guards)
        reason = against_decrease or reason or unsettled
    if reason:
        return case.refuse(f"{'a decrease' if decrease else 'an increase'} is refused: {reason}")
    patches = _patches(case, request, limit)
    after = patched(case.resource, patches)
    if qos_class(after) is not case.qos:
        return case.refuse(f"it would change the class of its pods, which is {case.qos.value}")
    saving = case.context.saving(case.resource, after)
    if not aim.needed and (cheap := _too_cheap(case, saving)):
        return case.refuse(cheap)
    return Recommendation(
        workload=case.usage.workload,
        container=case.usage.container,
        resource=case.name,
        current=shown(case.request, case.name),
        target=shown(target, case.name),
        proposed=shown(request, case.name),
        current_amount=case.request,
        target_amount=target,
        proposed_amount=request,
        direction=Direction.DECREASE if decrease else Direction.INCREASE,
        reasons=(*aim.reasons, *_remarks(case, target, capped, request, limit, aim)),
        evidence=case.usage,
        confidence=_confidence(case.usage, measured),
        patches=patches,
        counterfactual=_counterfactual(case, measured, request),
        saving=saving,
        currency=case.context.market.currency,
    )


def _step(case: Case, target: Decimal, aim: Aim) -> Decimal:
    """Towards the target, rounded to the side on which it is still within the step."""
    if aim.step is None:
        return target
    amount = guards.within_step(case.request, target, aim.step)
    if amount < target:
        # Half of next to nothing is nothing: up to the floor every step is allowed.
        amount = max(amount, aim.floor)
    if amount == target:
        return target
    grain = _LEAST[case.name]
    mode = ROUND_CEILING if amount < case.request else ROUND_FLOOR
    return (amount / grain).to_integral_value(mode) * grain


def _fitted(case: Case, request: Decimal, aim: Aim) -> tuple[Decimal, Decimal | None]:
    """The request, and the limit where it moves: no request is above its limit, and a limit that
    nobody asked to move stays, except in a Guaranteed pod."""
    if case.tied:
        return request, request
    if not case.limit:
        return request, None
    limit = None
    if aim.limit is not None and aim.limit > case.limit:
        limit = _rounded(aim.limit, case.name)
    if aim.lifts_limit and request > (limit or case.limit):
        limit = request
    ceiling = limit or case.limit
    request = min(request, ceiling)
    # Where request and limit meet in the last of its containers a pod becomes Guaranteed; the other
    # resource may be about to do the same, so neither does.
    if request == ceiling and case.request != case.limit:
        request = ceiling - _LEAST[case.name]
    return request, limit


def _patches(case: Case, request: Decimal, limit: Decimal | None) -> tuple[Patch, ...]:
    """What to write into the manifest; a request that only a limit implies stays implied."""
    base = (*case.container.pointer, "resources")
    stated = states_request(case.container.body.get("resources"), case.name)
    patches = []
    if stated or not case.tied:
        value = shown(request, case.name)
        patches.append(Patch(pointer=(*base, "requests", case.name), value=value))
    if limit is not None:
        patches.append(Patch(pointer=(*base, "limits", case.name), value=shown(limit, case.name)))
    return tuple(patches)


def _too_cheap(case: Case, saving: Range | None) -> str:
    least = case.config.guards.ignore_money
    if saving is None or abs(saving.expected) >= least:
        return ""
    currency = case.context.market.currency
    return (
        f"the change is worth {plain(abs(saving.expected), currency)} a month, under"
        f" {plain(least, currency)}"
    )


def _remarks(
    case: Case, target: Decimal, capped: Decimal, request: Decimal, limit: Decimal | None, aim: Aim
) -> tuple[str, ...]:
    remarks = []
    if aim.step is not None and capped != target:
        remarks.append(
            f"one step is at most {aim.step:.0%}: {shown(capped, case.name)} now, towards"
            f" {shown(target, case.name)}"
        )
    if request < capped:
        remarks.append(f"held at its limit of {shown(limit or case.limit, case.name)}")
    if case.tied:
        remarks.append("its pods are Guaranteed and stay so: the limit moves with the request")
    elif limit is not None:
        remarks.append(
            f"its limit goes from {shown(case.limit, case.name)} to {shown(limit, case.name)}"
        )
    return tuple(remarks)


def _confidence(usage: ContainerUsage, measured: CpuUsage | MemoryUsage) -> Confidence:
    days = usage.history.total_seconds() / 86_400
    if days >= _TWO_WEEKS and usage.coverage >= 0.95 and measured.shift is not None:
        return Confidence.HIGH
    return Confidence.MEDIUM if days >= _ONE_WEEK and usage.coverage >= 0.85 else Confidence.LOW


def _counterfactual(case: Case, measured: CpuUsage | MemoryUsage, request: Decimal) -> str:
    new, old = (
        f"{share_above(measured.distribution, float(amount)):.1%}"
        for amount in (request, case.request)
    )
    return f"would have exceeded the request {new} of minutes (today's request: {old})"


def _rounded(amount: Decimal, name: ResourceName) -> Decimal:
    grain = _GRAIN[name]
    return (amount / grain).to_integral_value(ROUND_CEILING) * grain
