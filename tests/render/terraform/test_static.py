"""What is read from a module's files without a plan, and what is said to be unknown."""

from __future__ import annotations

import pytest

from tests.render.terraform.modules import read, resource


def test_the_attributes_and_blocks_of_a_resource_have_the_shape_of_a_plan() -> None:
    row = resource("""
      instance_type = "m5.large"
      missing       = null
      root_block_device {
        volume_size = 50
      }
      ebs_block_device { size = 1 }
      ebs_block_device { size = 2 }
      lifecycle { prevent_destroy = true }
      timeouts { create = "1h" }
      depends_on = [aws_thing.other]
    """)
    assert row["spec"] == {
        "instance_type": "m5.large",
        "root_block_device": [{"volume_size": 50}],
        "ebs_block_device": [{"size": 1}, {"size": 2}],
    }
    assert row["unknown"] == []
    assert row["lines"]["root_block_device"] == (5, [(5, {"volume_size": 6})])


def test_dynamic_blocks_are_all_there_however_many_stand_beside_each_other() -> None:
    row = resource("""
      first { v = 0 }
      dynamic "one" {
        for_each = ["a", "b", "c"]
        content { v = "${one.key}${one.value}" }
      }
      dynamic "two" {
        for_each = { x = [1, 2], y = [] }
        iterator = outer
        content {
          k = outer.key
          dynamic "inner" {
            for_each = outer.value
            content { v = inner.value * 10 }
          }
        }
      }
      last { v = 9 }
    """)
    assert row["spec"] == {
        "first": [{"v": 0}],
        "one": [{"v": "0a"}, {"v": "1b"}, {"v": "2c"}],
        "two": [{"k": "x", "inner": [{"v": 10}, {"v": 20}]}, {"k": "y", "inner": []}],
        "last": [{"v": 9}],
    }


@pytest.mark.parametrize(
    "expression",
    [
        "data.aws_ami.x.id",
        '"x-${data.aws_ami.x.id}"',
        "aws_thing.other.arn",
        "var.unset",
        'data.aws_ami.x.id == "" ? 1 : 2',
        "max(3, data.aws_ami.x.size)",
        "length(data.aws_ami.x.list)",
        "try(data.aws_ami.x.size, 3)",
        "coalesce(data.aws_ami.x.size, 3)",
        "merge(data.aws_ami.x.tags, { a = 1 })",
        "[for v in data.aws_ami.x.list : 1]",
        "timestamp()",
        "uuid()",
        "no_such_function(1)",
        "terraform.workspace",
        "path.cwd",
        "local.absent",
        "[1][3]",
        '1 + "x"',
        "1 / 0",
        'fileset(".", "*")',
        'file("/etc/passwd")',
        'file("../../../../etc/passwd")',
        'templatefile("/etc/hostname", {})',
        'fileexists("absent.txt")',
    ],
)
def test_what_the_files_do_not_tell_is_unknown_and_never_a_guess(expression: str) -> None:
    also = 'variable "unset" {}\nresource "aws_thing" "other" {}\ndata "aws_ami" "x" {}'
    rows, failures = read(main=f'resource "aws_thing" "it" {{\n v = {expression}\n}}\n{also}')
    assert failures == []
    assert rows["aws_thing.it"]["spec"] == {}
    assert rows["aws_thing.it"]["unknown"] == [["v"]]


def test_only_the_unknown_part_of_a_value_is_unknown() -> None:
    row = resource(
        """
        tags  = merge({ team = "a" }, { id = var.unset })
        names = ["x", var.unset]
        block { size = 5, }
        nested {
          known   = length([var.unset, 1])
          unknown = var.unset
        }
        dynamic "more" {
          for_each = var.unset
          content { v = 1 }
        }
        """.replace("5,", "5"),
        'variable "unset" {}',
    )
    assert row["spec"] == {
        "tags": {"team": "a"},
        "names": ["x", None],
        "block": [{"size": 5}],
        "nested": [{"known": 2}],
    }
    assert row["unknown"] == [["tags", "id"], ["names", 1], ["nested", 0, "unknown"], ["more"]]


