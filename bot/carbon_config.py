"""The section `carbon` of a repository's config: figures of one's own, over the shipped ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bot.carbon_table import carbon_table
from checks.model import CarbonTable, Coefficient

_Figure = Annotated[Decimal, Field(ge=0, le=100_000)]


class _Watts(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    least: _Figure
    most: _Figure

    @model_validator(mode="after")
    def _ordered(self) -> _Watts:
        if self.least > self.most:
            raise ValueError("least is more than most")
        return self


class _Row(BaseModel):
    """Every figure says where it is from and of what day."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: Annotated[str, Field(min_length=1, max_length=200)]
    as_of: date


class CarbonPlace(_Row):
    """What holds at a provider, or with a region there: `grid` grams of CO2e a kWh, `pue`, and the
    watts that a vCPU of the provider takes at rest and at full load."""

    provider: Annotated[str, Field(min_length=1)]
    region: str = ""
    grid: _Figure | None = None
    pue: Annotated[Decimal, Field(ge=1, le=10)] | None = None
    watts: _Watts | None = None

    @model_validator(mode="after")
    def _whole(self) -> CarbonPlace:
        if self.watts and self.region:
            raise ValueError("watts hold for a provider, not for one region of it")
        return self


class CarbonDevice(_Row):
    """The watts of a kind of accelerator, by its name in the price sheets."""

    accelerator: Annotated[str, Field(min_length=1)]
    watts: _Figure


class CarbonSection(BaseModel):
    """How busy things are taken to be (0 to 1), and one's own figures."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    utilisation: Annotated[Decimal, Field(ge=0, le=1)] | None = None
    places: tuple[CarbonPlace, ...] = ()
    accelerators: tuple[CarbonDevice, ...] = ()

    def table(self) -> CarbonTable:
        """The shipped table with these figures over it."""
        shipped = carbon_table()
        watts, pue = dict(shipped.watts), dict(shipped.pue)
        grid, tdp = dict(shipped.grid), dict(shipped.tdp)
        for place in self.places:
            at = (place.provider, place.region)
            if place.grid is not None:
                grid[at] = _figure(place.grid, place)
            if place.pue is not None:
                pue[at] = _figure(place.pue, place)
            if place.watts is not None:
                pair = (place.watts.least, place.watts.most)
                watts[place.provider] = (_figure(pair[0], place), _figure(pair[1], place))
        for device in self.accelerators:
            tdp[device.accelerator] = _figure(device.watts, device)
        busy = shipped.utilisation if self.utilisation is None else self.utilisation
        return replace(shipped, watts=watts, pue=pue, grid=grid, tdp=tdp, utilisation=busy)


def _figure(value: Decimal, row: _Row) -> Coefficient:
    return Coefficient(value, row.source, row.as_of)
