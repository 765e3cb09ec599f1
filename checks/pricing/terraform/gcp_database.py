"""Cloud SQL."""

from __future__ import annotations

import re
from decimal import Decimal

from checks.pricing.terraform.ask import Ask
from checks.pricing.terraform.attributes import CannotTellError
from checks.pricing.terraform.quote import Group, Item, Quote, gib, item

_CUSTOM = re.compile(r"db-custom-(\d{1,3})-(\d{1,7})")
_PREDEFINED = re.compile(r"db-(?:n1-)?(standard|highmem)-(\d{1,3})")
# GiB of memory a core.
_MEMORY = {"standard": Decimal("3.75"), "highmem": Decimal("6.5")}
_DISKS = {"PD_SSD": "ssd", "PD_HDD": "hdd"}
_DISK_GIB = 10


def sql_instance(ask: Ask) -> Quote:
    """google_sql_database_instance: cores and memory, its disk, and the backups the usage file
    knows of."""
    settings = ask.of.blocks("settings")
    if not settings:
        raise CannotTellError("it has no settings, so its tier is not known")
    of = settings[0]
    engine = ask.of.text("database_version")
    if engine.startswith("SQLSERVER"):
        raise CannotTellError("it needs a licence of SQL Server, of which no sheet has a price")
    if of.text("edition", "ENTERPRISE", computed=True) == "ENTERPRISE_PLUS":
        raise CannotTellError("its edition is Enterprise Plus, of which no sheet has prices")
    twice = (
        ":regional" if of.text("availability_type", "ZONAL", computed=True) == "REGIONAL" else ""
    )
    disk = _DISKS.get(of.text("disk_type", "PD_SSD", computed=True), "ssd")
    size = of.amount("disk_size", _DISK_GIB, computed=True)
    part = ask.tariff.part
    items = [
        _tier(ask, of.text("tier"), engine, twice),
        item("storage", gib(size, disk), part(f"cloud-sql:storage:{disk}{twice}", size)),
    ]
    backup = ask.usage.get("backup_storage_gb")
    if backup:
        items.append(item("backup", gib(backup, "backup"), part("cloud-sql:backup", backup)))
    backed = of.block("backup_configuration").flag("enabled")
    return Quote(groups=(Group(items=tuple(items)),), more=backed and backup is None)


def _tier(ask: Ask, tier: str, engine: str, twice: str) -> Item:
    shown = f"{tier}{' regional' if twice else ''}"
    name = f"cloud-sql:{tier}{twice}"
    custom, known = _CUSTOM.fullmatch(tier), _PREDEFINED.fullmatch(tier)
    # Types by name are MySQL's of old; every other engine pays by core and GiB.
    if name in ask.tariff.prices.units and (engine.startswith("MYSQL") or not (custom or known)):
        return item("class", shown, ask.tariff.part(name))
    if custom:
        cores, memory = Decimal(custom[1]), Decimal(custom[2]) / 1024
    elif known:
        cores = Decimal(known[2])
        memory = cores * _MEMORY[known[1]]
    else:
        return item("class", shown, ask.tariff.part(name))
    part = ask.tariff.part
    return item("class", shown, part(f"cloud-sql:cpu{twice}", cores),
                part(f"cloud-sql:ram{twice}", memory))  # fmt: skip
