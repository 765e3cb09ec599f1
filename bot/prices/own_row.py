"""A row as people write it, in a sheet or in the config, and the row it stands for."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from bot.prices.hardware import Hardware
from bot.prices.row import ANY, STEMS, UNITS, Kind, Row
from checks.model import Grade

Text: TypeAlias = Annotated[
    str, StringConstraints(min_length=1, max_length=300, strip_whitespace=True)
]
# No figure is infinite, and none is so precise or so large that adding up loses it.
Amount: TypeAlias = Annotated[Decimal, Field(ge=0, lt=10**9, max_digits=30, allow_inf_nan=False)]
Past: TypeAlias = Annotated[date, Field(ge=date(2000, 1, 1))]


class OwnRow(BaseModel):
    """One price. A machine's is by the hour; a unit price names its unit; hardware is amortised."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["machine", "unit", "hardware"]
    name: Text
    amount: Amount
    source: Text
    as_of: Past
    provider: Text = ANY
    region: Text = ANY
    cluster: Annotated[str, StringConstraints(max_length=253)] = ""
    unit: str = ""
    currency: Annotated[str, StringConstraints(pattern="^[A-Z]{3}$")] = "USD"
    grade: Grade | None = None
    spot: Amount | None = None
    spot_source: Annotated[str, StringConstraints(max_length=300)] = ""
    spot_as_of: Past | None = None
    vcpu: Amount | None = None
    memory_gib: Amount | None = None
    accelerator: Annotated[str, StringConstraints(max_length=100)] = ""
    accelerators: Amount = Decimal(0)
    # Of hardware: see bot/prices/hardware.py.
    years: Annotated[Decimal, Field(gt=0, le=50)] | None = None
    watts: Amount = Decimal(0)
    price_per_kwh: Amount = Decimal(0)
    pue: Annotated[Decimal, Field(ge=1, le=5)] = Decimal(1)
    utilisation: Annotated[Decimal, Field(gt=0, le=1)] = Decimal(1)
    upkeep_per_month: Amount = Decimal(0)

    @model_validator(mode="before")
    @classmethod
    def _empty_means_left_out(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        return {key: value for key, value in data.items() if value is not None and value != ""}

    @model_validator(mode="after")
    def _whole(self) -> Self:
        wrong = self._wrong_unit() if self.kind == "unit" else self._wrong_machine()
        if wrong:
            raise PydanticCustomError("row", "{said}", {"said": wrong})
        return self

    def row(self, path: str, line: int) -> Row:
        """The row it stands for, where it was read. Hardware has become a machine."""
        hardware = self.hardware
        return Row(
            provider=self.provider,
            region=self.region,
            cluster=self.cluster,
            kind=Kind.UNIT if self.kind == "unit" else Kind.MACHINE,
            name=self.name,
            unit=self.unit or "hour",
            amount=self.amount if hardware is None else hardware.hourly,
            currency=self.currency,
            source=self.source if hardware is None else f"{self.source}, {hardware.said}",
            as_of=self.as_of,
            grade=self.grade or (Grade.A if hardware is None else Grade.C),
            spot=self.spot,
            spot_source=self.spot_source,
            spot_as_of=self.spot_as_of,
            vcpu=self.vcpu or Decimal(0),
            memory_gib=self.memory_gib or Decimal(0),
            accelerator=self.accelerator,
            accelerators=self.accelerators,
            path=path,
            line=line,
        )

    @property
    def hardware(self) -> Hardware | None:
        """What is amortised, None where the row is a price already."""
        if self.kind != "hardware" or self.years is None:
            return None
        return Hardware(
            price=self.amount,
            years=self.years,
            watts=self.watts,
            price_per_kwh=self.price_per_kwh,
            pue=self.pue,
            utilisation=self.utilisation,
            upkeep_per_month=self.upkeep_per_month,
        )

    def _wrong_unit(self) -> str:
        if self.unit not in UNITS:
            given = f"not {self.unit!r}" if self.unit else "and there is none"
            return f"unit: expected one of {', '.join(sorted(UNITS))}, {given}"
        if self.name.partition(":")[0] not in STEMS:
            return f"name: there is no unit price {self.name!r}; docs/prices.md lists them"
        return ""

    def _wrong_machine(self) -> str:
        if self.unit not in {"", "hour"}:
            return f"unit: a machine is priced by the hour, not by {self.unit!r}"
        if not self.vcpu or not self.memory_gib:
            return "expected vcpu and memory_gib above 0: what a pod's share of the machine is of"
        if bool(self.accelerator) != bool(self.accelerators):
            return "expected accelerator and accelerators together, or neither"
        if (self.kind == "hardware") != (self.years is not None):
            return "expected years, in which it is written off, for hardware and nothing else"
        return ""
