"""NAT gateways, load balancers and addresses of AWS."""

from __future__ import annotations

from decimal import Decimal

from checks.pricing.cost import HOURS, number
from checks.pricing.terraform.ask import Ask, Usage
from checks.pricing.terraform.quote import Group, Item, Quote, item

# What one capacity unit takes: new connections a second, active ones a minute, GB an hour, rule
# evaluations a second.
_UNITS = {
    "alb": (Decimal(25), Decimal(3000), Decimal(1), Decimal(1000)),
    "nlb": (Decimal(800), Decimal(100_000), Decimal(1), None),
    "gateway": (Decimal(600), Decimal(60_000), Decimal(1), None),
}
_KINDS = {"application": "alb", "network": "nlb", "gateway": "gateway"}


def nat_gateway(ask: Ask) -> Quote:
    """aws_nat_gateway (the same of Azure): by the hour, and its traffic by the usage file."""
    traffic = ask.usage.get("monthly_data_processed_gb")
    items = [item("gateway", "NAT gateway", ask.tariff.part("nat-gateway"))]
    if traffic:
        part = ask.tariff.part("nat-gateway:data", traffic)
        items.append(item("traffic", f"{number(traffic)} GB", part))
    return Quote(groups=(Group(items=tuple(items)),), more=traffic is None)


def load_balancer(ask: Ask) -> Quote:
    """aws_lb and aws_alb."""
    named = ask.of.text("load_balancer_type", "application", computed=True)
    kind = _KINDS.get(named, named)
    part = ask.tariff.part(f"load-balancer:{kind}")
    items: list[Item] = [item("load balancer", f"{kind.upper()} load balancer", part)]
    units = _capacity_units(kind, ask.usage)
    if units:
        part = ask.tariff.part(f"load-balancer:{kind}:lcu", units)
        items.append(item("capacity units", f"{number(units)} LCU", part))
    return Quote(groups=(Group(items=tuple(items)),), more=units is None)


def classic_load_balancer(ask: Ask) -> Quote:
    """aws_elb."""
    traffic = ask.usage.get("monthly_data_processed_gb")
    part = ask.tariff.part
    items = [item("load balancer", "classic load balancer", part("load-balancer:classic"))]
    if traffic:
        shown = f"{number(traffic)} GB"
        items.append(item("traffic", shown, part("load-balancer:classic:data", traffic)))
    return Quote(groups=(Group(items=tuple(items)),), more=traffic is None)


def eip(ask: Ask) -> Quote:
    """aws_eip: since February 2024 a public address costs the same in use and idle."""
    address = item("address", "public IPv4 address", ask.tariff.part("ip"))
    return Quote(groups=(Group(items=(address,)),))


def vpc_endpoint(ask: Ask) -> Quote | None:
    """aws_vpc_endpoint: gateways are free, interfaces cost by the hour in each subnet."""
    kind = ask.of.text("vpc_endpoint_type", "Gateway", computed=True)
    if kind == "Gateway":
        return None
    zones = max(1, len(ask.of.texts("subnet_ids", computed=False)))
    traffic = ask.usage.get("monthly_data_processed_gb")
    items = [item("endpoint", f"{zones} zones", ask.tariff.part("vpc-endpoint", zones))]
    if traffic:
        part = ask.tariff.part("vpc-endpoint:data", traffic)
        items.append(item("traffic", f"{number(traffic)} GB", part))
    return Quote(groups=(Group(items=tuple(items)),), more=traffic is None)


def _capacity_units(kind: str, usage: Usage) -> Decimal | None:
    keys = ("new_connections", "active_connections", "processed_bytes_gb", "rule_evaluations")
    figures = [usage.get(key) for key in keys]
    if all(figure is None for figure in figures):
        return None
    if figures[2] is not None:
        figures[2] /= HOURS
    each = _UNITS.get(kind, _UNITS["alb"])
    return max(
        figure / unit
        for figure, unit in zip(figures, each, strict=True)
        if figure is not None and unit is not None
    )