def test_what_cannot_be_true_whatever_is_unknown_is_known() -> None:
    row = resource("a = false && data.x.y.z\nb = true || data.x.y.z\nc = data.x.y.z && false")
    assert row["spec"] == {"a": False, "b": True, "c": False}


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("count = var.unset", "count = var.unset is not known without a plan"),
        (
            "count = length(data.aws_zones.all.names)",
            "count = length(data.aws_zones.all.names) is not known without a plan",
        ),
        ('count = data.a.b.c == "x" ? 0 : 3', "is not known without a plan"),
        ("for_each = toset(data.a.b.c)", "for_each = toset(data.a.b.c) is not known"),
        ("for_each = toset([aws_thing.one.id])", "is not known without a plan"),
        ("count = -1", "count = -1 is -1, no whole number from 0"),
        ("count = 1.5", "no whole number"),
        ("count = null", "is null"),
        ("for_each = [1, 2]", "is neither a map nor a set of texts"),
        ("for_each = toset(range(10000000))", "range() makes more than 1024 numbers"),
    ],
)
def test_an_unknown_number_is_a_failure_on_its_line_and_the_others_go_on(
    number: str, said: str
) -> None:
    also = 'variable "unset" {}\nresource "aws_thing" "one" { v = 1 }'
    rows, [failure] = read(main=f'resource "aws_thing" "it" {{\n\n {number}\n}}\n{also}')
    assert list(rows) == ["aws_thing.one"]
    assert (failure.code, failure.location.path) == ("terraform-count", "main.tf")
    assert failure.location.line in (1, 3)
    assert said in failure.error
    assert failure.error.startswith("aws_thing.it: ")
    assert "tfplan.json" in failure.remedy


def test_indexes_are_in_addresses_and_what_is_switched_off_is_absent() -> None:
    rows, failures = read(
        main="""
        variable "on" { default = false }
        resource "aws_a" "off" { count = var.on ? 1 : 0 }
        resource "aws_a" "none" { for_each = {} }
        resource "aws_b" "n" {
          count = 2
          v = count.index
        }
        resource "aws_c" "k" {
          for_each = { "a/b" = 1, "say \\"x\\"" = 2 }
          v = each.value
        }
        resource "aws_d" "chain" {
          for_each = aws_c.k
          v = each.value.v + length(aws_b.n)
        }
        """
    )
    assert failures == []
    assert {address: row["spec"]["v"] for address, row in rows.items()} == {
        "aws_b.n[0]": 0,
        "aws_b.n[1]": 1,
        'aws_c.k["a/b"]': 1,
        'aws_c.k["say \\"x\\""]': 2,
        'aws_d.chain["a/b"]': 3,
        'aws_d.chain["say \\"x\\""]': 4,
    }


def test_variables_come_from_the_files_that_terraform_reads_by_itself() -> None:
    texts = {
        "live__prod__main": """
        variable "a" {}
        variable "b" { default = 1 }
        variable "c" { type = number }
        resource "aws_thing" "it" { v = [var.a, var.b, var.c] }
        """,
        "live__prod__terraform_tfvars": "a = 1\nb = 2\n",
        # Not read by itself, and not of this module.
        "live__prod__other_tfvars": "a = 5\n",
        "other__terraform_tfvars": "a = 6\n",
    }
    rows, failures = read("live/prod", **texts)
    assert failures == []
    assert rows["aws_thing.it"]["spec"] == {"v": [1, 2, None]}
    assert rows["aws_thing.it"]["unknown"] == [["v", 2]]


