"""Which of two ledgers is added up: the machines that are bought, or what pods reserve of them.

Where a cluster's machines are declared and their number is fixed, they are what is paid, and the
pods on them are shown beside. Where their number follows the pods, the pods are counted and the
machines are shown. Where both kinds of pools stand in a cluster, pods that demand one pool go with
it, and all others with the pools that follow them. Nothing can be counted twice of which only one
side is in view: there the machines are counted, or the pods.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from checks.kube import pod_pointer
from checks.model import Ledger, Place, Resource
from checks.pricing.cost import Cost
from checks.pricing.kinds.pieces import IN_TEMPLATE
from checks.pricing.nodes.pools import Pool, same_cluster
from checks.pricing.nodes.wishes import NO_WISHES, Wishes, wishes


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledgers:
    """The machines of a side of the change: where they are fixed, where they follow the pods, and
    the ids of the pools among the latter. `pods` are the places where pods are in view, None where
    that is not known."""

    fixed: frozenset[Place] = frozenset()
    following: frozenset[Place] = frozenset()
    pools: tuple[Pool, ...] = ()
    following_ids: frozenset[str] = frozenset()
    pods: frozenset[Place] | None = None

    @classmethod
    def of(
        cls,
        nodes: Iterable[tuple[Resource, Cost]],
        pools: tuple[Pool, ...],
        pods: frozenset[Place] | None = None,
    ) -> Ledgers:
        """The ledgers of what has been priced as the nodes of a cluster."""
        found = list(nodes)
        return cls(
            fixed=frozenset(one.place for one, cost in found if not cost.autoscaled),
            following=frozenset(one.place for one, cost in found if cost.autoscaled),
            pools=pools,
            following_ids=frozenset(one.id for one, cost in found if cost.autoscaled),
            pods=pods,
        )

    def counts(self, resource: Resource, cost: Cost) -> bool:
        """Whether the cost of an object is in the totals."""
        if cost.nodes:
            alone = self.pods is not None and not _any_of(self.pods, resource.place)
            # What a pool alone is expected to cost, it costs without any pods that we know of.
            return not cost.autoscaled or (alone and cost.amount.expected > 0)
        if cost.ledger is not Ledger.ALLOCATION or not self.fixed:
            return True
        if not _any_of(self.fixed, resource.place):
            return True
        if not _any_of(self.following, resource.place):
            return False
        wanted = _wished(resource)
        named = [
            pool
            for pool in self.pools
            if same_cluster(pool.place, resource.place) and pool.named_by(wanted)
        ]
        return not named or any(pool.id in self.following_ids for pool in named)


def _wished(resource: Resource) -> Wishes:
    spec = resource.get(*(pod_pointer(resource) or IN_TEMPLATE))
    return wishes(spec) if isinstance(spec, dict) else NO_WISHES


def _any_of(places: Iterable[Place], place: Place) -> bool:
    return any(same_cluster(one, place) for one in places)
