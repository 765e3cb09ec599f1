"""A pod's share of a machine: of what is scarce the largest part of it that the pod takes."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from checks.model import Grade, Machine, Range, UnitPrice
from checks.pricing.cost import HOURS, Unknown, worst
from checks.pricing.nodes.devices import Devices
from checks.pricing.nodes.hosts import Hosts
from checks.pricing.pod import Amounts
from checks.pricing.quantity import GIB
from checks.pricing.sheet import Rate, Sheet

_ZERO = Decimal(0)
_ONE = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserved:
    """What a pod reserves besides accelerators; `silent` as in pod.Request."""

    amounts: Amounts
    silent: tuple[str, ...] = ()

    @property
    def cpu(self) -> Decimal:
        """Cores."""
        return self.amounts.get("cpu", _ZERO)

    @property
    def gib(self) -> Decimal:
        """GiB of memory, huge pages included."""
        return sum((n for name, n in self.amounts.items() if name != "cpu"), _ZERO) / GIB

    def market(self, sheet: Sheet, *, spot: bool = False) -> tuple[Decimal, list[Rate]] | Unknown:
        """What it costs a month at the rates of the place, and which they are."""
        total = _ZERO
        rates: list[Rate] = []
        for name, amount in self.amounts.items():
            unit = "cpu" if name == "cpu" else "ram"
            rate = sheet.units.get(f"{unit}:spot" if spot else unit)
            if rate is None:
                return Unknown(reason=f"there is no price for {name}")
            total += rate.of(amount)
            if not any(rate is one for one in rates):
                rates.append(rate)
        return total, rates


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One machine that a pod may run on, and what it costs there a month."""

    machine: Machine
    monthly: Range
    grade: Grade
    prices: tuple[UnitPrice, ...]
    accelerators: Decimal = _ZERO


def on_machine(
    machine: Machine, asked: Devices | None, reserved: Reserved, hosts: Hosts, sheet: Sheet
) -> Option | None:
    """The pod's price on a machine, None where it does not fit.

    With accelerators: the machine's price times the largest share of anything that the pod takes,
    and at the least what is left of that once the cores and GiB it leaves over are sold at the
    rates of the place. Without: so that a machine full of pods costs what the machine does.
    """
    cores = reserved.cpu / machine.vcpu if machine.vcpu else _ZERO
    memory = reserved.gib / machine.memory_gib if machine.memory_gib else _ZERO
    need = _need(machine, asked, hosts, sheet)
    devices = need / machine.accelerators if machine.accelerators else _ZERO
    share = max(cores, memory, devices)
    if share > 1 or (need and not machine.accelerators):
        return None
    whole = machine.hourly.amount * HOURS
    if asked is None:
        share = _split(machine, reserved, sheet) or share
        monthly = Range.exact(whole * share)
    else:
        expected = whole * share
        low = expected - _left(machine, share, reserved, sheet)
        if not hosts.takers:
            low = whole * max(cores, memory)
        high = whole if reserved.silent and share < 1 else expected
        monthly = Range(low=min(max(low, _ZERO), expected), expected=expected, high=high)
    found = Option(
        machine=machine,
        monthly=monthly,
        grade=sheet.grade(machine.hourly),
        prices=(machine.hourly,),
        accelerators=need,
    )
    return _interruptible(found, hosts, sheet) if hosts.purchase else found


def _need(machine: Machine, asked: Devices | None, hosts: Hosts, sheet: Sheet) -> Decimal:
    if asked is None:
        return _ZERO
    whole = asked.whole(sheet.accelerators.get(machine.accelerator))
    return whole / max(hosts.takers, 1)


def full_price(machine: Machine, sheet: Sheet) -> Decimal | None:
    """What a machine's cores and GiB cost a month at the rates of the place."""
    cpu, ram = sheet.rate("cpu"), sheet.rate("ram")
    if cpu is None or ram is None or not machine.vcpu or not machine.memory_gib:
        return None
    return cpu.of(machine.vcpu) + ram.of(machine.memory_gib * GIB)


def _split(machine: Machine, reserved: Reserved, sheet: Sheet) -> Decimal | None:
    """The part of a machine's value, as the rates of the place weigh it, that a pod takes."""
    full, taken = full_price(machine, sheet), reserved.market(sheet)
    if not full or isinstance(taken, Unknown):
        return None
    return taken[0] / full


def _left(machine: Machine, share: Decimal, reserved: Reserved, sheet: Sheet) -> Decimal:
    """What the cores and GiB are worth that come with a share and that the pod does not take."""
    cpu, ram = sheet.rate("cpu"), sheet.rate("ram")
    if cpu is None or ram is None:
        return _ZERO
    cores = max(_ZERO, share * machine.vcpu - reserved.cpu)
    gib = max(_ZERO, share * machine.memory_gib - reserved.gib)
    return cpu.of(cores) + ram.of(gib * GIB)


def _interruptible(option: Option, hosts: Hosts, sheet: Sheet) -> Option:
    """From the spot price to the full one. An old spot price is a bound only."""
    spot = option.machine.spot
    full = option.machine.hourly.amount
    if spot is None or not full:
        grade = worst(option.grade, Grade.C)
        return Option(
            machine=option.machine,
            monthly=option.monthly,
            grade=grade,
            prices=option.prices,
            accelerators=option.accelerators,
        )
    ratio = min(_ONE, spot.amount / full)
    fresh = hosts.purchase == "spot" and not sheet.stale(spot)
    expected = option.monthly.expected
    return Option(
        machine=option.machine,
        monthly=Range(
            low=option.monthly.low * ratio,
            expected=expected * ratio if fresh else expected,
            high=option.monthly.high,
        ),
        grade=worst(option.grade, Grade.B, sheet.grade(spot)),
        prices=(*option.prices, spot),
        accelerators=option.accelerators,
    )
