"""Our totals against those that Infracost publishes for its resource examples.

The figures are of its golden files (internal/providers/terraform/<cloud>/testdata, commit 95ba4f4);
the resources are our own, described in examples/*.tf to be the same thing. `pytest -s` prints the
table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import pytest

from bot.prices.book import prices_at
from checks.model import Prices
from checks.pricing.cost import HOURS, Cost, Unknown
from tests.checks.terraform.declared import example, priced

_CENT = Decimal("0.01")


class Same(NamedTuple):
    """An example that costs the same. `theirs` is the published total of `origin`."""

    file: str
    address: str
    origin: str
    theirs: str
    usage: Mapping[str, Any] | None = None


class Other(NamedTuple):
    """An example that costs something else by `more` (of our prices), or is unknown where that is
    None; `why` says whose reading of the vendor's prices differs how."""

    file: str
    address: str
    origin: str
    theirs: str
    why: str
    more: Callable[[Prices], Decimal] | None
    usage: Mapping[str, Any] | None = None


_CREDITS_2 = {"monthly_cpu_credit_hrs": 730, "vcpu_count": 2}
_BACKUP = {"additional_backup_storage_gb": 1000}
_FIVE_TB = {"additional_backup_storage_gb": 5000}
_LCU = {"processed_bytes_gb": 1000}
_AUTOPILOT = {
    "autopilot_vcpu_count": 10,
    "autopilot_memory_gb": 50,
    "autopilot_ephemeral_storage_gb": 100,
}
_LOGS = {"monthly_data_ingested_gb": 1000, "storage_gb": 500, "monthly_data_scanned_gb": 250}
_LAMBDA = {"monthly_requests": 100_000, "request_duration_ms": 350}

