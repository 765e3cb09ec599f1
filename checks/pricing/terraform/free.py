"""Resource types that cost nothing by themselves, or whose cost is that of another resource."""

from __future__ import annotations

# Whole families: the beginning of the type.
_FREE_PREFIXES = (
    "aws_iam_", "aws_security_group", "aws_vpc_security_group_", "aws_route_table",
    "aws_network_acl", "aws_default_", "aws_lb_", "aws_alb_", "aws_s3_bucket_", "aws_autoscaling_",
    "aws_appautoscaling_", "aws_db_parameter", "aws_db_option", "aws_db_subnet",
    "aws_rds_cluster_parameter", "aws_elasticache_parameter", "aws_elasticache_subnet",
    "aws_lambda_permission", "aws_lambda_alias", "aws_lambda_event_source", "aws_lambda_layer",
    "aws_ecr_lifecycle", "aws_ecr_repository_policy", "aws_organizations_", "aws_ssoadmin_",
    "aws_ram_", "aws_resourcegroups_", "google_project_", "google_organization_iam",
    "google_folder_iam", "google_service_account", "google_compute_firewall",
    "google_compute_health_check", "google_compute_region_health_check", "google_storage_bucket_",
    "google_iam_", "google_tags_", "azurerm_role_", "azurerm_policy_", "azurerm_network_security_",
    "azurerm_subnet", "azurerm_lb_backend_", "azurerm_user_assigned_", "azurerm_management_",
)  # fmt: skip
# What belongs to Terraform itself, and what only makes values.
_TERRAFORM = """
    null_resource terraform_data local_file local_sensitive_file random_id random_password
    random_pet random_string random_integer random_shuffle random_uuid time_sleep time_static
    time_rotating time_offset tls_private_key tls_self_signed_cert tls_cert_request
    tls_locally_signed_cert archive_file
"""
_AWS = """
    aws_vpc aws_subnet aws_internet_gateway aws_egress_only_internet_gateway aws_route
    aws_main_route_table_association aws_eip_association aws_network_interface
    aws_network_interface_attachment aws_volume_attachment aws_key_pair aws_placement_group
    aws_launch_template aws_launch_configuration aws_ami_launch_permission aws_eks_access_entry
    aws_eks_access_policy_association aws_eks_identity_provider_config
    aws_eks_pod_identity_association aws_eks_addon aws_elb_attachment
    aws_sagemaker_endpoint_configuration aws_sagemaker_model aws_ecs_cluster
    aws_ecs_cluster_capacity_providers aws_ecs_capacity_provider aws_ecs_task_definition
    aws_kms_alias aws_kms_key_policy aws_cloudwatch_log_stream aws_cloudwatch_log_resource_policy
    aws_sns_topic_policy aws_sqs_queue_policy aws_vpc_dhcp_options
    aws_vpc_dhcp_options_association aws_vpc_endpoint_policy aws_vpc_endpoint_subnet_association
    aws_vpc_endpoint_route_table_association aws_vpc_peering_connection
    aws_vpc_peering_connection_accepter aws_vpc_peering_connection_options
    aws_vpc_ipv4_cidr_block_association aws_acm_certificate aws_acm_certificate_validation
    aws_snapshot_create_volume_permission aws_ebs_default_kms_key aws_ebs_encryption_by_default
    aws_account_alternate_contact aws_service_discovery_instance aws_cloudwatch_event_target
"""
_GOOGLE = """
    google_compute_network google_compute_subnetwork google_compute_route google_compute_router
    google_compute_router_interface google_compute_router_peer google_compute_instance_template
    google_compute_region_instance_template google_compute_instance_group
    google_compute_instance_group_membership google_compute_autoscaler
    google_compute_region_autoscaler google_compute_attached_disk google_compute_backend_service
    google_compute_region_backend_service google_compute_backend_bucket google_compute_url_map
    google_compute_region_url_map google_compute_target_http_proxy
    google_compute_target_https_proxy google_compute_target_pool
    google_compute_network_endpoint_group google_compute_network_peering
    google_compute_ssl_certificate google_compute_managed_ssl_certificate
    google_compute_ssl_policy google_compute_resource_policy google_compute_project_metadata
    google_compute_project_metadata_item google_compute_shared_vpc_host_project
    google_compute_shared_vpc_service_project google_compute_disk_resource_policy_attachment
    google_compute_global_network_endpoint google_compute_http_health_check google_project
    google_folder google_sql_database google_sql_user google_sql_ssl_cert
    google_service_networking_connection google_gke_hub_membership
"""
_AZURE = """
    azurerm_resource_group azurerm_virtual_network azurerm_network_interface
    azurerm_network_interface_security_group_association
    azurerm_network_interface_backend_address_pool_association azurerm_route azurerm_route_table
    azurerm_availability_set azurerm_proximity_placement_group
    azurerm_virtual_machine_data_disk_attachment azurerm_virtual_machine_extension
    azurerm_virtual_machine_scale_set_extension azurerm_lb_probe azurerm_lb_nat_pool
    azurerm_lb_nat_rule azurerm_nat_gateway_public_ip_association
    azurerm_nat_gateway_public_ip_prefix_association azurerm_monitor_autoscale_setting
    azurerm_postgresql_flexible_server_configuration azurerm_postgresql_flexible_server_database
    azurerm_postgresql_flexible_server_firewall_rule azurerm_mysql_flexible_database
    azurerm_mysql_flexible_server_configuration azurerm_mysql_flexible_server_firewall_rule
    azurerm_mssql_server azurerm_mssql_firewall_rule azurerm_mssql_virtual_network_rule
    azurerm_storage_container azurerm_key_vault_access_policy azurerm_key_vault_secret
    azurerm_application_security_group azurerm_private_dns_zone_virtual_network_link
    azuread_application azuread_service_principal azuread_group
"""
_FREE = frozenset(" ".join((_TERRAFORM, _AWS, _GOOGLE, _AZURE)).split())
# In a free family, but with a price.
_NOT_FREE = frozenset({"aws_s3_bucket_inventory", "aws_s3_bucket_analytics_configuration"})


def is_free(kind: str) -> bool:
    """Whether resources of a type cost nothing by themselves."""
    if kind in _FREE:
        return True
    return kind.startswith(_FREE_PREFIXES) and kind not in _NOT_FREE
