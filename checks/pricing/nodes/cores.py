"""What a pod without accelerators costs: cores and GiB."""

from __future__ import annotations

from dataclasses import replace

from checks.model import Grade, Range
from checks.pricing.cost import Unknown, worst
from checks.pricing.nodes.charge import Charge, folded
from checks.pricing.nodes.hosts import Hosts
from checks.pricing.nodes.share import Reserved, on_machine
from checks.pricing.sheet import Sheet


def cores(reserved: Reserved, hosts: Hosts, sheet: Sheet) -> Charge | Unknown:
    """By the rates of the place, or of the machine that it names."""
    if reserved.silent:
        return Unknown(reason="; ".join(reserved.silent))
    options = [one for m in hosts.machines if (one := on_machine(m, None, reserved, hosts, sheet))]
    if options:
        return folded(options, "")
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
