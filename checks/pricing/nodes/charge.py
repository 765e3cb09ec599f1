"""What a pod costs a month on the nodes it may run on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from checks.model import Grade, Machine, Range, UnitPrice
from checks.pricing.cost import Unknown, worst
from checks.pricing.nodes.devices import GPUS, TPU, Devices
from checks.pricing.nodes.hosts import Hosts
from checks.pricing.nodes.share import Option, Reserved, on_machine
from checks.pricing.sheet import Rate, Sheet

_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """A pod's price a month, from which prices, and where it is taken to run ("" anywhere).
    `accelerators` is what it has of them, by model ("" unknown)."""

    monthly: Range
    grade: Grade
    prices: tuple[UnitPrice, ...]
    where: str = ""
    accelerators: Mapping[str, Decimal] = field(default_factory=dict)


def charge(
    reserved: Reserved, asked: Devices | None, hosts: Hosts, sheet: Sheet
) -> Charge | Unknown:
    """The price of a pod that reserves this on such nodes."""
    if asked is None:
        return _cores(reserved, hosts, sheet)
    found = _by_unit(reserved, asked, hosts, sheet)
    if found is None:
        found = _by_machine(reserved, asked, hosts, sheet)
    return found


def _cores(reserved: Reserved, hosts: Hosts, sheet: Sheet) -> Charge | Unknown:
    """A pod without accelerators: cores and GiB at the rates of the place, or of its machine."""
    if reserved.silent:
        return Unknown(reason="; ".join(reserved.silent))
    options = [one for m in hosts.machines if (one := on_machine(m, None, reserved, hosts, sheet))]
    if options:
        return _folded(options, "")
    if hosts.named:
        return Unknown(reason=f"it asks for more than {hosts.machines[0].name} has")
    market = reserved.market(sheet)
    if isinstance(market, Unknown):
        return market
    amount, rates = market
    charged = Charge(
        monthly=Range.exact(amount),
        grade=worst(*(rate.grade for rate in rates)),
        prices=tuple(rate.price for rate in rates),
    )
    return _interruptible(charged, reserved, hosts, sheet) if hosts.purchase else charged


def _interruptible(charged: Charge, reserved: Reserved, hosts: Hosts, sheet: Sheet) -> Charge:
    """From the price of interruptible nodes to the full one. An old spot price is a bound only."""
    market = reserved.market(sheet, spot=True)
    if isinstance(market, Unknown) or market[0] > charged.monthly.high:
        return replace(charged, grade=worst(charged.grade, Grade.C))
    amount, rates = market
    fresh = hosts.purchase == "spot" and not any(rate.stale for rate in rates)
    full = charged.monthly.high
    return replace(
        charged,
        monthly=Range(low=amount, expected=amount if fresh else full, high=full),
        grade=worst(charged.grade, Grade.B, *(rate.grade for rate in rates)),
        prices=(*charged.prices, *(rate.price for rate in rates)),
    )


def _by_unit(
    reserved: Reserved, asked: Devices, hosts: Hosts, sheet: Sheet
) -> Charge | Unknown | None:
    """By the price of one accelerator alone, where the place has one for its model, or the cluster
    one of its own for any; None where machines tell more."""
    if hosts.named:
        return None
    priced = [(m, rate) for m in hosts.models if (rate := _rate_of(m, sheet)) is not None]
    if priced and len(priced) == len(hosts.models):
        return _spread([_alone(model, r, reserved, asked, hosts, sheet) for model, r in priced])
    general = sheet.rate("gpu") if asked.resource in GPUS else None
    if general is None:
        return None
    default = general.grade is Grade.D
    if not default or not any(_fitting(asked, sheet)):
        model = hosts.models[0] if len(hosts.models) == 1 else ""
        return _alone(model, general, reserved, asked, hosts, sheet)
    return None


def _rate_of(model: str, sheet: Sheet) -> Rate | None:
    return sheet.rate(f"gpu:{model}", f"tpu:{model.removeprefix('TPU-')}")


def _alone(
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


def _by_machine(reserved: Reserved, asked: Devices, hosts: Hosts, sheet: Sheet) -> Charge | Unknown:
    """By the machines that have such accelerators: those that were named, those of the model, or
    where nobody says which, all that would do."""
    if hosts.named:
        options = _options(hosts.machines, reserved, asked, hosts, sheet)
        if not options:
            return Unknown(reason=f"it asks for more than {hosts.shown} has")
        return _folded(options, " or ".join(hosts.models))
    models = hosts.models or tuple(_fitting(asked, sheet))
    options = [
        option
        for model in models
        for option in _smallest(_options(sheet.hosts.get(model, ()), reserved, asked, hosts, sheet))
    ]
    if not options:
        return _nothing_fits(models, asked, hosts, sheet)
    if hosts.models:
        return _folded(options, " or ".join(hosts.models))
    return _any_model(options, reserved, asked, hosts, sheet)


def _nothing_fits(models: Iterable[str], asked: Devices, hosts: Hosts, sheet: Sheet) -> Unknown:
    names = " or ".join(hosts.models)
    if names and not any(sheet.hosts.get(model) for model in models):
        return Unknown(reason=f"there is no price for {names} at {sheet.where}")
    if any(sheet.hosts.get(model) for model in models):
        what = f"{asked.shown}{f' ({names})' if names else ''} and the rest it asks for"
        return Unknown(reason=f"no machine with a price at {sheet.where} has {what}")
    return Unknown(reason=f"there is no price for {asked.asked}")


def _fitting(asked: Devices, sheet: Sheet) -> Iterable[str]:
    """The models with a price that could be meant by the resource's name alone."""
    for name, accelerator in sorted(sheet.accelerators.items()):
        if asked.fits(accelerator) and (name in sheet.hosts or _rate_of(name, sheet)):
            yield name


