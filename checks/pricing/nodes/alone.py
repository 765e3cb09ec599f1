"""What a pod with accelerators costs where one of them has a price of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from checks.model import Grade, Range
from checks.pricing.cost import Unknown, worst
from checks.pricing.nodes.charge import Charge
from checks.pricing.nodes.devices import GPUS, TPU, Devices
from checks.pricing.nodes.hosts import Hosts
from checks.pricing.nodes.share import Reserved
from checks.pricing.sheet import Rate, Sheet

# What somebody lists or states, rather than what was worked out of the price of machines.
_LISTED = (Grade.A, Grade.B)


def by_unit(
    reserved: Reserved, asked: Devices, hosts: Hosts, sheet: Sheet, *, derived: bool
) -> Charge | Unknown | None:
    """By the price of one accelerator of its model, or the cluster's own of any; None where there
    is neither. Prices that were `derived` from machines are for where the machines do not do."""
    if hosts.named:
        return None
    models = hosts.models
    if not models and asked.resource == TPU:
        models = tuple(fitting(asked, sheet))
    rates = [(model, _rate_of(model, sheet)) for model in models]
    known = [(m, rate) for m, rate in rates if rate and (derived or rate.price.grade in _LISTED)]
    if known and len(known) == len(models):
        return _spread([alone(model, r, reserved, asked, hosts, sheet) for model, r in known])
    general = sheet.rate("gpu") if asked.resource in GPUS else None
    if general is None:
        return None
    default = general.price.grade is Grade.D
    if not default or not (models or any(fitting(asked, sheet))):
        model = models[0] if len(models) == 1 else ""
        return alone(model, general, reserved, asked, hosts, sheet)
    return None


def _rate_of(model: str, sheet: Sheet) -> Rate | None:
    return sheet.rate(_name_of(model))


def _spread(charges: Sequence[Charge | Unknown]) -> Charge | Unknown:
    """The range over several models; the cheapest is expected."""
    known = [one for one in charges if isinstance(one, Charge)]
    if len(known) < len(charges):
        return next(one for one in charges if isinstance(one, Unknown))
    if len(known) == 1:
        return known[0]
    first = min(known, key=lambda one: one.monthly.expected)
    return Charge(
        monthly=Range(
            low=min(one.monthly.low for one in known),
            expected=first.monthly.expected,
            high=max(one.monthly.high for one in known),
        ),
        grade=worst(Grade.B, *(one.grade for one in known)),
        prices=tuple(dict.fromkeys(price for one in known for price in one.prices)),
        where=" or ".join(one.where for one in known[:3]),
        accelerators=first.accelerators,
    )


def alone(
    model: str, rate: Rate, reserved: Reserved, asked: Devices, hosts: Hosts, sheet: Sheet
) -> Charge | Unknown:
    """Accelerators at a price of their own; the machine around a TPU comes with it."""
    whole = asked.whole(sheet.accelerators.get(model)) / max(hosts.takers, 1)
    amount, rates = rate.of(whole), [rate]
    extra = Decimal(0)
    if asked.resource != TPU:
        if reserved.silent:
            return Unknown(reason="; ".join(reserved.silent))
        market = reserved.market(sheet)
        if isinstance(market, Unknown):
            return market
        extra, rates = market[0], [*market[1], rate]
    interruptible = sheet.rate(f"{_name_of(model)}:spot") if hosts.purchase else None
    low = high = extra + amount
    if interruptible is not None:
        low, rates = min(high, extra + interruptible.of(whole)), [*rates, interruptible]
    elif not hosts.takers:
        low = extra
    fresh = hosts.purchase == "spot" and interruptible is not None and not interruptible.stale
    return Charge(
        monthly=Range(low=low, expected=low if fresh else high, high=high),
        grade=worst(Grade.A if low == high else Grade.B, *(one.grade for one in rates)),
        prices=tuple(one.price for one in rates),
        where=f"({model})" if model else "",
        accelerators={model: whole},
    )


def _name_of(model: str) -> str:
    return f"tpu:{model.removeprefix('TPU-')}" if model.startswith("TPU-") else f"gpu:{model}"


def fitting(asked: Devices, sheet: Sheet) -> Iterable[str]:
    """The models with a price that could be meant by the resource's name alone."""
    for name, accelerator in sorted(sheet.accelerators.items()):
        if asked.fits(accelerator) and (name in sheet.hosts() or _rate_of(name, sheet)):
            yield name
