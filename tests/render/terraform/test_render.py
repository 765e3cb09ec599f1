"""Roots as the workflow has them rendered: in a process of its own that may be killed."""

from __future__ import annotations

import json
from pathlib import Path

from bot.render import terraform
from bot.render.rendered import Rendered
from bot.render.rendered_json import dumped, loaded
from bot.render.roots.model import Rendering, Root, RootKind
from checks.model import Location, Place, line_of

_MAIN = """
provider "aws" { region = "us-east-1" }
resource "aws_instance" "web" {
  count         = 2
  instance_type = "m5.large"
  root_block_device {
    volume_size = file("size.txt")
  }
}
"""


def _rendered(
    folder: Path, texts: dict[str, str | bytes], path: str = "", plan: str = ""
) -> Rendered:
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    root = Root(
        kind=RootKind.TERRAFORM, path=path, key=path or ".", reads=frozenset(texts), plan=plan
    )
    return terraform.render(root, folder, Rendering())


def test_a_module_without_a_plan(tmp_path: Path) -> None:
    rendered = _rendered(tmp_path, {"m/main.tf": _MAIN, "m/size.txt": "50"}, "m")
    assert rendered.failures == ()
    one, other = rendered.objects
    assert one.body == {
        "apiVersion": "terraform/v1",
        "kind": "aws_instance",
        "metadata": {"name": "aws_instance.web[0]"},
        "spec": {"instance_type": "m5.large", "root_block_device": [{"volume_size": "50"}]},
        "unknown": [],
        "provider": "aws",
        "default_tags": {},
    }
    assert (one.source, one.place) == (
        Location(path="m/main.tf", line=3),
        Place("aws", "us-east-1"),
    )
    assert line_of(one.lines, ("spec", "root_block_device", 0, "volume_size")) == 7
    assert line_of(one.lines, ("metadata", "name")) == 3
    assert other.body["metadata"] == {"name": "aws_instance.web[1]"}
    assert loaded(dumped(rendered)) == rendered


def test_a_plan_stands_for_the_module_and_keeps_its_lines(tmp_path: Path) -> None:
    resource = {
        "address": "aws_instance.web[0]",
        "mode": "managed",
        "type": "aws_instance",
        "name": "web",
        "provider_name": "registry.opentofu.org/hashicorp/aws",
        "values": {"instance_type": "m5.xlarge", "note": "half a pair: \ud800"},
    }
    plan = {"format_version": "1.2", "planned_values": {"root_module": {"resources": [resource]}}}
    texts = {"m/main.tf": _MAIN, "m/tfplan.json": json.dumps(plan)}
    rendered = _rendered(tmp_path, {**texts}, "m", "m/tfplan.json")
    assert rendered.failures == ()
    [one] = rendered.objects
    assert one.body["spec"] == {"instance_type": "m5.xlarge", "note": "half a pair: ?"}
    assert one.source == Location(path="m/main.tf", line=3)
    assert loaded(dumped(rendered)) == rendered


def test_a_plan_that_is_none_is_a_failure_at_its_path(tmp_path: Path) -> None:
    rendered = _rendered(tmp_path, {"tfplan.json": b"{}"}, "", "tfplan.json")
    [failure] = rendered.failures
    assert (failure.code, failure.location.path) == ("plan-json", "tfplan.json")


def test_a_file_that_is_no_text_is_said_and_others_are_passed_over(tmp_path: Path) -> None:
    [failure] = _rendered(tmp_path, {"main.tf": b"\xff\xfe", "logo.png": b"\xff"}).failures
    assert (failure.code, failure.location.path) == ("terraform-syntax", "main.tf")


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("hunter2")
    folder = tmp_path / "repo"
    folder.mkdir()
    (folder / "size.txt").symlink_to(secret)
    (folder / "main.tf").write_text(_MAIN)
    root = Root(kind=RootKind.TERRAFORM, path="", key=".", reads=frozenset({"main.tf", "size.txt"}))
    rendered = terraform.render(root, folder, Rendering())
    assert "hunter2" not in repr(rendered)
    assert rendered.objects[0].body["unknown"] == [["root_block_device", 0, "volume_size"]]


def test_names_that_refer_to_names_for_ever_end_with_a_reason(tmp_path: Path) -> None:
    chain = "\n".join(f"  l{at + 1} = local.l{at}" for at in range(5000))
    text = f'locals {{\n  l0 = 1\n{chain}\n}}\nresource "a" "x" {{\n  v = local.l5000\n}}\n'
    [failure] = _rendered(tmp_path, {"main.tf": text}).failures
    assert failure.code == "terraform-limits"
    assert failure.location == Location(path="main.tf", line=5004)


def test_the_version_is_part_of_what_is_cached_by() -> None:
    assert terraform.version().startswith("terraform ")
