"""What pricing the objects of one snapshot rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from checks.model import Facts, Place, Resource, Snapshot
from checks.pricing.assume import Assumptions, KindRule
from checks.pricing.limits import Limits
from checks.pricing.near import Objects
from checks.pricing.nodes.pools import Pool, pools_of, same_cluster
from checks.pricing.scale import Scalers
from checks.pricing.sheet import Sheet

TERRAFORM = "terraform/v1"
NO_ASSUMPTIONS = Assumptions()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheets:
    """The price sheets of all places, each made ready when it is first asked for."""

    facts: Facts
    # By the identity of the prices, which the facts keep alive.
    ready: dict[int, Sheet] = field(default_factory=dict)

    def at(self, place: Place) -> Sheet:
        """The sheet of a place; places without prices of their own share the general one."""
        prices = self.facts.prices_at(place)
        sheet = self.ready.get(id(prices))
        if sheet is None:
            sheet = self.ready[id(prices)] = Sheet.of(prices, self.facts.now)
        return sheet


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """One snapshot, made ready for pricing: its prices, what stands around its workloads, and what
    config says besides. `usage` is the usage file's, by the address of a Terraform resource;
    `memo` holds pods that were priced already."""

    sheets: Sheets
    objects: Objects
    scalers: Scalers
    limits: Limits
    pools: tuple[Pool, ...]
    assume: Assumptions
    kinds: Mapping[tuple[str, str], KindRule]
    usage: Mapping[str, Mapping[str, Any]]
    # The Terraform resources of each root, by address.
    addresses: Mapping[str, Mapping[str, Resource]]
    memo: dict[Any, Any] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        snapshot: Snapshot,
        sheets: Sheets,
        assume: Assumptions = NO_ASSUMPTIONS,
        kinds: Sequence[KindRule] = (),
        usage: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> Market:
        """The market of one snapshot."""
        objects = Objects.of(snapshot)
        return cls(
            sheets=sheets,
            objects=objects,
            scalers=Scalers.of(snapshot),
            limits=Limits.of(objects, assume),
            pools=pools_of(objects),
            assume=assume,
            kinds={(rule.group, rule.kind): rule for rule in kinds},
            usage=usage or {},
            addresses=_addresses(snapshot),
        )

    @property
    def currency(self) -> str:
        """What everything is priced in."""
        return self.sheets.facts.prices.currency

    def pools_at(self, place: Place) -> tuple[Pool, ...]:
        """The node pools of the cluster there."""
        return tuple(pool for pool in self.pools if same_cluster(pool.place, place))


def _addresses(snapshot: Snapshot) -> Mapping[str, Mapping[str, Resource]]:
    found: dict[str, dict[str, Resource]] = {}
    for resource in snapshot.resources.values():
        if resource.api_version == TERRAFORM:
            found.setdefault(resource.rendered_from, {})[resource.name] = resource
    return found


def label(resource: Resource) -> str:
    """How config names a single object: "namespace/name"."""
    return f"{resource.namespace}/{resource.name}" if resource.namespace else resource.name