def _options(
    machines: Iterable[Machine], reserved: Reserved, asked: Devices, hosts: Hosts, sheet: Sheet
) -> list[Option]:
    found = (on_machine(machine, asked, reserved, hosts, sheet) for machine in machines)
    return [option for option in found if option is not None]


def _smallest(options: Iterable[Option]) -> Iterable[Option]:
    """The cheapest of each number of accelerators: a larger one than needed is nobody's choice."""
    seen: set[Decimal] = set()
    for option in options:
        if option.machine.accelerators not in seen:
            seen.add(option.machine.accelerators)
            yield option


def _folded(options: Sequence[Option], models: str) -> Charge:
    """The range over all options; the cheapest is expected, as an autoscaler would choose it."""
    first = min(options, key=lambda one: (one.monthly.expected, one.machine.name))
    several = Grade.A if len(options) == 1 else Grade.B
    names = [one.machine.name for one in options[:_NAMED]]
    more = " or others" if len(options) > _NAMED else ""
    return Charge(
        monthly=_over(options, first.monthly.expected),
        grade=worst(several, *(one.grade for one in options)),
        prices=tuple(dict.fromkeys(price for one in options for price in one.prices)),
        where=f"on {' or '.join(names)}{more}{f' ({models})' if models else ''}",
        accelerators={first.machine.accelerator: first.accelerators} if first.accelerators else {},
    )


def _over(options: Sequence[Option], expected: Decimal) -> Range:
    low = min(one.monthly.low for one in options)
    high = max(one.monthly.high for one in options)
    return Range(low=low, expected=min(max(expected, low), high), high=high)


def _any_model(
    options: Sequence[Option], reserved: Reserved, asked: Devices, hosts: Hosts, sheet: Sheet
) -> Charge | Unknown:
    """Nobody says which model: a range over all that would do. What is expected is the default
    price of a GPU, or where there is none the middle one."""
    ranked = sorted(options, key=lambda one: (one.monthly.expected, one.machine.name))
    expected = ranked[(len(ranked) - 1) // 2].monthly.expected
    general = sheet.rate("gpu") if asked.resource in GPUS else None
    prices = (*ranked[0].prices, *ranked[-1].prices)
    if general is not None and not reserved.silent:
        default = _alone("", general, reserved, asked, hosts, sheet)
        if isinstance(default, Charge):
            expected, prices = default.monthly.expected, (*default.prices, *prices)
    ends = f"{_model(ranked[0])} to {_model(ranked[-1])}"
    return Charge(
        monthly=_over(ranked, expected),
        grade=Grade.D,
        prices=tuple(dict.fromkeys(prices)),
        where=f"of a model that nothing tells ({ends})",
        accelerators={"": asked.whole(None)},
    )


def _model(option: Option) -> str:
    return f"{option.machine.accelerator} on {option.machine.name}"
