"""The static reading against Terraform itself, with the one resource that needs no download."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bot.render.terraform.plan import sides
from bot.render.terraform.resources import resources_of
from checks.model import line_of

_TERRAFORM = shutil.which("terraform") or ""
pytestmark = pytest.mark.skipif(not _TERRAFORM, reason="terraform is not on PATH")

# Each of them is the input of a resource of its own.
EXPRESSIONS = r"""
1 + 2 * 3 - 4 / 8
-7 % 3
7 % -3
!(1 > 2) && (2 >= 2 || false)
1 == "1"
"a" == "a" ? "yes" : "no"
null
[1, "a", true, null]
{ a = 1, "b c" = 2, (var.text) = 3 }
var.text
local.sizes.b
local.sizes["a"]
"x-${local.sizes.a}-${true}-${1.5}"
"a $${b} %%{c} \"q\" \u00e9 \t|"
"%{ if var.number > 3 }big%{ else }small%{ endif }"
"%{ for k, v in local.sizes ~} ${k}=${v}; %{ endfor ~}"
[for k, v in local.sizes : "${k}${v}" if v > 10]
{ for k, v in local.sizes : upper(k) => v * 2 }
{ for k, v in { a = "x", b = "y", c = "x" } : v => k... }
[for i, v in ["a", "b"] : "${i}${v}"]
[for v in toset(["b", "a", "b"]) : v]
local.people[*].name
local.people.*.name
local.people[0].tags.x
[[1, 2], [3]][0][1]
length("héllo")
length([1, 2])
max(1, 5, 3)
min([4, 2]...)
abs(-1.5)
ceil(1.2)
floor(-1.2)
log(16, 2)
pow(2, 10)
signum(-4)
parseint("ff", 16)
chomp("a\n\n")
format("%s %d %05.2f %q %v %t %x %%", "a", 3, 1.5, "q", 2.5, true, 255)
format("%-5s|%5s|%03d", "a", "b", 7)
formatlist("%s-%s", ["a", "b"], "x")
indent(2, "a\nb")
join(",", ["a", "b"], ["c"])
lower("ABC")
title("hello world")
regex("[a-z]+", "123abc")
regex("(?P<year>\\d+)-(?P<month>\\d+)", "2026-08")
regexall("\\d", "a1b2")
replace("a-b-c", "-", "+")
replace("hello", "/l(l)/", "<$1>")
split(",", "a,b,,c")
split(",", "")
startswith("abc", "ab")
endswith("abc", "bc")
strcontains("abc", "b")
strrev("abc")
substr("hello", 1, 3)
substr("hello", -3, -1)
trim("?!a!?", "!?")
trimprefix("aab", "a")
trimsuffix("abb", "b")
trimspace(" a \n")
alltrue([true, "true"])
anytrue([])
chunklist([1, 2, 3], 2)
coalesce("", null, "b")
coalescelist([], [1])
compact(["a", "", null, "b"])
concat([1], ["a"], [])
contains(["a", "b"], "b")
distinct([3, 1, 3, 2])
element(["a", "b", "c"], 4)
flatten([[1, [2]], [], 3])
index(["a", "b"], "b")
keys({ b = 1, a = 2 })
values({ b = 1, a = 2 })
lookup({ a = 1 }, "z", 9)
matchkeys(["i", "j"], ["a", "b"], ["b"])
merge({ a = 1, b = 2 }, { b = 3 }, null)
one([])
one(["x"])
range(4)
range(1, 10, 3)
range(5, 1)
reverse([1, 2, 3])
setintersection(["a", "b"], ["b", "c"])
setproduct(["a", "b"], [1, 2])
setsubtract(["a", "b"], ["b"])
setunion(["b"], ["a", "b"])
slice(["a", "b", "c"], 1, 3)
sort(["b", "a", "C"])
sum([1, 2.5])
tolist(toset(["b", "a"]))
toset([3, 10, 2])
tomap({ a = 1 })
transpose({ a = ["1", "2"], b = ["2"] })
zipmap(["a", "b"], [1, 2])
base64encode("hi")
base64decode("aGk=")
base64sha256("a")
csvdecode("a,b\n1,2\n3,4")
jsonencode({ b = [1, null, true], a = "<x>" })
jsondecode("{\"a\": [1, {\"b\": null}]}")
yamldecode("a: [1, two]\nb: {c: 1.5}")
urlencode("a b/c?")
md5("a")
sha1("a")
sha256("a")
sha512("a")
cidrhost("10.0.0.0/16", 5)
cidrhost("10.0.0.0/16", -2)
cidrnetmask("172.16.0.0/12")
cidrsubnet("10.1.2.0/24", 4, 15)
cidrsubnet("fd00:fd12:3456:7890::/56", 16, 162)
cidrsubnets("10.1.0.0/16", 4, 4, 8, 4)
can(local.people[7])
try(local.people[7].name, local.people[0].name)
tostring(1.5)
tonumber("12.0")
tobool("true")
var.object
var.numbers
var.given
var.auto
var.nothing
<<-EOT
    a ${var.text}
      b
  EOT
