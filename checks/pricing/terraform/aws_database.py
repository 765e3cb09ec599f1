"""RDS, Aurora and ElastiCache."""

from __future__ import annotations

from decimal import Decimal

from checks.pricing.terraform.ask import Ask, by_usage
from checks.pricing.terraform.attributes import Attributes, CannotTellError
from checks.pricing.terraform.aws_support import extended_year
from checks.pricing.terraform.quote import Count, Group, Item, Quote, gib, item
from checks.pricing.terraform.tariff import Part

_AURORA = {"aurora": "aurora-mysql"}
# What comes with a gp3 disk of a database: (IOPS, MiB/s) below and from the size on at which it
# is striped.
_GP3_SMALL, _GP3_LARGE = (3000, 125), (12_000, 500)
_GP3_STRIPED_GIB = {"oracle": 200, "sqlserver": None}
_GP3_STRIPED_ELSE = 400
_IO_LEAST = 1000
_SERVERLESS = "db.serverless"
# Performance Insights keeps a week for nothing.
_FREE_RETENTION_DAYS = 7


def db_instance(ask: Ask) -> Quote:
    """aws_db_instance: its class, what it stores on, and extended support of an old version."""
    of = _origin(ask)
    engine = _engine(of)
    kind = ask.of.text("instance_class")
    twice = ":multi-az" if ask.of.flag("multi_az") else ""
    shown = f"{kind} {engine}{' Multi-AZ' if twice else ''}"
    items = [item("class", shown, ask.tariff.part(f"rds:{engine}:{kind}{twice}", ask.usage.share))]
    if not engine.startswith("aurora"):
        items.append(_storage(ask, of, engine, twice))
    items += _support(ask, of, engine, kind)
    items += _insights(ask, kind)
    items += _backup(ask, "additional_backup_storage_gb", "rds:backup")
    return Quote(groups=(Group(items=tuple(items)),))


def cluster_instance(ask: Ask) -> Quote:
    """aws_rds_cluster_instance: its class; of a serverless one the capacity units it uses."""
    engine = _engine(ask.of)
    kind = ask.of.text("instance_class")
    name = ask.of.hint("cluster_identifier")
    cluster = ask.sibling(("aws_rds_cluster",), "cluster_identifier", name)
    if cluster is not None and cluster.text("storage_type", "", computed=True) == "aurora-iopt1":
        raise CannotTellError(
            "its cluster's storage is I/O-optimised, which has prices of its own that no sheet has"
        )
    if kind == _SERVERLESS:
        return _serverless(ask, cluster)
    items = [item("class", f"{kind} {engine}", ask.tariff.part(f"rds:{engine}:{kind}"))]
    items += _support(ask, ask.of, engine, kind)
    items += _insights(ask, kind)
    return Quote(groups=(Group(items=tuple(items)),))


def cluster(ask: Ask) -> Quote:
    """aws_rds_cluster: storage and I/O by the usage file; its instances cost by themselves."""
    kind = ask.of.text("storage_type", "aurora", computed=True)
    suffix = ":io-optimized" if kind == "aurora-iopt1" else ""
    size = ask.usage.get("storage_gb")
    if size is None:
        raise by_usage("storage_gb", "read_requests_per_sec", "write_requests_per_sec")
    part = ask.tariff.part(f"aurora:storage{suffix}", size)
    items = [item("storage", gib(size, "Aurora storage"), part)]
    rates = [ask.usage.get(f"{one}_requests_per_sec") or Decimal(0) for one in ("read", "write")]
    if sum(rates) and not suffix:
        requests = sum(rates, Decimal(0)) * 730 * 3600
        items.append(item("I/O", f"{requests} requests", ask.tariff.part("aurora:io", requests)))
    items += _backup(ask, "backup_snapshot_size_gb", "aurora:backup")
    return Quote(groups=(Group(items=tuple(items)),))


def cache_cluster(ask: Ask) -> Quote:
    """aws_elasticache_cluster; one that adds a node to a replication group is of its type."""
    engine = ask.of.text("engine", "redis", computed=True)
    kind = ask.of.text("node_type")
    count = Count.exact(ask.of.whole("num_cache_nodes", 1, computed=True))
    return _cache(ask, engine, kind, count)


def replication_group(ask: Ask) -> Quote:
    """aws_elasticache_replication_group: the nodes of all its shards."""
    engine = ask.of.text("engine", "redis", computed=True)
    old = ask.of.block("cluster_mode")
    shards = old if old.values else ask.of
    if shards.has("num_node_groups") or shards.has("replicas_per_node_group"):
        groups = shards.whole("num_node_groups", 1, computed=True)
        nodes = groups * (1 + shards.whole("replicas_per_node_group", 0, computed=True))
    else:
        old_name = "number_cache_clusters"
        name = old_name if ask.of.has(old_name) else "num_cache_clusters"
        nodes = ask.of.whole(name, 1, computed=True)
    return _cache(ask, engine, ask.of.text("node_type"), Count.exact(nodes))


