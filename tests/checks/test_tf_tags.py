"""Which resources of Terraform lack a tag."""

from __future__ import annotations

from typing import Any

import pytest

from bot.config import defaults, parse
from bot.render.terraform.resources import resources_of
from bot.render.terraform.rows import rendered_object
from checks.model import Outcome, Resource, Severity, State, Tier
from checks.terraform.tags import spelled
from checks.tf_tags import CHECK, Config
from tests.checks.golden import assert_golden
from tests.checks.manifests import resource, subject
from tests.checks.terraform.declared import made

_SHIPPED: Config = defaults().checks["tf_tags"]
_AWS = 'provider "aws" {\nregion = "eu-west-1"\n}\n'
_DEFAULTS = 'provider "aws" {\ndefault_tags {\ntags = { CostCenter = "4711" }\n}\n}\n'


def _read(text: str, tier: Tier = Tier.PRODUCTION) -> list[Resource]:
    rows, failures = resources_of("", {"main.tf": text})
    assert failures == []
    return [resource(dict(rendered_object(row).body), tier=tier) for row in rows]


def _instance(tags: str = "", kind: str = "aws_instance") -> str:
    return f'resource "{kind}" "x" {{\n{tags}\n}}\n'


def _judge(text: str, tier: Tier = Tier.PRODUCTION, config: Config = _SHIPPED) -> Outcome:
    return CHECK.judge(subject([], _read(text, tier)), config)


@pytest.mark.parametrize(
    ("text", "state"),
    [
        (_AWS + _instance(), State.WARN),
        (_AWS + _instance('tags = { cost-center = "1" }'), State.PASS),
        (_AWS + _instance('tags = { CostCenter = "1" }'), State.PASS),
        (_AWS + _instance('tags = { cost_center = "" }'), State.WARN),
        (_AWS + _instance('tags = { team = "a" }'), State.WARN),
        (_DEFAULTS + _instance(), State.PASS),
        (_AWS + 'variable "t" {}\n' + _instance("tags = var.t"), State.INCONCLUSIVE),
        (_AWS + 'variable "t" {}\n' + _instance("tags = { cost-center = var.t }"), State.PASS),
        (_AWS + 'variable "t" {}\n' + _instance("tags = { team = var.t }"), State.WARN),
        # A module's caller may have default tags.
        (_instance(), State.INCONCLUSIVE),
        (_AWS + _instance(kind="aws_iam_role"), State.PASS),
        (_AWS + _instance('tag {\nkey = "cost-center"\nvalue = "1"\n}', "aws_autoscaling_group"),
         State.PASS),
        (_DEFAULTS + _instance(kind="aws_autoscaling_group"), State.WARN),
        (_instance(kind="azurerm_managed_disk"), State.WARN),
        (_instance('tags = { "Cost Center" = "1" }', "azurerm_managed_disk"), State.PASS),
        ('provider "google" {\ndefault_labels = { cost-center = "1" }\n}\n'
         + _instance(kind="google_compute_disk"), State.PASS),
        ('provider "google" {\n}\n' + _instance(
            'settings {\nuser_labels = { cost-center = "1" }\n}', "google_sql_database_instance"),
         State.PASS),
    ],
)  # fmt: skip
def test_where_tags_come_from(text: str, state: State) -> None:
    assert _judge(text).state is state


@pytest.mark.parametrize(
    ("fields", "unknown", "state"),
    [
        ({"tags_all": {"cost-center": "1"}}, (), State.PASS),
        ({"tags_all": {"team": "a"}}, (), State.WARN),
        ({}, ("tags_all",), State.INCONCLUSIVE),
        ({"tags_all": {}}, ("tags_all.cost-center",), State.PASS),
    ],
)
def test_a_plan_knows_what_the_provider_adds(
    fields: dict[str, Any], unknown: tuple[str, ...], state: State
) -> None:
    body = dict(made("aws_instance", unknown=unknown, **fields).body)
    one = resource(body, tier=Tier.PRODUCTION)
    assert CHECK.judge(subject([], [one]), _SHIPPED).state is state


def test_providers_of_other_names_and_modules() -> None:
    text = (
        _AWS
        + 'provider "aws" {\nalias = "tagged"\ndefault_tags {\ntags = { cost-center = "1" }\n}\n}\n'
        + _instance("provider = aws.tagged")
    )
    assert _judge(text).state is State.PASS
    files = {
        "main.tf": _DEFAULTS + 'module "m" {\nsource = "./m"\n}\n',
        "m/main.tf": _instance(),
    }
    rows, failures = resources_of("", files)
    assert failures == []
    assert [row["default_tags"] for row in rows] == [{"CostCenter": "4711"}]


def test_a_default_whose_value_is_not_known_is_there() -> None:
    text = 'variable "c" {}\n' + _DEFAULTS.replace('"4711"', "var.c")
    assert _judge(text + _instance()).state is State.PASS
    whole = 'variable "c" {}\nprovider "aws" {\ndefault_tags {\ntags = var.c\n}\n}\n'
    assert _judge(whole + _instance()).state is State.INCONCLUSIVE


@pytest.mark.parametrize(
    ("tier", "severity"),
    [
        (Tier.EXPERIMENT, Severity.INFO),
        (Tier.STAGING, Severity.INFO),
        (Tier.PRODUCTION, Severity.WARN),
    ],
)
def test_it_is_stricter_by_tier(tier: Tier, severity: Severity) -> None:
    (finding,) = _judge(_AWS + _instance(), tier).findings
    assert finding.severity is severity


def test_what_would_only_be_a_hint_is_not_inconclusive() -> None:
    assert _judge(_instance(), Tier.STAGING).state is State.PASS


def test_a_repository_asks_for_others_elsewhere() -> None:
    law = b"""
version: 1
checks:
  tf_tags: {required: [owner, env], kinds: {aws_iam_role: tags, aws_instance: null}}
"""
    config = parse(".plumbline.yml", law).checks["tf_tags"]
    assert not _judge(_AWS + _instance(), config=config).findings
    text = _AWS + _instance('tags = { Owner = "a" }', "aws_iam_role")
    (finding,) = _judge(text, config=config).findings
    assert finding.message == "aws_iam_role.x has no tag env"
    assert finding.remedy == "Add env to its tags, or to the provider's default_tags."


def test_one_finding_for_all_tags_of_a_resource() -> None:
    config = Config(required=("a", "b"), kinds=_SHIPPED.kinds)
    (finding,) = _judge(_AWS + _instance(), config=config).findings
    assert len(finding.trace.inputs) == 2


def test_the_spelling() -> None:
    assert {
        spelled(one) for one in ("CostCenter", "cost-center", "cost_center", "Cost Center")
    } == {"costcenter"}


def test_the_shipped_table_names_kinds_of_three_clouds() -> None:
    clouds = {kind.partition("_")[0] for kind in _SHIPPED.kinds}
    assert clouds == {"aws", "google", "azurerm"}
    assert len(_SHIPPED.kinds) > 180


def test_the_example() -> None:
    assert_golden(CHECK)
