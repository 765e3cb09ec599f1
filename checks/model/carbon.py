"""What carbon is modelled from: coefficients of providers and regions, each from a dated source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple


class Coefficient(NamedTuple):
    """One figure, where it is from and of what day."""

    value: Decimal
    source: str
    as_of: date


@dataclass(frozen=True, slots=True, kw_only=True)
class CarbonTable:
    """The coefficients of the model; what is not in a table is unknown.

    `watts` are the least and the most that one vCPU of a provider takes; `pue` how much the data
    center takes for each kWh of its servers, and `grid` the grams of CO2e of a kWh there
    (location-based), by (provider, region); a provider's general PUE stands at the region "".
    `memory` is kWh for a GiB-hour, `tdp` watts by the accelerator's name, `idle` and `span` how
    much of that one takes at rest and how much more at full load, as shares. `utilisation` is how
    busy things are taken to be, 0 to 1.
    """

    watts: Mapping[str, tuple[Coefficient, Coefficient]] = field(default_factory=dict)
    pue: Mapping[tuple[str, str], Coefficient] = field(default_factory=dict)
    grid: Mapping[tuple[str, str], Coefficient] = field(default_factory=dict)
    tdp: Mapping[str, Coefficient] = field(default_factory=dict)
    memory: Decimal = Decimal("0.000392")
    idle: Decimal = Decimal("0.115")
    span: Decimal = Decimal("0.9025")
    utilisation: Decimal = Decimal("0.5")

    def __post_init__(self) -> None:
        if not 0 <= self.utilisation <= 1:
            raise ValueError("utilisation is a share from 0 to 1")


NO_CARBON = CarbonTable()
