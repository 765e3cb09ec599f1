"""Both sides of a change as rules over workloads see them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from checks.model import AttributionRules, Resource, Snapshot, Subject
from checks.pricing.cost import Unknown
from checks.pricing.near import Objects, together
from checks.pricing.scale import Replicas, Scalers, replicas
from checks.workloads.pods import Pods
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
    change, None for that side itself."""

    snapshot: Snapshot
    objects: Objects
    scalers: Scalers
    domain: str
    attribution: AttributionRules
    previous: Side | None = None

    def services(self, pods: Pods) -> tuple[Resource, ...]:
        """The Services that send requests to these pods."""
        return tuple(
            one
            for one in self._beside(pods.resource, "Service", "")
            if service_selects(one.get("spec", "selector"), pods.labels)
        )

    def budgets(self, pods: Pods) -> tuple[Resource, ...]:
        """The PodDisruptionBudgets over these pods."""
        return tuple(
            one
            for one in self._beside(pods.resource, "PodDisruptionBudget", "policy")
            if selects(one.get("spec", "selector"), pods.labels)
        )

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

    def _beside(self, resource: Resource, kind: str, group: str) -> Iterator[Resource]:
        """What of a kind is in the same namespace of the same cluster. What is rendered by another
        root is another environment's, unless it is read as it stands."""
        for one in self.objects.kind(kind, group):
            if one.namespace == resource.namespace and one.place == resource.place:
                roots = {one.rendered_from, resource.rendered_from}
                if len(roots) == 1 or "plain" in roots:
                    yield one


def sides(subject: Subject) -> tuple[Side, Side]:
    """Both sides of a change, worked out once for all rules."""
    if "workload sides" not in subject.memo:
        base = _side(subject.base, subject)
        subject.memo["workload sides"] = base, _side(subject.head, subject, base)
    found: tuple[Side, Side] = subject.memo["workload sides"]
    return found


def _side(snapshot: Snapshot, subject: Subject, previous: Side | None = None) -> Side:
    return Side(
        snapshot=snapshot,
        objects=Objects.of(snapshot),
        scalers=Scalers.of(snapshot),
        domain=subject.facts.label_domain,
        attribution=subject.facts.attribution,
        previous=previous,
    )
