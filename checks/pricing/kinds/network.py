"""What stands before the pods and beside them: load balancers and disks."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from checks.model import Grade, Ledger, Range, Resource
from checks.pricing.cost import Bill, Cost, Factor, Unknown, nano
from checks.pricing.kinds.pieces import Answer
from checks.pricing.market import Market
from checks.pricing.sheet import Rate
from checks.pricing.volume import volume, volume_price

_INGRESS_CLASS = "kubernetes.io/ingress.class"
# Which load balancer a class of Ingress or Service brings; of other classes, the nodes are one.
_INGRESS = {
    "alb": "load-balancer:alb",
    "gce": "load-balancer:forwarding-rule",
    "gce-internal": "load-balancer:forwarding-rule",
}
_CONTROLLERS = {
    "ingress.k8s.aws/alb": "alb",
    "eks.amazonaws.com/alb": "alb",
    "ingress.gke.io/gce": "gce",
    "k8s.io/ingress-gce": "gce",
}
_SERVICE = {
    "service.k8s.aws/nlb": "load-balancer:nlb",
    "eks.amazonaws.com/nlb": "load-balancer:nlb",
}
_AWS_TYPE = "service.beta.kubernetes.io/aws-load-balancer-type"
_NLB = frozenset({"nlb", "nlb-ip", "external"})
_GROUP = "alb.ingress.kubernetes.io/group.name"
_ONE = Decimal(1)


def service(resource: Resource, market: Market) -> Answer | None:
    """A Service of the type LoadBalancer; its traffic comes on top."""
    if resource.get("spec", "type") != "LoadBalancer":
        return None
    named = resource.get("spec", "loadBalancerClass")
    if isinstance(named, str) and named not in _SERVICE:
        # One that the cluster brings itself: MetalLB, Tailscale, Cilium, …
        return None
    own = _SERVICE.get(named) if isinstance(named, str) else None
    if resource.annotations().get(_AWS_TYPE) in _NLB:
        own = own or "load-balancer:nlb"
    names = (own, "load-balancer") if own else ("load-balancer",)
    return _balancer(resource, market, names)


def ingress(resource: Resource, market: Market) -> Answer | None:
    """An Ingress whose class brings a load balancer of its own."""
    kind = _class(resource, market)
    if kind not in _INGRESS:
        return None
    group = resource.annotations().get(_GROUP)
    if kind == "alb" and group and (first := _first(resource, group, market)) is not None:
        return Cost(
            amount=Range.exact(Decimal(0)),
            grade=_grade_of(resource, market, kind),
            basis=f"the load balancer of the group {group}, counted with Ingress {first.name}",
            ledger=Ledger.CAPACITY,
        )
    return _balancer(resource, market, (_INGRESS[kind], "load-balancer"))


def _grade_of(resource: Resource, market: Market, kind: str) -> Grade:
    rate = market.sheets.at(resource.place).rate(_INGRESS[kind], "load-balancer")
    return rate.grade if rate else Grade.D


def _class(resource: Resource, market: Market) -> str:
    named = resource.get("spec", "ingressClassName")
    name = named if isinstance(named, str) else resource.annotations().get(_INGRESS_CLASS, "")
    if not name:
        # What GKE itself does with an Ingress of no class.
        return "gce" if resource.place.provider == "gcp" else ""
    found = market.objects.named(resource, "IngressClass", name)
    controller = found.get("spec", "controller") if found else None
    if isinstance(controller, str):
        return _CONTROLLERS.get(controller, "")
    return name


def _first(resource: Resource, group: str, market: Market) -> Resource | None:
    """The Ingress that the load balancer of a group is counted with, None for that one itself."""
    for one in market.objects.kind("Ingress"):
        if one.place == resource.place and one.annotations().get(_GROUP) == group:
            return one if one.id != resource.id else None
    return None


def _balancer(resource: Resource, market: Market, names: tuple[str, ...]) -> Answer:
    sheet = market.sheets.at(resource.place)
    rate = sheet.rate(*names)
    if rate is None:
        return Unknown(reason=_no_price(sheet.where))
    return _flat(rate, _ONE, "a load balancer + usage", "load balancers", "1")


def _no_price(where: str) -> str:
    return f"there is no price for a load balancer at {where} (prices.provider and region)"


def claim(resource: Resource, market: Market) -> Answer:
    """A PersistentVolumeClaim."""
    one = volume(resource.get("spec"), resource, market.objects)
    if isinstance(one, Unknown):
        return one.within(("spec",))
    found = volume_price(one, market.sheets.at(resource.place))
    if isinstance(found, Unknown):
        return found
    amount, rate = found
    size = rate.per * amount / rate.monthly if rate.monthly else Decimal(0)
    return _flat(rate, size, one.shown, "storage", one.shown)


def _flat(rate: Rate, amount: Decimal, basis: str, name: str, shown: str) -> Cost:
    """So much of one thing."""
    return Cost(
        amount=Range.exact(nano(rate.of(amount))),
        grade=rate.grade,
        basis=basis,
        prices=(rate.price,),
        ledger=Ledger.CAPACITY,
        bill=Bill(
            formula=_product,
            factors={
                name: Factor(value=amount, shown=shown),
                "price": Factor(value=rate, shown=f"{rate.price.amount} a {rate.price.unit}"),
            },
        ),
    )


def _product(values: Mapping[str, Any]) -> Decimal:
    rate: Rate = values["price"]
    (amount,) = (value for name, value in values.items() if name != "price")
    return nano(rate.of(amount))
