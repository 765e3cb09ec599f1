"""What everything in a snapshot costs, object by object, and whose cost it is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from checks.attribution import attribute, namespaces_of
from checks.carbon import grams
from checks.model import (
    Facts,
    Inventory,
    InventoryRow,
    Ledger,
    Place,
    Resource,
    ResourceRef,
    Snapshot,
)
from checks.pricing.cost import Cost, Unknown
from checks.pricing.rates import Rates
from checks.pricing.scale import Scalers
from checks.pricing.workload import Assumptions, Market, price

NO_ASSUMPTIONS = Assumptions()


def inventory(
    snapshot: Snapshot,
    facts: Facts,
    assume: Assumptions = NO_ASSUMPTIONS,
    fixed: Collection[Place] | None = None,
) -> Inventory:
    """Every object of `snapshot` that has a price or should have one, ordered by id.

    `fixed` are the places whose nodes are counted as they are bought; where it is None they are
    those whose node pools in the snapshot have a fixed size.
    """
    market = Market(
        rates=Rates.of(facts.prices, facts.now), scalers=Scalers.of(snapshot), assume=assume
    )
    namespaces = namespaces_of(snapshot.resources)
    answers = {
        key: answer
        for key in sorted(snapshot.resources)
        if (answer := price(snapshot.resources[key], market)) is not None
    }
    where = _fixed(snapshot, answers) if fixed is None else frozenset(fixed)
    return Inventory(
        sha=snapshot.sha,
        currency=facts.prices.currency,
        rows=tuple(
            _row(snapshot.resources[key], answer, namespaces, facts, where)
            for key, answer in answers.items()
        ),
        unreadable=len(snapshot.unreadable),
        fixed=where,
    )


def _row(
    resource: Resource,
    answer: Cost | Unknown,
    namespaces: Mapping[str, Resource],
    facts: Facts,
    fixed: frozenset[Place],
) -> InventoryRow:
    row = InventoryRow(
        resource_id=resource.id,
        resource=ResourceRef.of(resource),
        location=resource.source,
        attribution=attribute(resource, namespaces, facts.attribution, facts.label_domain),
        place=resource.place,
        tier=resource.tier,
    )
    if isinstance(answer, Unknown):
        return replace(row, reason=answer.reason)
    hardware = answer.hardware
    return replace(
        row,
        monthly=answer.amount,
        grade=answer.grade,
        ledger=answer.ledger,
        counted=_counts(answer, resource.place in fixed),
        carbon=grams(hardware, resource.place, facts.carbon) if hardware else None,
    )


def _fixed(snapshot: Snapshot, answers: Mapping[str, Cost | Unknown]) -> frozenset[Place]:
    """Where the nodes are counted: where none of their pools follows the pods, or nothing that is
    declared runs on them."""
    nodes: dict[Place, bool] = {}
    pods: set[Place] = set()
    for key, answer in answers.items():
        place = snapshot.resources[key].place
        if isinstance(answer, Unknown):
            continue
        if answer.nodes:
            nodes[place] = nodes.get(place, False) or answer.autoscaled
        elif answer.ledger is Ledger.ALLOCATION:
            pods.add(place)
    return frozenset(place for place, follows in nodes.items() if not follows or place not in pods)


def _counts(answer: Cost, fixed: bool) -> bool:
    if answer.nodes:
        return fixed
    return not (fixed and answer.ledger is Ledger.ALLOCATION)
