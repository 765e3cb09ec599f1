"""What stands around a workload that is to be rightsized: autoscalers, and prices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from checks.model import Facts, Range, Resource, Snapshot
from checks.pricing.cost import Cost
from checks.pricing.workload import Assumptions, Market, Sheets, price

_VPA = ("autoscaling.k8s.io", "VerticalPodAutoscaler")
_WATCHES_ONLY = "Off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One snapshot and the facts, made ready. `vpas` maps (namespace, kind, name) of a workload to
    the names of the VerticalPodAutoscalers that set its requests."""

    market: Market
    vpas: Mapping[tuple[str, str, str], tuple[str, ...]]
    label_domain: str

    @classmethod
    def of(cls, snapshot: Snapshot, facts: Facts, assume: Assumptions | None = None) -> Context:
        """The context of every workload of a snapshot, which should hold all that is declared."""
        sheets = Sheets(facts=facts)
        return cls(
            market=Market.of(snapshot, sheets, assume or Assumptions(), usage=facts.usage),
            vpas=_vpas(snapshot),
            label_domain=facts.label_domain,
        )

    def scalers(self, workload: Resource) -> tuple[Resource, ...]:
        """What changes the number of its replicas."""
        return self.market.scalers.of_workload.get(workload.id, ())

    def active_vpas(self, workload: Resource) -> tuple[str, ...]:
        """The names of what sets its requests behind our back."""
        return self.vpas.get((workload.namespace, workload.kind, workload.name), ())

    def saving(self, before: Resource, after: Resource) -> Range | None:
        """The money a month that the change releases, None where either has no known price."""
        costs = price(before, self.market), price(after, self.market)
        if not isinstance(costs[0], Cost) or not isinstance(costs[1], Cost):
            return None
        return costs[0].amount.minus(costs[1].amount)


def _vpas(snapshot: Snapshot) -> Mapping[tuple[str, str, str], tuple[str, ...]]:
    found: dict[tuple[str, str, str], tuple[str, ...]] = {}
    for key in sorted(snapshot.resources):
        vpa = snapshot.resources[key]
        kind = vpa.get("spec", "targetRef", "kind")
        name = vpa.get("spec", "targetRef", "name")
        # Without an updateMode a VerticalPodAutoscaler is active.
        off = vpa.get("spec", "updatePolicy", "updateMode") in (_WATCHES_ONLY, False)
        if (vpa.group, vpa.kind) != _VPA or off:
            continue
        if isinstance(kind, str) and isinstance(name, str):
            target = (vpa.namespace, kind, name)
            found[target] = (*found.get(target, ()), vpa.name)
    return found