SAME = (
    Same("aws_compute.tf", "aws_instance.t3", "instance_test t3_default_cpuCredits", "31.17"),
    Same("aws_compute.tf", "aws_instance.t3_bursting", "instance_test t3_unlimited_cpuCredits",
         "104.17", _CREDITS_2),
    Same("aws_compute.tf", "aws_instance.t2", "instance_test t2_default_cpuCredits", "34.67"),
    Same("aws_compute.tf", "aws_instance.t2_bursting", "instance_test t2_unlimited_cpuCredits",
         "64.67", {"monthly_cpu_credit_hrs": 300, "vcpu_count": 2}),
    Same("aws_compute.tf", "aws_instance.some_hours", "instance_test instance_withMonthlyHours",
         "4.96", {"monthly_hrs": 100}),
    Same("aws_compute.tf", "aws_instance.on_a_host", "instance_test with_host", "5.00"),
    Same("aws_compute.tf", "aws_autoscaling_group.basic", "autoscaling_group_test asg_lt_basic",
         "100.74"),
    Same("aws_compute.tf", "aws_autoscaling_group.empty_at_least",
         "autoscaling_group_test asg_lt_min_size_zero", "50.37"),
    Same("aws_compute.tf", "aws_autoscaling_group.by_usage", "autoscaling_group_test asg_lt_usage",
         "209.23", {"instances": 6}),
    Same("aws_compute.tf", "aws_autoscaling_group.bursting",
         "autoscaling_group_test asg_lt_cpu_credits", "191.47",
         {"monthly_cpu_credit_hrs": 350, "vcpu_count": 2}),
    Same("aws_compute.tf", "aws_autoscaling_group.by_configuration",
         "autoscaling_group_test asg_lc_basic", "77.54"),
    Same("aws_containers.tf", "aws_eks_cluster.plain", "eks_cluster_test my_aws_eks_cluster",
         "73.00"),
    Same("aws_containers.tf", 'aws_eks_cluster.old["1.24"]',
         'eks_cluster_test extended_support["1.24"]', "438.00"),
    Same("aws_containers.tf", 'aws_eks_cluster.old["1.28"]',
         'eks_cluster_test extended_support["1.28"]', "438.00"),
    Same("aws_containers.tf", 'aws_eks_cluster.old["1.29"]',
         'eks_cluster_test extended_support["1.29"]', "438.00"),
    Same("aws_containers.tf", "aws_eks_node_group.plain", "eks_node_group_test example", "32.37"),
    Same("aws_containers.tf", "aws_eks_node_group.larger_disk", "eks_node_group_test example2",
         "36.87"),
    Same("aws_containers.tf", "aws_eks_node_group.by_usage", "eks_node_group_test usage",
         "194.21", {"instances": 6}),
    Same("aws_containers.tf", "aws_eks_node_group.template",
         "eks_node_group_test example_with_launch_template_2", "426.48"),
    Same("aws_containers.tf", "aws_eks_node_group.template_gp3",
         "eks_node_group_test example_with_launch_template_with_prefix", "234.24"),
    Same("aws_containers.tf", "aws_eks_fargate_profile.pods", "eks_fargate_profile_test example",
         "32.79", {"vcpu": 1, "memory_gb": 1}),
    Same("aws_containers.tf", "aws_ecs_service.one", "ecs_service_test ecs_fargate1", "36.04"),
    Same("aws_containers.tf", "aws_ecs_service.five", "ecs_service_test ecs_fargate5", "180.20"),
    Same("aws_data.tf", "aws_ebs_volume.io1", "ebs_volume_test io1", "23.25"),
    Same("aws_data.tf", "aws_ebs_volume.io2", "ebs_volume_test io2", "23.25"),
    Same("aws_data.tf", "aws_ebs_volume.gp3", "ebs_volume_test gp3", "8.40"),
    Same("aws_data.tf", "aws_ebs_volume.st1", "ebs_volume_test st1", "1.80"),
    Same("aws_data.tf", "aws_ebs_volume.unsaid", "ebs_volume_test gp2", "1.00"),
    Same("aws_data.tf", "aws_db_instance.mysql", "db_instance_test mysql", "196.58", _BACKUP),
    Same("aws_data.tf", "aws_db_instance.mysql_two_zones", "db_instance_test mysql-multi-az",
         "300.46", _BACKUP),
    Same("aws_data.tf", "aws_db_instance.mysql_iops", "db_instance_test mysql-iops", "326.78",
         _BACKUP),
    Same("aws_data.tf", "aws_db_instance.mysql_few_iops", "db_instance_test mysql-iops-below-min",
         "306.78", _BACKUP),
    Same("aws_data.tf", "aws_db_instance.sqlserver", "db_instance_test sqlserver-se", "895.82"),
    Same("aws_data.tf", "aws_db_instance.gp3_two_zones", 'db_instance_test gp3["multi_az"]',
         "219.45"),
    Same("aws_data.tf", "aws_db_instance.postgres_12",
         'db_instance_test extended_support["postgres-12"]', "254.15"),
    Same("aws_data.tf", "aws_rds_cluster_instance.mysql",
         "rds_cluster_instance_test cluster_instance", "211.70"),
    Same("aws_data.tf", "aws_rds_cluster_instance.postgres_15",
         'rds_cluster_instance_test extended_support["aurora-postgresql-15"]', "119.72"),
    Same("aws_data.tf", "aws_rds_cluster_instance.serverless",
         "rds_cluster_instance_test aurora_serverless_v2_with_usage", "438.00",
         {"capacity_units_per_hr": 5}),
    Same("aws_data.tf", "aws_elasticache_cluster.redis", "elasticache_cluster_test redis",
         "2596.61"),
    Same("aws_data.tf", "aws_elasticache_cluster.redis_kept",
         "elasticache_cluster_test redis_snapshot_usage", "3446.61",
         {"snapshot_storage_size_gb": 10_000}),
    Same("aws_data.tf", "aws_elasticache_cluster.memcached", "elasticache_cluster_test memcached",
         "227.76"),
    Same("aws_data.tf", "aws_elasticache_replication_group.sharded",
         "elasticache_replication_group_test cluster", "1822.08"),
    Same("aws_data.tf", "aws_elasticache_replication_group.whole",
         "elasticache_replication_group_test non-cluster", "3775.56"),
    Same("aws_data.tf", "aws_cloudwatch_log_group.logs", "cloudwatch_log_group_test logs_withUsage",
         "516.25", _LOGS),
    Same("aws_data.tf", "aws_lambda_function.large", "lambda_function_test lambda_withUsage512Mem",
         "0.31", _LAMBDA),
    Same("aws_data.tf", "aws_lambda_function.arm",
         "lambda_function_test lambda_withUsage512Mem_arm", "0.25", _LAMBDA),
    Same("aws_network.tf", "aws_nat_gateway.idle", "nat_gateway_test nat", "32.85"),
    Same("aws_network.tf", "aws_nat_gateway.used", "nat_gateway_test nat_withUsage", "37.35",
         {"monthly_data_processed_gb": 100}),
    Same("aws_network.tf", "aws_lb.application", "lb_test lb1", "16.43"),
    Same("aws_network.tf", "aws_alb.application_used", "lb_test alb1_usage", "24.43", _LCU),
    Same("aws_network.tf", "aws_lb.network_used", "lb_test nlb1_usage", "22.43", _LCU),
    Same("aws_network.tf", "aws_elb.classic_used", "elb_test my_elb", "98.25",
         {"monthly_data_processed_gb": 10_000}),
    Same("aws_network.tf", "aws_eip.unattached", "eip_test eip1", "3.65"),
    Same("gcp.tf", "google_container_cluster.zonal", "container_cluster_test zonal", "158.38"),
    Same("gcp.tf", "google_container_cluster.regional", "container_cluster_test regional",
         "329.13"),
    Same("gcp.tf", "google_container_cluster.two_zones", "container_cluster_test node_locations",
         "243.76"),
    Same("gcp.tf", "google_container_cluster.autopilot",
         "container_cluster_test autopilot_with_usage", "581.52", _AUTOPILOT),
    Same("gcp.tf", "google_container_node_pool.zonal", "container_node_pool_test zonal_usage",
         "113.84"),
    Same("gcp.tf", "google_container_node_pool.two_zones",
         "container_node_pool_test node_locations_regional", "113.84"),
    Same("gcp.tf", "google_compute_disk.standard", "compute_disk_test standard_default", "20.00"),
    Same("gcp.tf", "google_compute_disk.ssd", "compute_disk_test ssd_default", "17.00"),
    Same("gcp.tf", "google_compute_disk.hyperdisk", "compute_disk_test hyperdisk_size_iops",
         "656.00"),
    Same("gcp.tf", "google_compute_router_nat.few", "compute_router_nat_test nat", "49.09",
         {"assigned_vms": 4, "monthly_data_processed_gb": 1000}),
    Same("gcp.tf", "google_compute_router_nat.many", "compute_router_nat_test over_32_vms", "77.70",
         {"assigned_vms": 50, "monthly_data_processed_gb": 1000}),
    Same("gcp.tf", "google_compute_forwarding_rule.used", "compute_forwarding_rule_test default",
         "8.10", {"monthly_ingress_data_gb": 100}),
    Same("gcp.tf", "google_sql_database_instance.custom",
         'sql_database_instance_test db_instance["db-custom-64-245760.POSTGRES_15.ZONAL"]',
         "3164.94"),
    Same("gcp.tf", "google_sql_database_instance.highmem",
         'sql_database_instance_test db_instance["db-highmem-16.POSTGRES_15.REGIONAL"]', "2038.35"),
    Same("gcp.tf", "google_sql_database_instance.mysql",
         'sql_database_instance_test db_instance["db-n1-standard-16.MYSQL_8_0.REGIONAL"]',
         "1589.18"),
    Same("azure.tf", "azurerm_linux_virtual_machine.premium",
         "linux_virtual_machine_test standard_f2_premium_disk", "77.55"),
    Same("azure.tf", "azurerm_linux_virtual_machine.lower_case",
         "linux_virtual_machine_test basic_b1_lowercase", "9.13"),
    Same("azure.tf", "azurerm_linux_virtual_machine.some_hours",
         "linux_virtual_machine_test basic_b1_withMonthlyHours", "2.58", {"monthly_hrs": 100}),
    Same("azure.tf", "azurerm_virtual_machine.a100",
         'virtual_machine_test linux_vms["Standard_NC96ads_A100_v4"]', "10726.70"),
    Same("azure.tf", "azurerm_virtual_machine.h100",
         'virtual_machine_test linux_vms["Standard_ND96isr_H100_v5"]', "71775.14"),
    Same("azure.tf", "azurerm_windows_virtual_machine.own_licence",
         "windows_virtual_machine_test standard_d2_v4_hybrid_benefit", "146.88"),
    Same("azure.tf", "azurerm_kubernetes_cluster.paid", "kubernetes_cluster_test paid_5nc_32gb",
         "613.58"),
    Same("azure.tf", "azurerm_kubernetes_cluster.scaled", "kubernetes_cluster_test min_count",
         "451.87"),
    Same("azure.tf", "azurerm_kubernetes_cluster.free", "kubernetes_cluster_test free_D2V2",
         "112.47"),
    Same("azure.tf", "azurerm_kubernetes_cluster_node_pool.ephemeral",
         "kubernetes_cluster_node_pool_test Standard_DS2_v2", "213.16"),
    Same("azure.tf", "azurerm_kubernetes_cluster_node_pool.plain",
         "kubernetes_cluster_node_pool_test example", "126.29"),
    Same("azure.tf", "azurerm_kubernetes_cluster_node_pool.no_premium",
         "kubernetes_cluster_node_pool_test non_premium", "75.97"),
    Same("azure.tf", "azurerm_managed_disk.premium", "managed_disk_test premium", "5.28"),
    Same("azure.tf", "azurerm_managed_disk.standard", "managed_disk_test standard", "1.54"),
    Same("azure.tf", "azurerm_managed_disk.ultra", "managed_disk_test ultra", "450.74"),
    Same("azure.tf", "azurerm_public_ip.regional", "public_ip_test example", "3.65"),
    Same("azure.tf", "azurerm_public_ip.global", "public_ip_test global", "7.30"),
    Same("azure.tf", "azurerm_lb.standard", "lb_test standard", "0.50",
         {"monthly_data_processed_gb": 100}),
    Same("azure.tf", "azurerm_lb_rule.web", "lb_rule_v2_test rules_withStandardSku", "7.30"),
    Same("azure.tf", "azurerm_nat_gateway.used", "nat_gateway_test my_gateway", "33.30",
         {"monthly_data_processed_gb": 10}),
    Same("azure.tf", "azurerm_postgresql_flexible_server.general",
         "postgresql_flexible_server_test gp", "764.12", _FIVE_TB),
    Same("azure.tf", "azurerm_postgresql_flexible_server.memory",
         "postgresql_flexible_server_test mo", "866.64", _FIVE_TB),
    Same("azure.tf", "azurerm_mysql_flexible_server.general", "mysql_flexible_server_test gp",
         "335.11", {"additional_backup_storage_gb": 2000}),
    Same("azure.tf", "azurerm_mysql_flexible_server.burstable",
         "mysql_flexible_server_test burstable", "115.20", _BACKUP),
    Same("azure.tf", "azurerm_mssql_database.general", "mssql_database_test general_purpose_gen",
         "736.95"),
    Same("azure.tf", "azurerm_mssql_database.critical",
         "mssql_database_test business_critical_gen", "3970.40"),
    Same("azure.tf", "azurerm_mssql_database.hyperscale", "mssql_database_test hyperscale_gen",
         "437.63"),
    Same("azure.tf", "azurerm_mssql_database.premium", "mssql_database_test premium6", "3700.00",
         {"long_term_retention_storage_gb": 1000}),
)  # fmt: skip


