"""What an object runs: pods of one or several kinds, each so many times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from checks.model import Node, Pointer, Resource
from checks.pricing.bill import Part, Span
from checks.pricing.cost import Cost, Unknown
from checks.pricing.market import Market, label
from checks.pricing.parts import assembled
from checks.pricing.scale import Replicas, between
from checks.pricing.unit import pod_unit

Answer: TypeAlias = Cost | Unknown
IN_TEMPLATE: Pointer = ("spec", "template", "spec")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Pods of one kind: their spec, where it stands, and how many there are. `name` says which
    they are ("" for the only ones), `times` writes the number where it is not simply that."""

    spec: Node
    pointer: Pointer
    count: Replicas | Unknown
    name: str = ""
    times: str = ""


def priced(
    resource: Resource, market: Market, pieces: Sequence[Piece], span: Span | None = None
) -> Answer:
    """The cost of all pieces together; Unknown where any of them is."""
    parts = parts_of(resource, market, pieces, span)
    return parts if isinstance(parts, Unknown) else assembled(parts)


def parts_of(
    resource: Resource, market: Market, pieces: Sequence[Piece], span: Span | None = None
) -> list[Part] | Unknown:
    """The pieces with what one pod of each costs."""
    if not pieces:
        return Unknown(reason="it has no pods that could be priced")
    parts = []
    for piece in pieces:
        unit = pod_unit(piece.spec, resource, market)
        if isinstance(unit, Unknown):
            return unit.within(piece.pointer, piece.name)
        if isinstance(piece.count, Unknown):
            return piece.count.within((), piece.name)
        parts.append(
            Part(unit=unit, count=piece.count, name=piece.name, times=piece.times, span=span)
        )
    return parts


def scaled(
    low: int, high: int | None, stated: int | None, resource: Resource, market: Market, by: str
) -> Replicas | Unknown:
    """A number that something moves between bounds; with `high` None nothing bounds it."""
    assume = market.assume
    if high is None:
        if assume.most_replicas is None:
            return Unknown(
                reason=f"nothing bounds how far {by} scales it, and assume.most_replicas does not"
                " say how far it goes"
            )
        high, by = max(low, assume.most_replicas), f"{by}, the most assumed"
    if low == high:
        return Replicas.exact(low)
    observed = assume.replicas_for.get(label(resource))
    expected = between(low, high, stated, observed)
    return Replicas(low=low, expected=expected, high=high, by=by)
