"""The section `prices` of a repository's config: which place a path is, and what is paid there."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from bot.globs import Glob, matches
from bot.prices.money import Rate, Rates
from bot.prices.own_row import OwnRow, Past
from checks.model import Place

Provider: TypeAlias = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]*$", max_length=63)
]
Region: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]*$", max_length=63)]
Currency: TypeAlias = Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Discount(_Section):
    """What is paid less for what all four globs match: `percent` off, or the price `amount` itself.
    Interruptible prices are left alone unless `spot` says otherwise."""

    provider: Glob = "*"
    region: Glob = "*"
    family: Glob = "*"
    sku: Glob = "*"
    percent: Annotated[Decimal, Field(gt=0, le=100)] | None = None
    amount: Annotated[Decimal, Field(ge=0, lt=10**9)] | None = None
    currency: Currency = "USD"
    as_of: Past | None = None
    spot: bool = False
    commitment: bool = False

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.percent is None) == (self.amount is None):
            raise PydanticCustomError("discount", "expected either a percent or an amount")
        if self.amount is not None and self.as_of is None:
            raise PydanticCustomError("discount_date", "expected as_of, the day of the price")
        if self.amount is not None and self.sku == "*":
            raise PydanticCustomError("discount_sku", "expected sku, of which this is the price")
        return self


class Cluster(_Section):
    """What is in these paths runs there; what is left out is as in the section itself."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=253)]
    paths: Annotated[list[Glob], Field(min_length=1)]
    provider: Provider | None = None
    region: Region | None = None
    discounts: list[Discount] = []


class PriceSettings(_Section):
    """The section `prices`. The first cluster and the first discount that match win; a cluster's
    discounts go before the general ones."""

    provider: Provider = "default"
    region: Region = ""
    sheets: list[Glob] = [".plumbline/prices/**/*.{csv,yaml,yml}"]
    rows: list[OwnRow] = []
    discounts: list[Discount] = []
    rates: dict[Currency, Rate] = {}
    clusters: list[Cluster] = []

    @model_validator(mode="after")
    def _sound(self) -> Self:
        names = [cluster.name for cluster in self.clusters]
        if twice := {name for name in names if names.count(name) > 1}:
            said = f"expected each cluster once, not {sorted(twice)[0]} twice"
            raise PydanticCustomError("cluster_twice", "{said}", {"said": said})
        discounts = [*self.discounts, *(d for c in self.clusters for d in c.discounts)]
        for currency in [*(row.currency for row in self.rows), *(d.currency for d in discounts)]:
            if currency not in self.rates and currency != "USD":
                said = Rates.missing(currency)
                raise PydanticCustomError("no_rate", "{said}", {"said": said})
        return self

    @property
    def money(self) -> Rates:
        """The exchange rates."""
        return Rates(self.rates)

    def place_of(self, path: str) -> Place:
        """Where what a path declares runs: in the first cluster whose globs match it."""
        for cluster in self.clusters:
            if matches(path, tuple(cluster.paths)):
                return self._place(cluster)
        return self.place

    @property
    def place(self) -> Place:
        """Where things run that no cluster has."""
        return Place(self.provider, self.region)

    @property
    def places(self) -> tuple[Place, ...]:
        """The place of the section and of every cluster."""
        return tuple(dict.fromkeys((self.place, *(self._place(one) for one in self.clusters))))

    def discounts_at(self, place: Place) -> tuple[Discount, ...]:
        """The discounts that may hold at a place, the cluster's own first."""
        own = next((c.discounts for c in self.clusters if c.name == place.cluster), [])
        return (*own, *self.discounts)

    def _place(self, cluster: Cluster) -> Place:
        provider = self.provider if cluster.provider is None else cluster.provider
        # A region belongs to its provider: another provider's cluster does not inherit it.
        inherited = self.region if provider == self.provider else ""
        region = inherited if cluster.region is None else cluster.region
        return Place(provider, region, cluster.name)