def test_local_modules_are_read_with_their_arguments_and_providers() -> None:
    rows, failures = read(
        "root",
        root__main="""
        provider "aws" { region = local.home }
        provider "aws" {
          alias  = "west"
          region = "us-west-2"
        }
        locals { home = "eu-central-1" }
        module "a" {
          source = "../mod"
          count  = 2
          size   = 10 * (count.index + 1)
        }
        module "b" {
          source    = "../mod"
          size      = 7
          providers = { aws = aws.west }
        }
        resource "aws_thing" "w" {
          provider = aws.west
          v        = module.a[1].double + module.b.double
        }
        resource "aws_thing" "zoned" { availability_zone = "ap-south-1b" }
        """,
        mod__main="""
        variable "size" {}
        data "aws_region" "here" {}
        resource "aws_thing" "it" {
          size = var.size
          name = data.aws_region.here.name
        }
        output "double" { value = aws_thing.it.size * 2 }
        """,
    )
    assert failures == []
    assert {
        address: (row["region"], row["module"], row["path"]) for address, row in rows.items()
    } == {
        "aws_thing.w": ("us-west-2", "", "root/main.tf"),
        "aws_thing.zoned": ("ap-south-1", "", "root/main.tf"),
        "module.a[0].aws_thing.it": ("eu-central-1", "module.a[0]", "mod/main.tf"),
        "module.a[1].aws_thing.it": ("eu-central-1", "module.a[1]", "mod/main.tf"),
        "module.b.aws_thing.it": ("us-west-2", "module.b", "mod/main.tf"),
    }
    assert rows["aws_thing.w"]["spec"] == {"v": 54}
    assert rows["module.b.aws_thing.it"]["spec"] == {"size": 7, "name": "us-west-2"}


def test_references_lead_to_the_resource_that_is_meant_through_modules_too() -> None:
    rows, failures = read(
        main="""
        resource "aws_launch_template" "t" { count = 2 }
        resource "aws_autoscaling_group" "g" {
          launch_template {
            id = aws_launch_template.t[1].id
          }
        }
        module "m" {
          source   = "./m"
          template = aws_launch_template.t[0].id
        }
        """,
        m__main="""
        variable "template" {}
        resource "aws_autoscaling_group" "g" {
          launch_template {
            id = var.template
          }
        }
        """,
    )
    assert failures == []
    assert rows["aws_autoscaling_group.g"]["references"] == {
        "launch_template": ["aws_launch_template.t[1].id"],
        "launch_template.0.id": ["aws_launch_template.t[1].id"],
    }
    inner = rows["module.m.aws_autoscaling_group.g"]["references"]
    assert inner["launch_template"] == ["aws_launch_template.t[0].id"]


@pytest.mark.parametrize(
    ("kind", "body", "place"),
    [
        ("aws_instance", 'availability_zone = "us-gov-west-1a"', ("aws", "us-gov-west-1")),
        ("aws_instance", 'region = "us-east-2"', ("aws", "us-east-2")),
        ("aws_instance", "", ("aws", "")),
        ("google_compute_disk", 'zone = "europe-west4-a"', ("gcp", "europe-west4")),
        ("google_storage_bucket", 'location = "EU"', ("gcp", "eu")),
        ("azurerm_disk", 'location = "West Europe"', ("azure", "westeurope")),
        ("azurerm_db", "server_id = azurerm_server.s.id", ("azure", "uksouth")),
        ("azurerm_db", "resource_group_name = azurerm_resource_group.g.name", ("azure", "uksouth")),
        ("random_id", 'region = "x"', ("default", "")),
    ],
)
def test_the_place_is_that_of_the_resource_or_of_what_it_belongs_to(
    kind: str, body: str, place: tuple[str, str]
) -> None:
    rows, _ = read(
        main=f"""
        resource "azurerm_resource_group" "g" {{
          name     = "group"
          location = "UK South"
        }}
        resource "azurerm_server" "s" {{ location = azurerm_resource_group.g.location }}
        resource "{kind}" "it" {{
          {body}
        }}
        """
    )
    row = rows[f"{kind}.it"]
    assert (row["cloud"], row["region"]) == place


def test_a_module_from_elsewhere_is_said_on_its_line_and_what_needs_it_is_unknown() -> None:
    rows, [failure] = read(
        main="""
        module "vpc" {
          source = "terraform-aws-modules/vpc/aws"
        }
        resource "aws_thing" "it" { v = module.vpc.id }
        """
    )
    assert (failure.code, failure.location.line, failure.broken) == ("terraform-module", 2, False)
    assert failure.error == "module vpc comes from 'terraform-aws-modules/vpc/aws'"
    assert rows["aws_thing.it"]["unknown"] == [["v"]]


