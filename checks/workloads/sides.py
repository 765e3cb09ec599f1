"""Both sides of a change as rules over workloads see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from checks.model import AttributionRules, Resource, Snapshot, Subject
from checks.pricing.cost import Unknown
from checks.pricing.near import Objects, together
from checks.pricing.scale import Replicas, Scalers, Target, replicas
from checks.workloads.index import BySelector, by_name, by_target
from checks.workloads.pods import Pods, pods_of
from checks.workloads.selectors import selects, service_selects

_SCALED = frozenset(
    {
        ("apps", "Deployment"),
        ("apps", "StatefulSet"),
        ("apps", "ReplicaSet"),
        ("", "ReplicationController"),
        ("extensions", "Deployment"),
        ("extensions", "ReplicaSet"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side of a change, with what relates its objects. `previous` is the side before the
    change, None for that side itself; `pods` are those of workloads by id, `covered` the workloads
    of each budget."""

    snapshot: Snapshot
    objects: Objects
    scalers: Scalers
    pods: Mapping[str, Pods]
    services_over: Mapping[str, tuple[Resource, ...]]
    budgets_over: Mapping[str, tuple[Resource, ...]]
    covered: Mapping[str, Sequence[Resource]]
    named: Mapping[Target, Sequence[Resource]]
    scaling: Mapping[Target, Sequence[Resource]]
    domain: str
    attribution: AttributionRules
    previous: Side | None = None

    def services(self, pods: Pods) -> tuple[Resource, ...]:
        """The Services that send requests to these pods."""
        return self.services_over.get(pods.resource.id, ())

    def budgets(self, pods: Pods) -> tuple[Resource, ...]:
        """The PodDisruptionBudgets over these pods."""
        return self.budgets_over.get(pods.resource.id, ())

    def scaled_by(self, resource: Resource) -> tuple[Resource, ...]:
        """The autoscalers of a workload that are rolled out with it."""
        every = self.scalers.of_workload.get(resource.id, ())
        return tuple(one for one in every if together(one, resource))

    def before(self, resource: Resource) -> Resource | None:
        """The same object before the change; on the side before it none."""
        return self.previous.snapshot.resources.get(resource.id) if self.previous else None

    def least(self, resource: Resource) -> Replicas | None:
        """How many pods a workload with replicas runs; None for other kinds and where it is
        unknown."""
        if (resource.group, resource.kind) not in _SCALED:
            return None
        found = replicas(resource, self.scalers)
        return None if isinstance(found, Unknown) else found


def sides(subject: Subject) -> tuple[Side, Side]:
    """Both sides of a change, worked out once for all rules."""
    if "workload sides" not in subject.memo:
        base = _side(subject.base, subject)
        subject.memo["workload sides"] = base, _side(subject.head, subject, base)
    found: tuple[Side, Side] = subject.memo["workload sides"]
    return found


def _side(snapshot: Snapshot, subject: Subject, previous: Side | None = None) -> Side:
    objects = Objects.of(snapshot)
    pods = {key: found for key, one in snapshot.resources.items() if (found := pods_of(one))}
    services = BySelector.of(objects.kind("Service", ""), service_selects)
    budgets = BySelector.of(objects.kind("PodDisruptionBudget", "policy"), selects)
    budgets_over = {key: budgets.over(one) for key, one in pods.items()}
    return Side(
        snapshot=snapshot,
        objects=objects,
        scalers=Scalers.of(snapshot),
        pods=pods,
        services_over={key: services.over(one) for key, one in pods.items()},
        budgets_over=budgets_over,
        covered=_covered(pods, budgets_over),
        named=by_name(snapshot.resources.values()),
        scaling=by_target(snapshot.resources.values()),
        domain=subject.facts.label_domain,
        attribution=subject.facts.attribution,
        previous=previous,
    )


def _covered(
    pods: Mapping[str, Pods], budgets_over: Mapping[str, tuple[Resource, ...]]
) -> Mapping[str, Sequence[Resource]]:
    """The workloads that are rolled out with each budget and whose pods it means."""
    found: dict[str, list[Resource]] = {}
    for key, budgets in budgets_over.items():
        for budget in budgets:
            if together(pods[key].resource, budget):
                found.setdefault(budget.id, []).append(pods[key].resource)
    return found
