"""PostgreSQL, MySQL and SQL databases of Azure."""

from __future__ import annotations

import re
from decimal import Decimal

from checks.model import Grade
from checks.pricing.cost import HOURS
from checks.pricing.terraform.ask import Ask, by_usage
from checks.pricing.terraform.attributes import CannotTellError
from checks.pricing.terraform.quote import Count, Group, Quote, gib, item

_POSTGRES_MB, _MYSQL_GB = 32768, 20
_MYSQL_IOPS = 300
_MYSQL_IOPS_A_GIB = 3
# A SQL database by cores: tier, generation, cores.
_BY_CORES = re.compile(r"(GP|BC|HS)_(?:S_)?[A-Za-z0-9]+_(\d{1,3})")


def postgresql_flexible(ask: Ask) -> Quote:
    """azurerm_postgresql_flexible_server; with high availability there is a second one."""
    size = ask.of.amount("storage_mb", _POSTGRES_MB, computed=True) / 1024
    assumed = not ask.of.has("storage_mb")
    note = ("its storage is assumed to be the least, 32 GiB",) if assumed else ()
    quote = _flexible(ask, "postgresql-flexible", size)
    return Quote(groups=quote.groups, notes=note, grade=Grade.B if assumed else Grade.A)


def mysql_flexible(ask: Ask) -> Quote:
    """azurerm_mysql_flexible_server; with high availability there is a second one."""
    storage = ask.of.block("storage")
    size = storage.amount("size_gb", _MYSQL_GB, computed=True)
    quote = _flexible(ask, "mysql-flexible", size)
    free = _MYSQL_IOPS + _MYSQL_IOPS_A_GIB * size
    iops = storage.amount("iops", free, computed=True)
    if iops <= free:
        return quote
    group = quote.groups[0]
    more = item("IOPS", f"{iops} IOPS", ask.tariff.part("mysql-flexible:iops", iops - free))
    return Quote(groups=(Group(items=(*group.items, more), count=group.count), *quote.groups[1:]))


def mssql_database(ask: Ask) -> Quote | None:
    """azurerm_mssql_database; one in an elastic pool is paid by the pool."""
    if ask.of.has("elastic_pool_id"):
        return None
    sku = ask.of.text("sku_name", "GP_S_Gen5_2", computed=True)
    part = ask.tariff.part
    if "_S_" in sku:
        hours = ask.usage.get("monthly_vcore_hours")
        if hours is None:
            raise by_usage("monthly_vcore_hours")
        items = [
            item("class", f"{sku} serverless", part(f"azure-sql:serverless:{sku}", hours / HOURS))
        ]
    else:
        items = [item("class", sku, part(f"azure-sql:{sku}"))]
    cores = _BY_CORES.fullmatch(sku)
    if cores:
        if ask.of.flag("zone_redundant"):
            raise CannotTellError("it is zone-redundant, of which no sheet has prices")
        licence = ask.of.text("license_type", "LicenseIncluded", computed=True)
        if licence == "LicenseIncluded" and "_S_" not in sku:
            name = f"azure-sql:license:{cores[1]}"
            items.append(item("licence", "SQL licence", part(name, Decimal(cores[2]))))
        if not ask.of.has("max_size_gb"):
            raise CannotTellError("it has no max_size_gb, so the size of its storage is not known")
        size = ask.of.amount("max_size_gb")
        items.append(item("storage", gib(size, cores[1]), part(f"azure-sql:storage:{cores[1]}",
                                                               size)))  # fmt: skip
    kept = ask.usage.get("long_term_retention_storage_gb")
    if kept:
        items.append(item("backup", gib(kept, "kept"), part("azure-sql:long-term-retention", kept)))
    return Quote(groups=(Group(items=tuple(items)),), more=kept is None)


def _flexible(ask: Ask, product: str, size: Decimal) -> Quote:
    sku = ask.of.text("sku_name")
    part = ask.tariff.part
    count = Count.exact(2 if ask.of.blocks("high_availability") else 1)
    items = (
        item("class", sku, part(f"{product}:{sku}")),
        item("storage", gib(size, "storage"), part(f"{product}:storage", size)),
    )
    groups = [Group(items=items, count=count)]
    backup = ask.usage.get("additional_backup_storage_gb")
    if backup:
        saved = item("storage", gib(backup, "backup"), part(f"{product}:backup", backup))
        groups.append(Group(items=(saved,), name="backup"))
    return Quote(groups=tuple(groups))
