"""S3, EFS, log groups: what costs by what is put into it."""

from __future__ import annotations

from collections.abc import Iterator

from checks.pricing.terraform.ask import Ask, Usage, by_usage
from checks.pricing.terraform.quote import Group, Item, Quote, gib, item
from checks.pricing.terraform.tariff import Tariff

# A class in the usage file, and in the price sheets.
_S3_CLASSES = {
    "standard": "standard",
    "standard_infrequent_access": "standard-ia",
    "one_zone_infrequent_access": "one-zone-ia",
    "glacier_instant_retrieval": "glacier-ir",
    "glacier_flexible_retrieval": "glacier",
    "glacier_deep_archive": "deep-archive",
    "intelligent_tiering": "intelligent-tiering",
}
_S3_FIGURES = {
    "storage_gb": "",
    "frequent_access_storage_gb": "",
    "monthly_tier_1_requests": ":requests-1",
    "monthly_tier_2_requests": ":requests-2",
    "monthly_data_retrieval_gb": ":retrieval",
}


def s3_bucket(ask: Ask) -> Quote:
    """aws_s3_bucket: by the usage file, class by class."""
    items = [
        one
        for key, name in _S3_CLASSES.items()
        for one in _class(ask.tariff, ask.usage.under(key), name)
    ]
    if not items:
        raise by_usage("standard.storage_gb", "standard.monthly_tier_1_requests", "…")
    return Quote(groups=(Group(items=tuple(items)),))


def efs_file_system(ask: Ask) -> Quote:
    """aws_efs_file_system: by the usage file; provisioned throughput is fixed."""
    zoned = ask.of.has("availability_zone_name")
    kind = "efs-one-zone" if zoned else "efs"
    size = ask.usage.get("storage_gb")
    if size is None:
        raise by_usage("storage_gb")
    items = [item("storage", gib(size, kind), ask.tariff.part(f"storage:{kind}", size))]
    for key, name in (
        ("infrequent_access_storage_gb", f"storage:{kind}:ia"),
        ("monthly_infrequent_access_read_gb", "efs:ia:read"),
        ("monthly_infrequent_access_write_gb", "efs:ia:write"),
    ):
        if figure := ask.usage.get(key):
            items.append(item(key, f"{figure} {key}", ask.tariff.part(name, figure)))
    if ask.of.text("throughput_mode", "bursting", computed=True) == "provisioned":
        speed = ask.of.amount("provisioned_throughput_in_mibps")
        part = ask.tariff.part("throughput:efs", speed)
        items.append(item("throughput", f"{speed} MiB/s", part))
    return Quote(groups=(Group(items=tuple(items)),))


def log_group(ask: Ask) -> Quote:
    """aws_cloudwatch_log_group: by the usage file."""
    items = []
    for key, name in (
        ("monthly_data_ingested_gb", "cloudwatch:logs-ingested"),
        ("storage_gb", "cloudwatch:logs-stored"),
        ("monthly_data_scanned_gb", "cloudwatch:logs-scanned"),
    ):
        figure = ask.usage.get(key)
        if figure is not None:
            items.append(item(key, f"{figure} GB {name[16:]}", ask.tariff.part(name, figure)))
    if not items:
        raise by_usage("monthly_data_ingested_gb", "storage_gb")
    return Quote(groups=(Group(items=tuple(items)),))


def _class(tariff: Tariff, figures: Usage, name: str) -> Iterator[Item]:
    known = {key for key, value in figures.figures.items() if value}
    for key, suffix in _S3_FIGURES.items():
        figure = figures.get(key)
        if figure:
            part = tariff.part(f"s3:{name}{suffix}", figure)
            shown = gib(figure, f"S3 {name}") if not suffix else f"{figure} {key}"
            yield item(f"{name} {key}", shown, part)
    if more := sorted(known - _S3_FIGURES.keys()):
        # A price that the sheet does not know must not look like nothing.
        tariff.part(f"s3:{name}:{more[0]}")
