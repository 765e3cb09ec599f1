"""Which rule prices which resource type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from checks.pricing.terraform import (
    aws_compute,
    aws_containers,
    aws_database,
    aws_disk,
    aws_network,
    aws_serverless,
    aws_storage,
    azure_compute,
    azure_database,
    azure_disk,
    azure_network,
    gcp_compute,
    gcp_container,
    gcp_database,
    gcp_network,
)
from checks.pricing.terraform.ask import Ask
from checks.pricing.terraform.quote import Quote

# None says that this one costs nothing; CannotTellError why its cost is not known.
Rule: TypeAlias = Callable[[Ask], Quote | None]

RULES: Mapping[str, Rule] = {
    "aws_alb": aws_network.load_balancer,
    "aws_autoscaling_group": aws_compute.autoscaling_group,
    "aws_cloudwatch_log_group": aws_storage.log_group,
    "aws_db_instance": aws_database.db_instance,
    "aws_ebs_volume": aws_disk.ebs_volume,
    "aws_efs_file_system": aws_storage.efs_file_system,
    "aws_ecs_service": aws_containers.ecs_service,
    "aws_eip": aws_network.eip,
    "aws_eks_cluster": aws_compute.eks_cluster,
    "aws_eks_fargate_profile": aws_compute.eks_fargate_profile,
    "aws_eks_node_group": aws_compute.eks_node_group,
    "aws_elasticache_cluster": aws_database.cache_cluster,
    "aws_elasticache_replication_group": aws_database.replication_group,
    "aws_elb": aws_network.classic_load_balancer,
    "aws_instance": aws_compute.instance,
    "aws_lambda_function": aws_serverless.function,
    "aws_lb": aws_network.load_balancer,
    "aws_nat_gateway": aws_network.nat_gateway,
    "aws_rds_cluster": aws_database.cluster,
    "aws_rds_cluster_instance": aws_database.cluster_instance,
    "aws_s3_bucket": aws_storage.s3_bucket,
    "aws_sagemaker_endpoint": aws_serverless.sagemaker_endpoint,
    "aws_vpc_endpoint": aws_network.vpc_endpoint,
    "azurerm_kubernetes_cluster": azure_compute.kubernetes_cluster,
    "azurerm_kubernetes_cluster_node_pool": azure_compute.node_pool,
    "azurerm_lb": azure_network.load_balancer,
    "azurerm_lb_outbound_rule": azure_network.rule,
    "azurerm_lb_rule": azure_network.rule,
    "azurerm_linux_virtual_machine": azure_compute.linux_machine,
    "azurerm_linux_virtual_machine_scale_set": azure_compute.linux_scale_set,
    "azurerm_managed_disk": azure_disk.managed_disk,
    "azurerm_mssql_database": azure_database.mssql_database,
    "azurerm_mysql_flexible_server": azure_database.mysql_flexible,
    "azurerm_nat_gateway": aws_network.nat_gateway,
    "azurerm_postgresql_flexible_server": azure_database.postgresql_flexible,
    "azurerm_public_ip": azure_network.public_ip,
    "azurerm_virtual_machine": azure_compute.machine,
    "azurerm_virtual_machine_scale_set": azure_compute.scale_set,
    "azurerm_windows_virtual_machine": azure_compute.windows_machine,
    "azurerm_windows_virtual_machine_scale_set": azure_compute.windows_scale_set,
    "google_compute_address": gcp_network.address,
    "google_compute_disk": gcp_compute.disk,
    "google_compute_forwarding_rule": gcp_network.forwarding_rule,
    "google_compute_global_address": gcp_network.address,
    "google_compute_global_forwarding_rule": gcp_network.forwarding_rule,
    "google_compute_instance": gcp_compute.instance,
    "google_compute_instance_group_manager": gcp_compute.instance_group,
    "google_compute_region_disk": gcp_compute.disk,
    "google_compute_region_instance_group_manager": gcp_compute.instance_group,
    "google_compute_router_nat": gcp_network.router_nat,
    "google_container_cluster": gcp_container.cluster,
    "google_container_node_pool": gcp_container.node_pool,
    "google_sql_database_instance": gcp_database.sql_instance,
    "google_tpu_node": gcp_compute.tpu,
    "google_tpu_v2_vm": gcp_compute.tpu,
}
