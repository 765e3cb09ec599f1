"""Which Terraform modules are applied, and what they are made of."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from bot.render.roots.hcl import scan
from bot.render.roots.model import Rendering, RootKind
from tests.render.roots.tree import failures_of, roots_of


def test_modules_that_others_call_are_no_roots(tmp_path: Path) -> None:
    found = roots_of(
        tmp_path,
        {
            "prod/main.tf": """\
module "net" {
  source = "../modules/net"
}
module "eks" { source = "terraform-aws-modules/eks/aws" }
locals { user_data = templatefile("${path.module}/init.sh", {}) }
""",
            "prod/more.tf.json": '{"module": {"db": {"source": "../modules/db"}}}',
            "prod/terraform.tfvars": "a = 1\n",
            "prod/x.auto.tfvars.json": "{}",
            "prod/.terraform.lock.hcl": "",
            "prod/init.sh": "x",
            "prod/README.md": "x",
            "prod/.terraform/modules/x/main.tf": "x",
            "modules/net/main.tf": 'module "sub" {\n  source = "./sub"\n}\n',
            "modules/net/sub/main.tf": "",
            "modules/db/main.tf": "",
            "alone/main.tf": "",
        },
    )
    assert list(found.roots) == ["alone", "prod"]
    root = found.roots["prod"]
    assert (root.kind, root.failure) == (RootKind.TERRAFORM, None)
    assert root.remote == ("terraform-aws-modules/eks/aws",)
    assert root.reads == {
        *("prod/main.tf", "prod/more.tf.json", "prod/terraform.tfvars", "prod/x.auto.tfvars.json"),
        *("prod/.terraform.lock.hcl", "prod/init.sh", "modules/net/main.tf"),
        *("modules/net/sub/main.tf", "modules/db/main.tf"),
    }


def test_plans(tmp_path: Path) -> None:
    found = roots_of(
        tmp_path,
        {
            "one/main.tf": 'module "gone" {\n  source = "./gone"\n}\n',
            "one/tfplan.json": "{}",
            "two/main.tf": "",
            "two/eu.tfplan.json": "{}",
            "two/us.tfplan.json": "{}",
            "plans/x.tfplan.json": "{}",
            "plans/other.json": "{}",
        },
    )
    assert {key: (root.path, root.plan) for key, root in found.roots.items()} == {
        "one": ("one", "one/tfplan.json"),
        "two/eu.tfplan.json": ("two", "two/eu.tfplan.json"),
        "two/us.tfplan.json": ("two", "two/us.tfplan.json"),
        "plans/x.tfplan.json": ("plans", "plans/x.tfplan.json"),
    }
    assert failures_of(found) == {}, "a plan says all"
    assert "one/tfplan.json" in found.taken


def test_failures(tmp_path: Path) -> None:
    found = roots_of(
        tmp_path,
        {
            "a/main.tf": '\nmodule "b" {\n  source = "../b"\n}\n',
            "b/main.tf": 'module "a" {\n  source = "../a"\n}\n',
            "c/main.tf": 'module "d" {\n\n  source = "./d"\n}\n',
            "live/terragrunt.hcl": "",
        },
    )
    assert failures_of(found) == {
        "a": ("terraform-cycle", "b/main.tf", 2),
        "c": ("terraform-missing", "c/main.tf", 3),
        "live": ("terragrunt", "live/terragrunt.hcl", 0),
    }


def test_config(tmp_path: Path) -> None:
    files = {
        "a/main.tf": 'module "b" {\n  source = "../b"\n}\n',
        "b/main.tf": "",
        "test/c/main.tf": "",
    }
    found = roots_of(tmp_path, files, Rendering(roots=("b", "gone"), ignore=("test",)))
    assert list(found.roots) == ["a", "b"]
    assert [(f.code, f.location.path) for f in found.failures] == [("root-missing", "gone")]


def test_what_is_no_module_call() -> None:
    text = b"""\
# module "a" { source = "./a" }
/* module "b" {
source = "./b" } */
resource "x" "y" {
  source = "./c"
  user_data = <<-EOT
    module "d" {
      source = "./d"
    }
  EOT
  nested { module = "e" }
}
module "f" {
  providers = { aws = aws.eu }
  source    = "./f" // why
  inner { source = "./g" }
}
variable "module" { default = "module \\"h\\" {" }
module "i" {
  count = 2
  source = "./i"
}
"""
    assert [(m.name, m.source, m.line) for m in scan(text).modules] == [
        ("f", "./f", 15),
        ("i", "./i", 21),
    ]


@pytest.mark.parametrize(
    "text",
    [
        b"/*" * 500_000,
        b'"' * 1_000_000,
        b'"\\' * 500_000,
        b"<<A\n" * 250_000,
        b"{" * 1_000_000,
        b"module " * 140_000,
        b"/**" * 330_000,
        b"\xff" * 1_000_000,
        b"<<-A x" * 160_000,
    ],
)
def test_hostile_files_take_linear_time(text: bytes) -> None:
    started = time.monotonic()
    assert scan(text).modules == ()
    assert time.monotonic() - started < 5
