"""Managed disks of Azure: sold by size steps."""

from __future__ import annotations

from decimal import Decimal

from checks.pricing.terraform.ask import Ask
from checks.pricing.terraform.attributes import CannotTellError
from checks.pricing.terraform.quote import Group, Quote, gib, item
from checks.pricing.terraform.tariff import Part, Tariff

# The steps in GiB by their numbers ("P10" has 128); those of Standard HDD begin at 4.
_STEPS = ((1, 4), (2, 8), (3, 16), (4, 32), (6, 64), (10, 128), (15, 256), (20, 512), (30, 1024),
          (40, 2048), (50, 4096), (60, 8192), (70, 16384), (80, 32767))  # fmt: skip
_LETTERS = {"Premium": "P", "StandardSSD": "E", "Standard": "S"}
_LEAST = {"P": 1, "E": 1, "S": 4}
_BY_SIZE = ("UltraSSD_LRS", "PremiumV2_LRS")
# What an ultra disk gets that says nothing.
_ULTRA_IOPS, _ULTRA_MBPS = 2048, 8


def managed_disk(ask: Ask) -> Quote:
    """azurerm_managed_disk."""
    kind = ask.of.text("storage_account_type")
    if not ask.of.has("disk_size_gb"):
        raise CannotTellError("its size is that of what it is made from, which no file says")
    size = ask.of.amount("disk_size_gb")
    if kind not in _BY_SIZE:
        part, shown = disk(ask.tariff, size, kind)
        return Quote(groups=(Group(items=(item("disk", shown, part),)),), more=_counted(kind))
    parts = [ask.tariff.part(f"storage:{kind}", size)]
    iops = ask.of.amount("disk_iops_read_write", _ULTRA_IOPS, computed=True)
    speed = ask.of.amount("disk_mbps_read_write", _ULTRA_MBPS, computed=True)
    parts.append(ask.tariff.part(f"iops:{kind}", iops))
    parts.append(ask.tariff.part(f"throughput:{kind}", speed))
    return Quote(groups=(Group(items=(item("disk", gib(size, kind), *parts),)),))


def disk(tariff: Tariff, size: Decimal, kind: str) -> tuple[Part, str]:
    """One disk of a size step, and it in words; without a price of the step the general one."""
    letter = _LETTERS.get(kind.partition("_")[0])
    if letter is None:
        raise CannotTellError(f"{kind:.40} is no type of managed disk that is known")
    for number, gibs in _STEPS:
        if size <= gibs and number >= _LEAST[letter]:
            name = f"storage:{kind}:{letter}{number}"
            shown = f"{letter}{number} ({gibs} GiB {kind})"
            if name not in tariff.prices.units and "storage" in tariff.prices.units:
                return tariff.part("storage", gibs), shown
            return tariff.part(name), shown
    raise CannotTellError("its disk is larger than any that Azure sells")


def _counted(kind: str) -> bool:
    """Whether operations on it are charged, too."""
    return kind.startswith("Standard")