def _of(prices: Prices, name: str, count: int | Decimal) -> Decimal:
    """What `count` units cost a month."""
    unit = prices.units[name]
    return count * unit.amount * (HOURS if unit.unit.endswith("hour") else 1)


def _machines(prices: Prices, name: str, count: int) -> Decimal:
    return count * prices.machines[name].hourly.amount * HOURS


OTHER = (
    Other("aws_compute.tf", "aws_autoscaling_group.mixed",
          "autoscaling_group_test asg_mixed_instance_basic", "203.23",
          "they count no root disk where a template maps none; its image has one (8 GiB)",
          lambda prices: _of(prices, "storage:gp2", 3 * 8)),
    Other("aws_data.tf", "aws_db_instance.mysql_57",
          'db_instance_test extended_support["mysql-5.7.44"]', "247.58",
          "they charge year 1 of extended support; since March 2026 it is year 3, of which no sheet"
          " has a price", None),
    Other("aws_data.tf", "aws_lambda_function.past_the_first_tier",
          "lambda_function_test lambda_duration_15B", "857203.30",
          "they take the lower price above 6 billion GB-seconds off; the sheet has the first tier",
          lambda prices: _of(prices, "lambda:gb-second", 61_440_000_000) - Decimal("854203.30"),
          {"monthly_requests": 15_000_000_000, "request_duration_ms": 4096}),
    Other("gcp.tf", "google_container_cluster.default_disk", "container_cluster_test zonal",
          "158.38", "they take pd-standard for the default; GKE's is pd-balanced",
          lambda prices: _of(prices, "storage:pd-balanced", 300)
          - _of(prices, "storage:pd-standard", 300)),
    Other("gcp.tf", "google_container_node_pool.gpus",
          "container_node_pool_test with_node_config_regional", "4075.67",
          "they take the sustained use discount (30%) off machines and GPUs",
          lambda prices: _machines(prices, "n1-standard-16", 3) * Decimal("0.3")
          + _of(prices, "gpu:K80", 12) - Decimal("2759.40")),
    Other("gcp.tf", "google_compute_instance.l4", "compute_instance_test gpu_l4", "802.57",
          "they add the L4 to a machine whose price has it in it",
          lambda prices: Decimal("-286.18") * prices.machines["g2-standard-4"].accelerators),
    Other("gcp.tf", "google_compute_instance.custom", "compute_instance_test custom_n1", "147.61",
"they take the sustained use discount (30%) off, and know a price of custom memory",
          lambda prices: _of(prices, "cpu:n1:custom", 6) * Decimal("0.3")
          + _of(prices, "ram:n1", 20) - Decimal("45.44")),
    Other("gcp.tf", "google_compute_address.static", "compute_address_test static", "7.30",
          "they take every address for unused; ours is between the two prices",
          lambda prices: _of(prices, "ip:vm", 1) - _of(prices, "ip:unused", 1)),
    Other("gcp.tf", "google_sql_database_instance.sqlserver",
          'sql_database_instance_test db_instance["db-custom-64-245760.SQLSERVER_2019_WEB.ZONAL"]',
          "3164.94", "they leave the licence of SQL Server out", None),
    Other("azure.tf", "azurerm_postgresql_flexible_server.two",
          "postgresql_flexible_server_test high_availability", "627.61",
          "they leave the standby server of high availability out",
          lambda prices: _of(prices, "postgresql-flexible:GP_Standard_D2ads_v5", 1)
          + _of(prices, "postgresql-flexible:storage", 32), _FIVE_TB),
    Other("azure.tf", "azurerm_windows_virtual_machine.bought_licence",
          "windows_virtual_machine_test standard_f2_premium_disk", "145.44",
          "no sheet has prices of Windows machines", None),
)  # fmt: skip