def _cache(ask: Ask, engine: str, kind: str, count: Count) -> Quote:
    nodes = item("class", f"{kind} {engine}", ask.tariff.part(f"elasticache:{engine}:{kind}"))
    groups = [Group(items=(nodes,), count=count)]
    kept = ask.of.whole("snapshot_retention_limit", 0, computed=True)
    size = ask.usage.get("snapshot_storage_size_gb")
    if size:
        shown = gib(size, "snapshots")
        saved = item("storage", shown, ask.tariff.part("elasticache:backup", size))
        groups.append(Group(items=(saved,), name="backup"))
    return Quote(groups=tuple(groups), more=bool(kept) and size is None)


def _origin(ask: Ask) -> Attributes:
    """Whose engine and size it is: a replica takes those of what it replicates."""
    if ask.of.has("engine") or not ask.of.has("replicate_source_db"):
        return ask.of
    name = ask.of.hint("replicate_source_db")
    found = ask.sibling(("aws_db_instance",), "replicate_source_db", name)
    if found is None or found.values is ask.of.values:
        raise CannotTellError("the database it replicates is not in the files that were read")
    return found


def _engine(of: Attributes) -> str:
    engine = of.text("engine")
    return _AURORA.get(engine, engine)


def _storage(ask: Ask, of: Attributes, engine: str, twice: str) -> Item:
    kind = ask.of.text("storage_type", "io1" if ask.of.has("iops") else "gp2", computed=True)
    size = (ask.of if ask.of.has("allocated_storage") else of).amount("allocated_storage")
    parts = [ask.tariff.part(f"rds:storage:{kind}{twice}", size)]
    if kind == "gp3":
        parts += _gp3(ask, engine, size, twice)
    elif kind in ("io1", "io2"):
        iops = max(ask.of.amount("iops", _IO_LEAST, computed=True), Decimal(_IO_LEAST))
        parts.append(ask.tariff.part(f"rds:iops:{kind}{twice}", iops))
    return item("storage", gib(size, kind), *parts)


def _gp3(ask: Ask, engine: str, size: Decimal, twice: str) -> list[Part]:
    striped = _GP3_STRIPED_GIB.get(engine.partition("-")[0], _GP3_STRIPED_ELSE)
    iops, speed = _GP3_LARGE if striped is not None and size >= striped else _GP3_SMALL
    more = (
        ("iops", ask.of.amount("iops", iops, computed=True) - iops),
        ("throughput", ask.of.amount("storage_throughput", speed, computed=True) - speed),
    )
    return [
        ask.tariff.part(f"rds:{name}:gp3{twice}", amount) for name, amount in more if amount > 0
    ]


def _support(ask: Ask, of: Attributes, engine: str, kind: str) -> list[Item]:
    version = of.text("engine_version", "", computed=True)
    choice = of.text("engine_lifecycle_support", "", computed=True)
    year = extended_year(engine, version, ask.tariff.now.date())
    if year is None or choice.endswith("-disabled"):
        return []
    vcpu = ask.tariff.machine(kind.removeprefix("db.")).vcpu
    part = ask.tariff.part(f"rds:extended-support:{year}", vcpu)
    return [item("extended support", f"extended support of {engine} {version}", part)]


def _insights(ask: Ask, kind: str) -> list[Item]:
    kept = ask.of.whole("performance_insights_retention_period", 0, computed=True)
    if kept <= _FREE_RETENTION_DAYS or not ask.of.flag("performance_insights_enabled"):
        return []
    family = kind.removeprefix("db.").partition(".")[0]
    vcpu = ask.tariff.machine(kind.removeprefix("db.")).vcpu
    part = ask.tariff.part(f"rds:performance-insights:{family}", vcpu)
    return [item("insights", f"{kept} days of Performance Insights", part)]


def _backup(ask: Ask, figure: str, name: str) -> list[Item]:
    size = ask.usage.get(figure)
    return [item("backup", gib(size, "backup"), ask.tariff.part(name, size))] if size else []


def _serverless(ask: Ask, cluster: Attributes | None) -> Quote:
    """Between the least and greatest capacity of its cluster, as the usage file says."""
    used = ask.usage.get("capacity_units_per_hr")
    if used is None:
        scaling = cluster.block("serverlessv2_scaling_configuration") if cluster else None
        bounds = (
            f" (its cluster allows {scaling.amount('min_capacity')} to"
            f" {scaling.amount('max_capacity')} units)"
            if scaling and scaling.values
            else ""
        )
        raise CannotTellError(f"{by_usage('capacity_units_per_hr')}{bounds}")
    units = item("class", f"{used} capacity units", ask.tariff.part("aurora:acu", used))
    return Quote(groups=(Group(items=(units,)),))