def test_a_secret_is_masked_wherever_it_ends_up() -> None:
    row = resource(
        """
        plain  = var.secret
        text   = "x${var.secret}"
        upper  = upper(var.secret)
        list   = [var.secret]
        json   = jsonencode({ a = var.secret })
        chosen = var.secret == "hunter2" ? "y" : "n"
        keyed  = { (var.secret) = 1 }
        own    = sensitive("hunter2")
        shown  = nonsensitive(var.secret)
        """,
        'variable "secret" {\n default = "hunter2"\n sensitive = true\n}',
    )
    assert "hunter2" not in repr(row)
    assert row["spec"]["list"] == ["(sensitive)"]
    assert set(map(str, row["spec"].values())) == {"(sensitive)", "['(sensitive)']"}


@pytest.mark.parametrize(
    ("code", "line", "texts"),
    [
        ("terraform-syntax", 2, {"main": 'resource "a" "b" {\n v = \n}'}),
        ("terraform-syntax", 1, {"main": "bad block\n"}),
        ("terraform-syntax", 2, {"main": 'resource "a" "b" {}\nresource "a" "b" {}'}),
        ("terraform-syntax", 1, {"main": 'resource "a" {}'}),
        ("terraform-syntax", 1, {"main": 'resource "a <b>" "c" {}'}),
        ("terraform-cycle", 1, {"main": 'module "m" { source = "./" }'}),
        ("terraform-missing", 1, {"main": 'module "m" { source = "../../etc" }'}),
        ("terraform-override", 1, {"main": "", "x_override": "a = 1"}),
        ("terraform-too-large", 1, {"main": 'resource "a" "b" { count = 5001 }'}),
        ("terraform-variables", 1, {"main": "", "terraform_tfvars": "a = "}),
    ],
)
def test_bad_input_is_said_on_its_line(code: str, line: int, texts: dict[str, str]) -> None:
    rows, [failure] = read("", **texts)
    assert (rows, failure.code, failure.location.line) == ({}, code, line)
    assert failure.remedy


def _grown(first: str, step: str, value: str) -> str:
    lines = [f" l{at + 1} = {step.replace('L', f'local.l{at}')}" for at in range(60)]
    return (
        "locals {\n l0 = "
        + first
        + "\n"
        + "\n".join(lines)
        + "\n}\n"
        + (f'resource "aws_thing" "it" {{\n v = {value}\n}}\n')
    )


@pytest.mark.parametrize(
    "text",
    [
        _grown("[1]", "[L, L]", "local.l60"),
        _grown("[1]", "concat(L, L)", "local.l60"),
        _grown('"x"', '"${L}${L}"', "local.l60"),
        _grown("7", "L * L", "local.l60"),
        _grown("range(1000)", "L", "[for a in local.l0 : [for b in local.l0 : local.l0]]"),
        _grown("1", "L", 'format("%999999999d", 1)'),
        _grown("local.l1", "L", "local.l0"),
    ],
    ids=["lists", "concat", "texts", "numbers", "loops", "format", "circle"],
)
def test_what_grows_without_bound_ends_as_unknown_or_too_large(text: str) -> None:
    rows, failures = read(main=text)
    if failures:
        assert [failure.code for failure in failures] == ["terraform-too-large"]
    else:
        assert rows["aws_thing.it"]["unknown"] == [["v"]]


def test_modules_that_multiply_each_other_end() -> None:
    call = 'module "n" {{\n source = "../{}"\n count = 100\n}}\n'
    rows, failures = read(
        a__main=call.format("b"),
        b__main=call.format("c"),
        c__main='resource "aws_thing" "it" { count = 100 }',
        main='module "n" {\n source = "./a"\n count = 100\n}\n',
    )
    assert len(rows) <= 20_000
    assert {failure.code for failure in failures} == {"terraform-too-large"}
