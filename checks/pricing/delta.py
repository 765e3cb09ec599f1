"""What a change adds to each object's cost: the lines that the totals are made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from checks.costs.attribution import attribute, namespaces_of
from checks.costs.carbon import grams
from checks.kube import pod_pointer
from checks.model import (
    Attribution,
    CostLine,
    Driver,
    Facts,
    Inventory,
    Ledger,
    Range,
    Resource,
    ResourceRef,
    Subject,
    UnknownCost,
)
from checks.pricing.assume import Assumptions, KindRule
from checks.pricing.cost import Cost, Unknown, worst
from checks.pricing.ledgers import Ledgers
from checks.pricing.market import Market, Sheets
from checks.pricing.nodes.pools import Pool
from checks.pricing.shapley import drivers
from checks.pricing.workload import Answer, price


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """An object before and after, and what it costs; None for what is not there or is free."""

    before: Resource | None
    after: Resource | None
    was: Answer | None
    now: Answer | None

    @property
    def resource(self) -> Resource:
        """The object as it is now, or as it was."""
        found = self.after or self.before
        if found is None:
            raise ValueError("a pair of nothing")
        return found

    @property
    def reached(self) -> bool:
        """Whether the change is about this object, or about what decides its cost."""
        if self.was is None and self.now is None:
            return False
        if any(side.changed for side in (self.before, self.after) if side):
            return True
        # Context that only one side read is there on the other as well: its file did not change.
        both = self.before is not None and self.after is not None
        return both and _figure(self.was) != _figure(self.now)


def _figure(answer: Answer | None) -> Range | str | None:
    if answer is None:
        return None
    return answer.amount if isinstance(answer, Cost) else answer.reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """Both sides of a change, priced; `pairs` are those that it reaches, ordered by id."""

    pairs: tuple[Pair, ...]
    ledgers: Ledgers
    facts: Facts
    namespaces: tuple[Mapping[str, Resource], Mapping[str, Resource]]
    # By the identity of both costs: many objects of a change are alike.
    explained: dict[tuple[int, int], tuple[Driver, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, subject: Subject, assume: Assumptions, kinds: Sequence[KindRule] = ()) -> Priced:
        """Everything of both sides of a change."""
        sheets = Sheets(facts=subject.facts)
        usage = subject.facts.usage
        base, head = (
            Market.of(side, sheets, assume, kinds, usage) for side in (subject.base, subject.head)
        )
        every = tuple(
            Pair(
                before=before,
                after=after,
                was=price(before, base) if before else None,
                now=price(after, head) if after else None,
            )
            for before, after in subject.pairs()
        )
        return cls(
            pairs=tuple(pair for pair in every if pair.reached),
            ledgers=_ledgers(every, head.pools or base.pools, subject.facts.inventory),
            facts=subject.facts,
            namespaces=(
                namespaces_of(subject.base.resources),
                namespaces_of(subject.head.resources),
            ),
        )

    def entries(self) -> Iterator[CostLine | UnknownCost]:
        """A line for each pair; where either side is unknown no delta is claimed."""
        for pair in self.pairs:
            yield self._unknown(pair) or self._line(pair)

    def _unknown(self, pair: Pair) -> UnknownCost | None:
        # What is unknown now is what can still be mended.
        reasons = [side.reason for side in (pair.now, pair.was) if isinstance(side, Unknown)]
        if not reasons:
            return None
        was = "" if isinstance(pair.now, Unknown) else "before the change: "
        return UnknownCost(
            resource_id=pair.resource.id,
            resource=ResourceRef.of(pair.resource),
            location=pair.resource.source,
            reason=was + reasons[0],
            attribution=self._attribution(pair),
            root=_root(pair.resource),
            cluster=pair.resource.place.cluster,
        )

    def _line(self, pair: Pair) -> CostLine:
        resource = pair.resource
        was = pair.was if isinstance(pair.was, Cost) else None
        now = pair.now if isinstance(pair.now, Cost) else None
        sides = [side for side in (was, now) if side]
        return CostLine(
            resource_id=resource.id,
            resource=ResourceRef.of(resource),
            location=resource.source,
            before=was.amount if was else None,
            after=now.amount if now else None,
            grade=worst(*(side.grade for side in sides)),
            basis=sides[-1].basis,
            tier=resource.tier,
            ledger=sides[-1].ledger,
            counted=self.ledgers.counts(resource, sides[-1]),
            drivers=self._drivers(was, now),
            prices=tuple(dict.fromkeys(p for side in reversed(sides) for p in side.prices)),
            attribution=self._attribution(pair),
            root=_root(resource),
            cluster=resource.place.cluster,
            carbon_before=self._carbon(pair.before, was),
            carbon_after=self._carbon(pair.after, now),
        )

    def _drivers(self, was: Cost | None, now: Cost | None) -> tuple[Driver, ...]:
        key = (id(was), id(now))
        if key not in self.explained:
            self.explained[key] = drivers(was, now)
        return self.explained[key]

    def _attribution(self, pair: Pair) -> Attribution:
        namespaces = self.namespaces[1 if pair.after else 0]
        rules = self.facts.attribution
        return attribute(pair.resource, namespaces, rules, self.facts.label_domain)

    def _carbon(self, resource: Resource | None, cost: Cost | None) -> Decimal | None:
        if resource is None or cost is None or cost.hardware is None:
            return None
        return grams(cost.hardware, resource.place, self.facts.carbon)


def _ledgers(pairs: Sequence[Pair], pools: tuple[Pool, ...], branch: Inventory | None) -> Ledgers:
    """How the cluster is after the change; where it has no machines then, how it was. What only the
    whole branch shows is known where it was priced."""
    after = [(p.after, p.now) for p in pairs if p.after and isinstance(p.now, Cost) and p.now.nodes]
    places = {resource.place for resource, _ in after}
    before = [
        (p.before, p.was)
        for p in pairs
        if p.before and isinstance(p.was, Cost) and p.was.nodes and p.before.place not in places
    ]
    pods = {p.resource.place for p in pairs if _runs_pods(p)}
    if branch is not None:
        pods |= {row.place for row, _ in branch.counted() if row.ledger is Ledger.ALLOCATION}
    found = Ledgers.of([*after, *before], pools, frozenset(pods))
    if branch is None:
        return found
    places |= {resource.place for resource, _ in before}
    return replace(
        found,
        fixed=found.fixed | (branch.fixed - places),
        following=found.following | (branch.following - places),
    )


def _runs_pods(pair: Pair) -> bool:
    costs = [side for side in (pair.was, pair.now) if isinstance(side, Cost)]
    if costs:
        return any(cost.ledger is Ledger.ALLOCATION for cost in costs)
    return pod_pointer(pair.resource) is not None


def _root(resource: Resource) -> str:
    """What it was rendered from, "" for a plain manifest."""
    return "" if resource.rendered_from == "plain" else resource.rendered_from