def _ours(one: Same | Other) -> Cost | Unknown | None:
    resources = example(one.file)
    return priced(resources[one.address], usage=one.usage, siblings=resources)


@pytest.mark.parametrize("one", SAME, ids=lambda one: f"{one.file} {one.address}")
def test_it_costs_what_infracost_publishes(one: Same) -> None:
    answer = _ours(one)
    assert isinstance(answer, Cost), answer
    assert abs(answer.amount.expected - Decimal(one.theirs)) <= max(
        Decimal(one.theirs) / 100, _CENT / 2
    )


@pytest.mark.parametrize("one", OTHER, ids=lambda one: f"{one.file} {one.address}")
def test_it_costs_something_else_and_why(one: Other) -> None:
    answer = _ours(one)
    if one.more is None:
        assert isinstance(answer, Unknown)
        return
    assert isinstance(answer, Cost), answer
    more = one.more(prices_at(example(one.file)[one.address].place))
    assert abs(answer.amount.expected - Decimal(one.theirs)) > Decimal(one.theirs) / 100
    # The reason explains the difference: what is left is within 1%.
    left = answer.amount.expected - Decimal(one.theirs) - more
    assert abs(left) <= Decimal(one.theirs) / 100


def test_every_resource_with_a_price_is_in_a_table() -> None:
    told = {(one.file, one.address) for one in (*SAME, *OTHER)}
    for file in sorted({file for file, _ in told}):
        for address, resource in example(file).items():
            free = priced(resource) is None
            assert free or (file, address) in told, address


def test_the_table_holds_what_was_asked_for() -> None:
    lines = [_line(one) for one in (*SAME, *OTHER)]
    print("\n".join([*lines, f"{len(SAME)} within 1%, {len(OTHER)} explained"]))
    clouds = {one.file.partition("_")[0].partition(".")[0] for one in SAME}
    assert len(SAME) >= 35
    assert clouds == {"aws", "gcp", "azure"}


def _line(one: Same | Other) -> str:
    answer = _ours(one)
    ours = f"{answer.amount.expected:,.2f}" if isinstance(answer, Cost) else "unknown"
    why = one.why if isinstance(one, Other) else ""
    return f"{one.origin:80} {Decimal(one.theirs):>12,.2f} {ours:>12} {why}"
