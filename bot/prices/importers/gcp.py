"""The SKUs of Google's Cloud Billing catalog, as its API answers: a core, a GiB, a GPU, a disk."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from bot.config_file import ConfigError
from bot.prices.importers.found import Found, Skipped, Source, accelerator, amount, day
from bot.prices.importers.json_stream import members
from bot.prices.row import Kind, Row

_UNITS = {"h": "hour", "GiBy.h": "GiB-hour", "GiBy.mo": "GiB-month"}
_MACHINE = re.compile(
    r"(?:spot preemptible )?(?P<family>[a-z]\d\w{0,2})(?: predefined)?(?: amd| arm)?"
    r"(?P<custom> custom)? instance (?P<what>core|ram) running in .*"
)
# The oldest family has no name in its SKUs.
_N1 = re.compile(r"(?:spot preemptible )?n1 predefined instance (?P<what>core|ram) running in .*")
_GPU = re.compile(r"nvidia (?P<name>.+?) gpu (?:attached to .*? )?running in .*")
_DISKS = {
    "storage pd capacity": "storage:pd-standard",
    "ssd backed pd capacity": "storage:pd-ssd",
    "balanced pd capacity": "storage:pd-balanced",
    "extreme pd capacity": "storage:pd-extreme",
    "ssd backed local storage": "storage:local-ssd",
    "storage pd snapshot": "snapshot",
    "regional storage pd capacity": "storage:pd-standard:regional",
    "regional ssd backed pd capacity": "storage:pd-ssd:regional",
    "regional balanced pd capacity": "storage:pd-balanced:regional",
}
_SPOT = "preemptible"
_NANOS = Decimal(10) ** 9


def read(path: Path, source: Source) -> Iterator[Found]:
    """On-demand and spot prices; a SKU is a row in each of its regions. Raises ConfigError."""
    for line, _, sku in members(path, ("skus",)):
        if not isinstance(sku, dict):
            raise ConfigError(str(path), line, "expected a SKU, which is an object")
        yield from _rows(path, line, sku, source)


def _rows(path: Path, line: int, sku: Mapping[str, Any], source: Source) -> Iterator[Found]:
    usage = str(sku.get("category", {}).get("usageType", ""))
    name = _name(str(sku.get("description", "")).casefold())
    if usage.casefold() not in {"ondemand", _SPOT} or not name:
        yield Skipped(f"usage type {usage}" if name else "a SKU that we have no name for")
        return
    unit, price, currency, as_of = _price(path, line, sku, source)
    if name.startswith("gpu:"):
        unit = "GPU-hour"
    elif name.startswith("cpu:"):
        unit = "vCPU-hour"
    suffix = ":spot" if usage.casefold() == _SPOT else ""
    for region in sku.get("serviceRegions", []):
        yield Row(
            provider="gcp",
            region=region,
            kind=Kind.UNIT,
            name=name + suffix,
            unit=unit,
            amount=price,
            currency=currency,
            source=source.name or f"GCP billing catalog {sku.get('skuId', '')}".strip(),
            as_of=as_of,
        )


def _name(description: str) -> str:
    if found := _N1.fullmatch(description):
        return f"{'cpu' if found['what'] == 'core' else 'ram'}:n1"
    if found := _MACHINE.fullmatch(description):
        custom = ":custom" if found["custom"] else ""
        return f"{'cpu' if found['what'] == 'core' else 'ram'}:{found['family']}{custom}"
    if found := _GPU.fullmatch(description):
        known = accelerator(found["name"])
        return f"gpu:{known}" if known else ""
    return _DISKS.get(description.partition(" in ")[0], "")


def _price(
    path: Path, line: int, sku: Mapping[str, Any], source: Source
) -> tuple[str, Decimal, str, date]:
    """(unit, amount, currency, day) of the first tier that is not free."""
    infos = sku.get("pricingInfo") or [{}]
    expression = infos[0].get("pricingExpression", {})
    unit = expression.get("usageUnit", "")
    if unit not in _UNITS:
        said = f"usageUnit: expected one of {', '.join(_UNITS)}, not {unit!r}"
        raise ConfigError(str(path), line, said)
    prices = [tier.get("unitPrice", {}) for tier in expression.get("tieredRates", [])]
    values = [_money(path, line, price) for price in prices]
    paid = next(((v, p) for v, p in zip(values, prices, strict=True) if v), None)
    if paid is None:
        raise ConfigError(str(path), line, "tieredRates: there is no price above 0")
    as_of = source.as_of or day(path, line, "effectiveTime", infos[0].get("effectiveTime", ""))
    return _UNITS[unit], paid[0], paid[1].get("currencyCode", "USD"), as_of


def _money(path: Path, line: int, price: Mapping[str, Any]) -> Decimal:
    units = amount(path, line, "units", str(price.get("units") or "0"))
    return units + amount(path, line, "nanos", str(price.get("nanos") or "0")) / _NANOS
