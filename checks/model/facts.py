"""What judging needs to know besides the two snapshots; each with its source and date."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from checks.model.attribution import AttributionRules
from checks.model.carbon import NO_CARBON, CarbonTable
from checks.model.inventory import Inventory, OpenChange
from checks.model.prices import NO_PRICES, Place, Prices
from checks.model.resources import Location, RenderFailure, Resource, Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelBom:
    """A model as a CycloneDX ML-BOM of the head declares it (a component of the type
    machine-learning-model). `digests` are "sha256:…"."""

    name: str
    version: str
    location: Location
    digests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCounts:
    """One row of a fairness counts table: of `n` people of `group` (a value of `attribute`), how
    many were `selected`, and the confusion counts where they are given."""

    attribute: str
    group: str
    n: int
    selected: int
    location: Location
    model: str = ""
    tp: int | None = None
    fp: int | None = None
    fn: int | None = None
    tn: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the head carries to show that its models are aligned. Evidence belongs to a workload
    when it stands in the workload's folder or the workload's annotation names its path."""

    boms: tuple[ModelBom, ...] = ()
    counts: tuple[GroupCounts, ...] = ()
    unreadable: tuple[RenderFailure, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A person's standing approval of a commit of the pull request."""

    user: str
    head_sha: str
    teams: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """Who approved, as the forge has it now; the author's own approval does not count."""

    head_sha: str
    author: str
    approvals: tuple[Approval, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What judging needs to know besides the two snapshots; each with its source and date."""

    now: datetime
    prices: Prices = NO_PRICES
    # The prices of every other place where something of either side runs.
    elsewhere: Mapping[Place, Prices] = field(default_factory=dict)
    evidence: Evidence = Evidence()
    # What the merge base carried: what was there before does not gate, what is taken away does.
    evidence_before: Evidence = Evidence()
    # None where nobody could be asked: a local check knows of no approvals.
    review: Review | None = None
    # The domain of our labels: "finops." and "ai." go before it.
    label_domain: str = "apexlogic.com"
    # By which labels costs are attributed, and what carbon is modelled from.
    attribution: AttributionRules = field(default_factory=AttributionRules)
    carbon: CarbonTable = NO_CARBON
    # What a usage file says of Terraform resources, by their addresses.
    usage: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    # Which detectors found a secret in which texts of the two snapshots, by digests; None
    # where nobody looked.
    secrets: Mapping[str, tuple[str, ...]] | None = None
    # What the whole base branch declares, None where it was not priced (no budget asks for it), and
    # the other open changes into it.
    inventory: Inventory | None = None
    open_changes: tuple[OpenChange, ...] = ()

    def prices_at(self, place: Place) -> Prices:
        """The prices of a place; the general ones where it has none of its own."""
        return self.elsewhere.get(place, self.prices)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a check is asked about: the same objects before and after, and the facts.

    `memo` is for what several checks work out of the same subject, by a name of their own; it is
    part of no comparison, and a changed copy of a subject begins with an empty one.
    """

    base: Snapshot
    head: Snapshot
    facts: Facts
    memo: dict[str, Any] = field(init=False, default_factory=dict, compare=False, repr=False)

    def pairs(self) -> Iterator[tuple[Resource | None, Resource | None]]:
        """(before, after) of every object of either side, ordered by id."""
        for key in sorted(self.base.resources.keys() | self.head.resources.keys()):
            yield self.base.resources.get(key), self.head.resources.get(key)
