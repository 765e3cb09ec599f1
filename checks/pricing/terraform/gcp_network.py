"""Addresses, forwarding rules and NAT of Google Cloud."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from checks.money import plain
from checks.pricing.cost import number
from checks.pricing.terraform.ask import Ask
from checks.pricing.terraform.attributes import CannotTellError
from checks.pricing.terraform.quote import Group, Quote, item

# From so many machines on a NAT gateway costs the same.
_NAT_VMS = 32


def router_nat(ask: Ask) -> Quote:
    """google_compute_router_nat: by the machines that use it, and by traffic."""
    machines = ask.usage.get("assigned_vms")
    whole = ask.tariff.part("nat-gateway")
    if machines is None:
        most = plain(whole.each, ask.tariff.prices.currency)
        raise CannotTellError(
            f"its price goes by the machines that use it (at most {most} a month, and traffic):"
            " give assigned_vms and monthly_data_processed_gb in the usage file"
        )
    share = min(machines, Decimal(_NAT_VMS)) / _NAT_VMS
    gateway = item("gateway", f"NAT of {number(machines)} machines",
                   replace(whole, quantity=share))  # fmt: skip
    items = [gateway]
    traffic = ask.usage.get("monthly_data_processed_gb")
    if traffic:
        part = ask.tariff.part("nat-gateway:data", traffic)
        items.append(item("traffic", f"{number(traffic)} GB", part))
    return Quote(groups=(Group(items=tuple(items)),), more=traffic is None)


def forwarding_rule(ask: Ask) -> Quote:
    """google_compute_(global_)forwarding_rule."""
    traffic = ask.usage.get("monthly_ingress_data_gb")
    rule = ask.tariff.part("load-balancer:forwarding-rule")
    items = [item("rule", "forwarding rule", rule)]
    if traffic:
        part = ask.tariff.part("load-balancer:data", traffic)
        items.append(item("traffic", f"{number(traffic)} GB", part))
    return Quote(groups=(Group(items=tuple(items)),), more=traffic is None)


def address(ask: Ask) -> Quote | None:
    """google_compute_(global_)address: dearer while nothing uses it, which no file says."""
    if ask.of.text("address_type", "EXTERNAL", computed=True) == "INTERNAL":
        return None
    used, idle = ask.tariff.part("ip:vm"), ask.tariff.part("ip:unused")
    spread = replace(used, low=min(used.each, idle.each), high=max(used.each, idle.each))
    return Quote(groups=(Group(items=(item("address", "external address", spread),)),))
