"""What everything in a snapshot costs, object by object, and whose cost it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from checks.costs.attribution import attribute, namespaces_of
from checks.costs.carbon import grams
from checks.kube import pod_pointer
from checks.model import (
    ZERO,
    Facts,
    Grade,
    Inventory,
    InventoryRow,
    Ledger,
    Resource,
    ResourceRef,
    Snapshot,
)
from checks.pricing.assume import Assumptions, KindRule
from checks.pricing.cost import Cost, Unknown
from checks.pricing.ledgers import Ledgers
from checks.pricing.market import Market, Sheets
from checks.pricing.workload import Answer, price

NO_ASSUMPTIONS = Assumptions()
# Some pod, for asking in which ledger one of unknown cost would be.
_POD = Cost(amount=ZERO, grade=Grade.D, basis="")


def inventory(
    snapshot: Snapshot,
    facts: Facts,
    assume: Assumptions = NO_ASSUMPTIONS,
    *,
    kinds: Sequence[KindRule] = (),
    within: Inventory | None = None,
) -> Inventory:
    """Every object of `snapshot` that has a price or should have one, ordered by id.

    `assume` and `kinds` are what pricing is told besides. Where the snapshot is only a part of a
    branch, `within` is the branch's: it knows of the nodes that pods run on.
    """
    market = Market.of(snapshot, Sheets(facts=facts), assume, kinds, facts.usage)
    answers = [
        (resource, answer)
        for _, resource in sorted(snapshot.resources.items())
        if (answer := price(resource, market)) is not None
    ]
    nodes = [(r, a) for r, a in answers if isinstance(a, Cost) and a.nodes]
    pods = frozenset(
        r.place for r, a in answers if isinstance(a, Cost) and a.ledger is Ledger.ALLOCATION
    )
    counting = _Counting.of(Ledgers.of(nodes, market.pools, pods), within)
    namespaces = namespaces_of(snapshot.resources)
    return Inventory(
        sha=snapshot.sha,
        currency=facts.prices.currency,
        rows=tuple(_row(r, answer, namespaces, facts, counting) for r, answer in answers),
        unreadable=len(snapshot.unreadable),
        fixed=counting.ledgers.fixed,
        following=counting.ledgers.following,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counting:
    """In which ledger an object is counted: as in the branch, where that has it already."""

    ledgers: Ledgers
    known: Mapping[str, bool]

    @classmethod
    def of(cls, own: Ledgers, within: Inventory | None) -> _Counting:
        if within is None:
            return cls(ledgers=own, known={})
        return cls(
            ledgers=replace(
                own, fixed=own.fixed | within.fixed, following=own.following | within.following
            ),
            known={row.resource_id: row.counted for row in within.rows if row.monthly is not None},
        )

    def __call__(self, resource: Resource, answer: Answer) -> bool:
        if isinstance(answer, Cost):
            if not answer.nodes and resource.id in self.known:
                return self.known[resource.id]
            return self.ledgers.counts(resource, answer)
        return pod_pointer(resource) is None or self.ledgers.counts(resource, _POD)


def _row(
    resource: Resource,
    answer: Answer,
    namespaces: Mapping[str, Resource],
    facts: Facts,
    counts: _Counting,
) -> InventoryRow:
    row = InventoryRow(
        resource_id=resource.id,
        resource=ResourceRef.of(resource),
        location=resource.source,
        attribution=attribute(resource, namespaces, facts.attribution, facts.label_domain),
        place=resource.place,
        tier=resource.tier,
        counted=counts(resource, answer),
    )
    if isinstance(answer, Unknown):
        return replace(row, reason=answer.reason)
    hardware = answer.hardware
    return replace(
        row,
        monthly=answer.amount,
        grade=answer.grade,
        ledger=answer.ledger,
        carbon=grams(hardware, resource.place, facts.carbon) if hardware else None,
    )
