"""What running something around the clock puts into the air: a model, and labelled as one.

kWh = 730 · PUE · [vCPU · (Wmin + u (Wmax - Wmin)) / 1000 + GiB · 0.000392
                   + Σ n · TDP · (0.115 + 0.9025 u) / 1000], times the grid's grams for a kWh.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Decimal

from checks.model import CarbonTable, Coefficient, Place
from checks.pricing.cost import HOURS, Hardware, nano

__all__ = ["CarbonTable", "grams", "kwh", "shown", "sources", "unknown"]

_WATTS_IN_KW = 1000
_KILO = Decimal(1000)
_TONNE = Decimal(1_000_000)


def grams(hardware: Hardware, place: Place, table: CarbonTable) -> Decimal | None:
    """Grams of CO2e a month, None where a coefficient that is needed is not known."""
    energy = kwh(hardware, place, table)
    grid = table.grid.get((place.provider, place.region))
    return None if energy is None or grid is None else nano(energy * grid.value)


def kwh(hardware: Hardware, place: Place, table: CarbonTable) -> Decimal | None:
    """kWh a month, None where a coefficient that is needed is not known."""
    if unknown(hardware, place, table):
        return None
    low, high = table.watts[place.provider]
    busy = table.utilisation
    cpu = hardware.vcpu * (low.value + busy * (high.value - low.value)) / _WATTS_IN_KW
    share = table.idle + table.span * busy
    accelerators = sum(
        (n * table.tdp[name].value * share for name, n in hardware.accelerators.items() if n),
        Decimal(0),
    )
    hourly = cpu + hardware.memory_gib * table.memory + accelerators / _WATTS_IN_KW
    return HOURS * _pue(place, table) * hourly


def unknown(hardware: Hardware, place: Place, table: CarbonTable) -> str:
    """Why the carbon of something is not known, "" where it is."""
    if place.provider not in table.watts or not _has_pue(place, table):
        return f"there are no carbon figures for the provider {place.provider}"
    if (place.provider, place.region) not in table.grid:
        where = f"the region {place.region} of {place.provider}" if place.region else "no region"
        return f"there is no grid intensity for {where}"
    for name, count in sorted(hardware.accelerators.items()):
        if count and name not in table.tdp:
            return f"nobody publishes the watts of {name or 'an accelerator of unknown model'}"
    return ""


def sources(hardware: Hardware, place: Place, table: CarbonTable) -> tuple[Coefficient, ...]:
    """The figures that `grams` rests on, for "why this figure"; () where it is unknown."""
    return () if unknown(hardware, place, table) else tuple(_used(hardware, place, table))


def _used(hardware: Hardware, place: Place, table: CarbonTable) -> Iterator[Coefficient]:
    key = (place.provider, place.region)
    yield from table.watts[place.provider]
    yield table.pue.get(key) or table.pue[place.provider, ""]
    yield table.grid[key]
    yield from (table.tdp[name] for name, n in sorted(hardware.accelerators.items()) if n)


def shown(amount: Decimal | None, *, sign: bool = False) -> str:
    """ "1.2 kg CO2e (modelled)", or "CO2e unknown"; with `sign` as a change, "+1.2 kg …"."""
    if amount is None:
        return "CO2e unknown"
    size = abs(amount)
    unit, each = ("t", _TONNE) if size >= _TONNE else ("kg", _KILO)
    if size < _KILO:
        unit, each = "g", Decimal(1)
    value = (amount / each).quantize(Decimal(1) if unit == "g" else Decimal("0.1"), ROUND_HALF_EVEN)
    value += Decimal(0)
    return f"{value:{'+' if sign and value else ''},} {unit} CO2e (modelled)"


def _has_pue(place: Place, table: CarbonTable) -> bool:
    return (place.provider, place.region) in table.pue or (place.provider, "") in table.pue


def _pue(place: Place, table: CarbonTable) -> Decimal:
    own = table.pue.get((place.provider, place.region))
    return (own or table.pue[place.provider, ""]).value
