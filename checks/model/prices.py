"""Prices and where they hold: machines, accelerators and units of one place, each dated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import NamedTuple


class Grade(Enum):
    """How sure a price is: A known SKU and replicas, B a range on one, C derived, D defaults."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"


class Place(NamedTuple):
    """Where something runs, as far as its price and its neighbours go.

    `provider` is "aws", "gcp", "azure", a GPU cloud, "onprem" or "default"; `region` the provider's
    own name ("us-east-1"), "" where it is not known; `cluster` the config's name of the cluster.
    """

    provider: str = "default"
    region: str = ""
    cluster: str = ""


NOWHERE = Place()


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitPrice:
    """The price of one unit of something. `unit` is "vCPU-hour", "GiB-hour", "GPU-hour",
    "GiB-month", "hour", "GB", "1M-requests", …; `source` and `as_of` say where the figure is from
    and of what day; `sku` and `region` what exactly it is the price of."""

    amount: Decimal
    unit: str
    source: str
    as_of: date
    grade: Grade = Grade.D
    sku: str = ""
    region: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """An instance type at one place: what it has, and what an hour of it costs.

    `accelerator` is a name of the catalogue ("H100"), "" for none; `accelerators` how many (of a
    TPU host: chips; a fraction for a slice of one).
    """

    name: str
    vcpu: Decimal
    memory_gib: Decimal
    hourly: UnitPrice
    spot: UnitPrice | None = None
    accelerator: str = ""
    accelerators: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accelerator:
    """A kind of GPU, TPU or the like. `resource` is the name in which pods ask for it; `labels` are
    values of node labels that mean it (lower case); `slices` the share of one that a MIG profile
    is ("1g.10gb": 1/7). Memory and watts are None where nobody publishes them."""

    name: str
    vendor: str
    resource: str
    memory_gib: Decimal | None = None
    tdp_watts: Decimal | None = None
    labels: frozenset[str] = frozenset()
    slices: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Everything that has a price at one place.

    `units` are unit prices by name: "cpu", "ram", "gpu", "storage" of the place in general, and
    those of single services ("nat-gateway-hour", "storage:gp3", "load-balancer-hour"), as
    docs/prices.md lists them. `machines` is by instance type, `accelerators` by name.
    """

    place: Place = NOWHERE
    currency: str = "USD"
    units: Mapping[str, UnitPrice] = field(default_factory=dict)
    machines: Mapping[str, Machine] = field(default_factory=dict)
    accelerators: Mapping[str, Accelerator] = field(default_factory=dict)


NO_PRICES = Prices()