file("data/hello.txt")
templatefile("data/t.tpl", { name = "bob", items = ["x", "y"] })
fileexists("data/hello.txt")
filemd5("${path.module}/data/hello.txt")
module.child["q"].twice
module.child["p"].name
[for k, m in module.child : m.twice]
module.pair[1].name
terraform_data.many[1].input
terraform_data.many[*].input
length(terraform_data.keyed)
terraform_data.keyed["k1"].input.n
0.1 + 0.2
1e3
10 / 3
"${[1, 2][0]}"
path.module
1 < 2 ? [1] : []
"a\\b"
"${"nested ${"twice"}"}"
"""
MAIN = r"""
variable "text" { default = "t" }
variable "number" {
  type    = number
  default = "5"
}
variable "object" {
  type = object({
    a = optional(number, 20)
    b = optional(string)
    c = bool
    d = optional(object({ e = optional(string, "deep") }), {})
  })
  default = { c = "true", z = "dropped" }
}
variable "numbers" {
  type    = set(number)
  default = ["3", 1, 3]
}
variable "given" {}
variable "auto" { default = "overridden" }
variable "nothing" {
  default  = null
  nullable = true
}
locals {
  sizes  = { a = 10, b = 20 }
  people = [{ name = "x", tags = { x = 1 } }, { name = "y", tags = { x = 2 } }]
}
resource "terraform_data" "many" {
  count = length(local.people)
  input = "${local.people[count.index].name}${count.index}"
}
resource "terraform_data" "none" {
  count = var.number > 100 ? 1 : 0
}
resource "terraform_data" "keyed" {
  for_each = { for at, person in local.people : "k${at}" => person }
  input    = { n = each.value.name, k = each.key }
}
resource "terraform_data" "chained" {
  for_each = terraform_data.keyed
  input    = each.value.input.n
}
module "child" {
  source   = "./modules/child"
  for_each = toset(["p", "q"])
  name     = each.key
}
module "pair" {
  source = "./modules/child"
  count  = 2
  name   = "n${count.index}"
  size   = count.index
}
"""
CHILD = r"""
variable "name" { type = string }
variable "size" {
  type    = number
  default = 21
}
resource "terraform_data" "inner" {
  input = "${path.module}:${var.name}:${var.size}"
}
resource "terraform_data" "id" {
  input = "${terraform_data.inner.id}!"
}
module "leaf" {
  source = "../leaf"
  given  = [var.name]
}
output "twice" { value = var.size * 2 }
output "name" { value = module.leaf.back }
"""
LEAF = r"""
variable "given" { type = list(string) }
resource "terraform_data" "leaf" { input = var.given }
output "back" { value = one(terraform_data.leaf.input) }
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A module with every expression, and what it calls and reads."""
    folder = tmp_path_factory.mktemp("oracle")
    texts = {
        "main.tf": MAIN,
        "expressions.tf": "\n".join(_resources()),
        "terraform.tfvars": 'given = "from terraform.tfvars"\n',
        "z.auto.tfvars": 'auto = ["z"]\n',
        "data/hello.txt": "hello\n",
        "data/t.tpl": "hi ${name}:%{ for i in items } ${i}%{ endfor }\n",
        "modules/child/main.tf": CHILD,
        "modules/leaf/main.tf": LEAF,
    }
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def _resources() -> list[str]:
    text = EXPRESSIONS.strip().replace("<<-EOT\n    a ${var.text}\n      b\n  EOT", "HEREDOC")
    shown = "<<-EOT\n    a ${var.text}\n      b\n  EOT"
    return [
        f'resource "terraform_data" "e{at:03}" {{\n  input = {line.replace("HEREDOC", shown)}\n}}'
        for at, line in enumerate(text.splitlines())
    ]


@pytest.fixture(scope="module")
def planned(tree: Path) -> dict[str, Any]:
    """The planned resources by address."""
    environment = {**os.environ, "CHECKPOINT_DISABLE": "1", "TF_CLI_CONFIG_FILE": "/dev/null"}

    def terraform(*args: str) -> bytes:
        command = (_TERRAFORM, f"-chdir={tree}", *args)
        ran = subprocess.run(command, capture_output=True, env=environment, check=False)
        assert ran.returncode == 0, ran.stderr.decode() + ran.stdout.decode()
        return ran.stdout

    terraform("init", "-no-color", "-input=false")
    terraform("plan", "-no-color", "-input=false", "-out=plan.bin")
    plan = json.loads(terraform("show", "-json", "plan.bin"))
    (tree / "tfplan.json").write_text(json.dumps(plan))
    return dict(_all(plan["planned_values"]["root_module"]))


def _texts(tree: Path) -> dict[str, str]:
    return {
        path.relative_to(tree).as_posix(): path.read_text()
        for path in tree.rglob("*")
        if path.is_file() and path.suffix in (".tf", ".tfvars", ".txt", ".tpl")
    }


def _all(module: dict[str, Any]) -> Any:
    for resource in module.get("resources", []):
        yield resource["address"], resource["values"]
    for child in module.get("child_modules", []):
        yield from _all(child)


def test_the_static_reading_says_what_terraform_says(tree: Path, planned: dict[str, Any]) -> None:
    rows, failures = resources_of("", _texts(tree))
    assert failures == []
    read = {row["address"]: row for row in rows}
    assert sorted(read) == sorted(planned)
    lines = dict(zip((f"terraform_data.e{at:03}" for at in range(999)), _resources(), strict=False))
    wrong = {
        f"{address} {lines.get(address)}": (read[address]["spec"].get("input"), values.get("input"))
        for address, values in planned.items()
        if _without_nulls(values.get("input")) != read[address]["spec"].get("input")
    }
    assert wrong == {}


def test_a_real_plan_says_what_the_files_say(tree: Path, planned: dict[str, Any]) -> None:
    _, after = sides((tree / "tfplan.json").read_bytes(), "tfplan.json", tree)
    assert after.failures == ()
    found = {one.body["metadata"]["name"]: one for one in after.objects}  # type: ignore[index, call-overload]
    assert found.keys() == planned.keys()
    rows, _ = resources_of("", _texts(tree))
    for row in rows:
        one = found[row["address"]]
        assert one.body["spec"] == row["spec"], row["address"]
        assert (one.source.path, one.source.line) == (row["path"], row["line"])
        if "input" in row["spec"]:
            assert line_of(one.lines, ("spec", "input")) == row["lines"]["input"]
    inner = found['module.child["p"].terraform_data.id'].body
    assert ["input"] in inner["unknown"]  # type: ignore[operator]
    expected = ['module.child["p"].terraform_data.inner.id']
    assert inner["references"]["input"] == expected  # type: ignore[index, call-overload]
    read = {row["address"]: row for row in rows}['module.child["p"].terraform_data.id']
    assert read["references"]["input"] == expected


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value
