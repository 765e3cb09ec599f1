"""What another resource says: launch templates, engines, zones, autoscalers; by reference."""

from __future__ import annotations

from decimal import Decimal
from textwrap import dedent

from bot.render.terraform.resources import resources_of
from bot.render.terraform.rows import rendered_object
from checks.model import Location, Resource
from checks.pricing.terraform import price_terraform
from tests.checks.terraform.declared import cost, made, priced, unknown


def read(text: str) -> dict[str, Resource]:
    """The resources of a .tf text by address."""
    found, failures = resources_of("", {"main.tf": dedent(text)})
    assert failures == []
    resources = {}
    for one in found:
        rendered = rendered_object(one)
        assert rendered.place is not None
        resources[one["address"]] = Resource(
            id=one["address"], api_version="terraform/v1", kind=one["type"],
            namespace=one["module"], name=one["address"], body=rendered.body,
            source=Location(path="main.tf", line=1), place=rendered.place,
        )  # fmt: skip
    return resources


TWO_TEMPLATES = """
    provider "aws" {
      region = "us-east-1"
    }
    resource "aws_launch_template" "small" {
      instance_type = "m5.large"
      block_device_mappings {
        device_name = "/dev/xvda"
        ebs {
          volume_size = 20
        }
      }
    }
    resource "aws_launch_template" "large" {
      instance_type = "m5.xlarge"
    }
    resource "aws_autoscaling_group" "web" {
      min_size         = 2
      max_size         = 2
      launch_template {
        id = aws_launch_template.small.id
      }
    }
"""


def test_a_template_is_found_by_the_reference_to_it() -> None:
    resources = read(TWO_TEMPLATES)
    found = cost(resources["aws_autoscaling_group.web"], siblings=resources)
    assert found.amount.expected == 2 * (Decimal("0.096") * 730 + 20 * Decimal("0.1"))
    assert not found.nodes


def test_without_its_template_a_group_has_no_price() -> None:
    group = read(TWO_TEMPLATES)["aws_autoscaling_group.web"]
    other = made("aws_launch_template", name="other", instance_type="m5.xlarge")
    assert "launch_template is not in the files" in unknown(group)
    assert "launch_template is not in the files" in unknown(group, siblings={other.name: other})


def test_a_replica_is_of_the_engine_it_replicates() -> None:
    resources = read("""
        provider "aws" {
          region = "us-east-1"
        }
        resource "aws_db_instance" "main" {
          engine            = "mysql"
          instance_class    = "db.t3.large"
          allocated_storage = 20
        }
        resource "aws_db_instance" "replica" {
          replicate_source_db = aws_db_instance.main.identifier
          instance_class      = "db.t3.large"
        }
    """)
    found = cost(resources["aws_db_instance.replica"], siblings=resources)
    assert found.amount == cost(resources["aws_db_instance.main"]).amount
    assert "replicates is not in the files" in unknown(resources["aws_db_instance.replica"])


def test_a_pool_is_in_the_zones_of_its_cluster() -> None:
    resources = read("""
        provider "google" {
          region = "us-central1"
        }
        resource "google_container_cluster" "main" {
          name                     = "main"
          location                 = "us-central1"
          initial_node_count       = 1
          remove_default_node_pool = true
        }
        resource "google_container_node_pool" "web" {
          cluster = google_container_cluster.main.id
          autoscaling {
            min_node_count = 1
            max_node_count = 4
          }
        }
    """)
    pool = cost(resources["google_container_node_pool.web"], siblings=resources)
    assert pool.hardware is not None
    each = pool.amount.low / 3
    assert pool.amount.high == 12 * each
    assert pool.nodes
    assert pool.autoscaled
    plane = cost(resources["google_container_cluster.main"], siblings=resources)
    assert plane.amount.expected == 73
    assert not plane.nodes
    assert "location" in unknown(resources["google_container_node_pool.web"])


def test_a_group_manager_has_the_bounds_of_its_autoscaler() -> None:
    resources = read("""
        provider "google" {
          region = "us-central1"
        }
        resource "google_compute_instance_template" "web" {
          machine_type = "n2-standard-8"
          disk {
            disk_size_gb = 50
            disk_type    = "pd-ssd"
          }
        }
        resource "google_compute_instance_group_manager" "web" {
          zone = "us-central1-a"
          version {
            instance_template = google_compute_instance_template.web.self_link
          }
        }
        resource "google_compute_autoscaler" "web" {
          zone   = "us-central1-a"
          target = google_compute_instance_group_manager.web.id
          autoscaling_policy {
            min_replicas = 2
            max_replicas = 6
          }
        }
    """)
    address = "google_compute_instance_group_manager.web"
    each = Decimal("0.388472") * 730 + 50 * Decimal("0.17")
    found = cost(resources[address], siblings=resources)
    assert (found.amount.low, found.amount.high) == (2 * each, 6 * each)
    alone = {key: one for key, one in resources.items() if "autoscaler" not in key}
    assert "target_size" in unknown(resources[address], siblings=alone)


def test_an_endpoint_costs_what_its_configuration_runs() -> None:
    resources = read("""
        provider "aws" {
          region = "us-east-1"
        }
        resource "aws_sagemaker_endpoint_configuration" "llm" {
          production_variants {
            model_name             = "llm"
            instance_type          = "ml.g5.xlarge"
            initial_instance_count = 2
          }
        }
        resource "aws_sagemaker_endpoint" "llm" {
          endpoint_config_name = aws_sagemaker_endpoint_configuration.llm.name
        }
    """)
    endpoint = resources["aws_sagemaker_endpoint.llm"]
    assert priced(resources["aws_sagemaker_endpoint_configuration.llm"]) is None
    assert "configuration is not in the files" in unknown(endpoint)
    # No sheet is shipped with prices of SageMaker.
    assert "sagemaker:ml.g5.xlarge" in unknown(endpoint, siblings=resources)


def test_a_rule_of_a_basic_load_balancer_is_free() -> None:
    basic = made("azurerm_lb", name="b", sku="Basic")
    rule = made("azurerm_lb_rule", refers={"loadbalancer_id": ["azurerm_lb.b.id"]})
    assert priced(rule, siblings={basic.name: basic}) is None
    assert cost(rule).amount.expected == Decimal("7.30")


def test_a_plan_lists_what_the_provider_sets_as_unknown() -> None:
    computed = ("id", "tenancy", "ebs_optimized", "root_block_device", "credit_specification")
    plain = made("aws_instance", instance_type="m5.large")
    planned = made("aws_instance", unknown=computed, instance_type="m5.large")
    assert cost(planned).amount == cost(plain).amount
    refers = {"tenancy": ["aws_vpc.main.instance_tenancy"]}
    by_other = made("aws_instance", unknown=computed, refers=refers, instance_type="m5.large")
    assert unknown(by_other) == "its tenancy is not known before apply"
    # The static reader lists only what the files set.
    by_variable = made("aws_instance", unknown=("tenancy",), instance_type="m5.large")
    assert unknown(by_variable) == "its tenancy is not known before apply"


def test_price_terraform_is_the_entry_of_the_package() -> None:
    assert price_terraform.__module__ == "checks.pricing.terraform.price"
