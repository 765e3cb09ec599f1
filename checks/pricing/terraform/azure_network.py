"""Load balancers and addresses of Azure."""

from __future__ import annotations

from checks.pricing.cost import number
from checks.pricing.terraform.ask import Ask, by_usage
from checks.pricing.terraform.quote import Group, Quote, item


def load_balancer(ask: Ask) -> Quote | None:
    """azurerm_lb: its rules cost by themselves; what is left is traffic."""
    if ask.of.text("sku", "Standard", computed=True) == "Basic":
        return None
    traffic = ask.usage.get("monthly_data_processed_gb")
    if traffic is None:
        raise by_usage("monthly_data_processed_gb")
    part = ask.tariff.part("load-balancer:data", traffic)
    return Quote(groups=(Group(items=(item("traffic", f"{number(traffic)} GB", part),)),))


def rule(ask: Ask) -> Quote | None:
    """azurerm_lb_rule, azurerm_lb_outbound_rule: free on a Basic load balancer."""
    name = ask.of.hint("loadbalancer_id")
    balancer = ask.sibling(("azurerm_lb",), "loadbalancer_id", name)
    if balancer is not None and balancer.text("sku", "Standard", computed=True) == "Basic":
        return None
    part = ask.tariff.part("load-balancer:rule")
    return Quote(groups=(Group(items=(item("rule", "load balancer rule", part),)),))


def public_ip(ask: Ask) -> Quote:
    """azurerm_public_ip."""
    sku = ask.of.text("sku", "Standard", computed=True).lower()
    way = ask.of.text("allocation_method").lower()
    tier = ask.of.text("sku_tier", "Regional", computed=True)
    name = "ip:global" if tier == "Global" else f"ip:{sku}:{way}"
    part = ask.tariff.part(name)
    shown = f"{sku} {way} address{' (global)' if tier == 'Global' else ''}"
    return Quote(groups=(Group(items=(item("address", shown, part),)),))
