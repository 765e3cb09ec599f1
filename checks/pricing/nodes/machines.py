"""What a pod with accelerators costs on the machines that have them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from checks.model import Grade, Machine
from checks.pricing.cost import Unknown
from checks.pricing.nodes.alone import alone, fitting
from checks.pricing.nodes.charge import Charge, folded, over
from checks.pricing.nodes.devices import GPUS, Devices
from checks.pricing.nodes.hosts import Hosts
from checks.pricing.nodes.share import Option, Reserved, on_machine
from checks.pricing.sheet import Sheet


def by_machine(reserved: Reserved, asked: Devices, hosts: Hosts, sheet: Sheet) -> Charge | Unknown:
    """By the machines that have such accelerators: those that were named, those of the model, or
    where nobody says which, all that would do."""
    if hosts.named:
        options = _options(hosts.machines, reserved, asked, hosts, sheet)
        if not options:
            return Unknown(reason=f"it asks for more than {hosts.shown} has")
        return folded(options, " or ".join(hosts.models))
    models = hosts.models or tuple(fitting(asked, sheet))
    options = []
    for model in models:
        machines = sheet.hosts().get(model, ())
        options += _smallest(_options(machines, reserved, asked, hosts, sheet))
    if not options:
        return _nothing_fits(models, asked, hosts, sheet)
    if hosts.models:
        return folded(options, " or ".join(hosts.models))
    return _any_model(options, reserved, asked, hosts, sheet)


def _nothing_fits(models: Iterable[str], asked: Devices, hosts: Hosts, sheet: Sheet) -> Unknown:
    names = " or ".join(hosts.models)
    if names and not any(sheet.hosts().get(model) for model in models):
        return Unknown(reason=f"there is no price for {names} at {sheet.where}")
    if any(sheet.hosts().get(model) for model in models):
        what = f"{asked.shown}{f' ({names})' if names else ''} and the rest it asks for"
        return Unknown(reason=f"no machine with a price at {sheet.where} has {what}")
    return Unknown(reason=f"there is no price for {asked.asked}")


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
        default = alone("", general, reserved, asked, hosts, sheet)
        if isinstance(default, Charge):
            expected, prices = default.monthly.expected, (*default.prices, *prices)
    ends = f"{_model(ranked[0])} to {_model(ranked[-1])}"
    return Charge(
        monthly=over(ranked, expected),
        grade=Grade.D,
        prices=tuple(dict.fromkeys(prices)),
        where=f"of a model that nothing tells ({ends})",
        accelerators={"": asked.whole(None)},
    )


def _model(option: Option) -> str:
    return f"{option.machine.accelerator} on {option.machine.name}"
