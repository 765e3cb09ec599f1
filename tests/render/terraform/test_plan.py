"""Plans in JSON: both sides, what is unknown, what is secret, and where it is declared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.render.rendered import RenderedObject
from bot.render.terraform.plan import from_plan, sides
from checks.model import Location, Place, line_of

_AWS = "registry.terraform.io/hashicorp/aws"


def _resource(address: str, values: dict[str, Any], **more: Any) -> dict[str, Any]:
    kind, name = address.split(".")[-2:]
    bare = name.partition("[")[0]
    return {
        "address": address,
        "mode": "managed",
        "type": kind,
        "name": bare,
        "provider_name": _AWS,
        "values": values,
        **more,
    }


def _plan(**changes: Any) -> bytes:
    child = {
        "address": "module.db[0]",
        "resources": [_resource("module.db[0].aws_db_instance.main", {"engine": "mysql"})],
    }
    planned = {
        "resources": [
            _resource(
                "aws_instance.web[0]",
                {
                    "instance_type": "m5.large",
                    "user_data": "hunter2",
                    "ami": None,
                    "root_block_device": [{"volume_size": 50, "kms": "hunter2"}],
                    "timeouts": {"create": "1h"},
                },
                sensitive_values={"user_data": True},
            ),
            {**_resource("aws_ami.x", {}), "mode": "data", "address": "data.aws_ami.x"},
        ],
        "child_modules": [child],
    }
    before = {"resources": [_resource("aws_instance.web[0]", {"instance_type": "m5.small"})]}
    plan = {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "variables": {"region": {"value": "eu-west-3"}},
        "planned_values": {"root_module": planned},
        "prior_state": {"format_version": "1.0", "values": {"root_module": before}},
        "resource_changes": [
            {
                "address": "aws_instance.web[0]",
                "change": {
                    "actions": ["update"],
                    "after_unknown": {
                        "id": True,
                        "ebs": False,
                        "root_block_device": [{"volume_id": True}],
                    },
                    "after_sensitive": {"root_block_device": [{"kms": True}]},
                },
            }
        ],
        "configuration": {
            "provider_config": {
                "aws": {"expressions": {"region": {"references": ["var.region"]}}},
                "module.db:aws": {"expressions": {"region": {"references": ["var.where"]}}},
            },
            "root_module": {
                "resources": [
                    {
                        "address": "aws_instance.web",
                        "provider_config_key": "aws",
                        "expressions": {
                            "launch_template": [
                                {"id": {"references": ["module.db.out", "module.db"]}}
                            ]
                        },
                    }
                ],
                "module_calls": {
                    "db": {
                        "source": "./modules/db",
                        "expressions": {"where": {"constant_value": "us-west-2"}},
                        "module": {
                            "outputs": {
                                "out": {"expression": {"references": ["aws_db_instance.main.id"]}}
                            },
                            "resources": [
                                {
                                    "address": "aws_db_instance.main",
                                    "provider_config_key": "module.db:aws",
                                }
                            ],
                        },
                    }
                },
            },
        },
        **changes,
    }
    return json.dumps(plan).encode()


def _named(objects: tuple[RenderedObject, ...]) -> dict[str, RenderedObject]:
    return {str(one.body["metadata"]["name"]): one for one in objects}  # type: ignore[index, call-overload]


def test_the_planned_side() -> None:
    after = from_plan(_plan(), "tfplan.json", before=False)
    assert after.failures == ()
    found = _named(after.objects)
    assert list(found) == ["aws_instance.web[0]", "module.db[0].aws_db_instance.main"]
    web = found["aws_instance.web[0]"]
    assert web.body == {
        "apiVersion": "terraform/v1",
        "kind": "aws_instance",
        "metadata": {"name": "aws_instance.web[0]"},
        "spec": {
            "instance_type": "m5.large",
            "user_data": "(sensitive)",
            "root_block_device": [{"volume_size": 50, "kms": "(sensitive)"}],
        },
        "unknown": [["id"], ["root_block_device", 0, "volume_id"]],
        "provider": "aws",
        "references": {
            "launch_template": ["module.db[0].aws_db_instance.main.id"],
            "launch_template.0.id": ["module.db[0].aws_db_instance.main.id"],
        },
    }
    assert web.place == Place("aws", "eu-west-3")
    assert web.source == Location(path="tfplan.json", line=1)
    inner = found["module.db[0].aws_db_instance.main"]
    assert inner.place == Place("aws", "us-west-2")
    assert inner.body["metadata"] == {
        "name": "module.db[0].aws_db_instance.main",
        "namespace": "module.db[0]",
    }


def test_the_prior_side_has_nothing_unknown() -> None:
    before, after = sides(_plan(), "tfplan.json")
    [web] = before.objects
    assert web.body["spec"] == {"instance_type": "m5.small"}
    assert web.body["unknown"] == []
    assert len(after.objects) == 2


def test_a_plan_of_something_new_has_nothing_before() -> None:
    before, _ = sides(_plan(prior_state=None), "tfplan.json")
    assert (before.objects, before.failures) == ((), ())


def test_the_line_is_that_of_the_block_in_the_checkout(tmp_path: Path) -> None:
    texts = {
        "live/main.tf": '\nresource "aws_instance" "web" {\n  count = 1\n  root_block_device {\n'
        "    volume_size = 50\n  }\n  instance_type = var.type\n}\n",
        "live/modules/db/main.tf": 'resource "aws_db_instance" "main" {}\n',
        ".hidden/main.tf": "broken",
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    _, after = sides(_plan(), "tfplan.json", tmp_path, "live")
    found = _named(after.objects)
    web = found["aws_instance.web[0]"]
    assert web.source == Location(path="live/main.tf", line=2)
    assert line_of(web.lines, ("spec", "instance_type")) == 7
    assert line_of(web.lines, ("spec", "root_block_device", 0, "volume_size")) == 5
    inner = found["module.db[0].aws_db_instance.main"]
    assert inner.source == Location(path="live/modules/db/main.tf", line=1)


def test_a_provider_that_is_set_by_the_surroundings_gives_itself_away() -> None:
    region = {
        **_resource("aws_region.here", {"name": "ca-central-1"}),
        "mode": "data",
        "address": "data.aws_region.here",
    }
    thing = _resource("aws_thing.x", {})
    config = {
        "provider_config": {"aws": {}},
        "root_module": {
            "resources": [
                {"address": "aws_thing.x", "provider_config_key": "aws"},
                {"address": "data.aws_region.here", "provider_config_key": "aws"},
            ]
        },
    }
    data = _plan(
        configuration=config, planned_values={"root_module": {"resources": [region, thing]}}
    )
    [one] = from_plan(data, "p.json", before=False).objects
    assert one.place == Place("aws", "ca-central-1")


def test_what_moved_is_the_same_on_both_sides() -> None:
    change = {"address": "aws_instance.new", "previous_address": "aws_instance.web[0]"}
    [one] = from_plan(_plan(resource_changes=[change]), "p.json", before=True).objects
    assert one.body["metadata"] == {"name": "aws_instance.new"}


@pytest.mark.parametrize(
    ("code", "said", "data"),
    [
        ("plan-version", "'2.0', 1.x is read", _plan(format_version="2.0")),
        ("plan-version", "'0.2'", _plan(format_version="0.2")),
        ("plan-version", "'1'", _plan(format_version=1)),
        ("plan-json", "no plan but a state", b'{"format_version": "1.0", "values": {}}'),
        ("plan-json", "no format_version", b"[]"),
        ("plan-json", "not JSON: Expecting value", b"Terraform will perform"),
        ("plan-json", "the log of terraform plan -json", b'{"@level":"info"}\n{"@level":"info"}'),
        ("plan-json", "as terraform plan -out writes it", b"PK\x03\x04"),
        ("plan-json", "nested too deeply", b"[" * 100_000),
        ("plan-json", "not JSON that Terraform writes", b'{"format_version": NaN}'),
        ("plan-json", "not JSON that Terraform writes", b'{"a": 1e999}'),
        ("plan-json", "not JSON that Terraform writes", b"\xff\xff\xff"),
        (
            "plan-json",
            "no type or address",
            _plan(planned_values={"root_module": {"resources": [{"type": "a b"}]}}),
        ),
    ],
)
def test_what_is_no_plan_is_said(code: str, said: str, data: bytes) -> None:
    rendered = from_plan(data, "tfplan.json", before=False)
    assert rendered.objects == ()
    [failure] = rendered.failures
    assert (failure.code, failure.location.path) == (code, "tfplan.json")
    assert said in failure.error
    assert failure.remedy


@pytest.mark.parametrize(
    "broken",
    [
        {"planned_values": []},
        {"planned_values": {"root_module": {"resources": "x", "child_modules": [1]}}},
        {"configuration": {"root_module": {"module_calls": [], "resources": [None]}}},
        {"resource_changes": {"a": 1}},
        {"variables": 3},
    ],
)
def test_parts_of_the_wrong_shape_are_passed_over(broken: dict[str, Any]) -> None:
    assert from_plan(_plan(**broken), "p.json", before=False).failures == ()


@pytest.mark.parametrize(
    ("given", "code"),
    [({"errored": True}, "plan-errored"), ({"complete": False}, "plan-partial")],
)
def test_a_plan_that_is_not_whole_is_read_and_said(given: dict[str, Any], code: str) -> None:
    before, after = sides(_plan(**given), "p.json")
    assert [failure.code for failure in after.failures] == [code]
    assert (len(after.objects), before.failures) == (2, ())
