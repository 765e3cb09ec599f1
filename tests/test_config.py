"""The law: what a repository may write, and how a mistake in it is told."""

from __future__ import annotations

import textwrap
from dataclasses import replace

import pytest

from bot.config import defaults, parse
from bot.config_file import ConfigError
from checks.model import Location, Node, Resource, Tier
from checks.registry import CHECKS

PATH = ".github/plumbline.yml"
FULL = """\
version: 1
tiers:
  - tier: production
    paths: ["prod/**", "clusters/{eu,us}/prod-*/**"]
  - {tier: experiment, paths: ["**/sandbox/**"]}
default_tier: staging
checks:
  cost_delta: {warn: {amount: 100, percent: 10}, fail: {amount: 1000}}
  image_tag: {severity: warn}
  resource_limits: false
policies: [".plumbline/policies/**/*.rego"]
waivers: .plumbline/waivers.yml
prices: {provider: aws, region: us-east-1}
"""


def test_the_shape_of_the_readme_is_valid() -> None:
    policy = parse(PATH, FULL.encode())
    assert policy.checks["resource_limits"] is None
    assert policy.checks["cost_delta"].fail.amount == 1000
    assert (policy.prices.provider, policy.prices.region) == ("aws", "us-east-1")


@pytest.mark.parametrize(
    ("path", "tier"),
    [
        ("prod/app.yaml", Tier.PRODUCTION),
        ("prod/a/b/app.yaml", Tier.PRODUCTION),
        ("prod/.hidden/app.yaml", Tier.PRODUCTION),
        ("clusters/us/prod-1/x.yaml", Tier.PRODUCTION),
        ("team/sandbox/x.yaml", Tier.EXPERIMENT),
        ("prod/sandbox/x.yaml", Tier.PRODUCTION),
        ("product/app.yaml", Tier.STAGING),
    ],
)
def test_the_first_tier_that_matches_wins(path: str, tier: Tier) -> None:
    assert parse(PATH, FULL.encode()).tier_of(path) is tier


def test_no_depth_gets_a_file_out_of_its_tier() -> None:
    policy = parse(PATH, b"version: 1\ntiers: [{tier: production, paths: ['**/prod/**/*.yaml']}]\n")
    assert policy.tier_of("prod/" + "a/" * 2000 + "app.yaml") is Tier.PRODUCTION


def test_without_a_config_every_check_has_its_shipped_one() -> None:
    assert set(defaults().checks) == {check.id for check in CHECKS}
    assert None not in defaults().checks.values()


def test_the_digest_follows_what_is_enforced_and_not_the_text() -> None:
    spaced = parse(PATH, b"# a comment\nversion: 1\nchecks: {}\n")
    assert spaced.digest == defaults().digest
    stricter = parse(PATH, b"version: 1\nchecks: {image_tag: {severity: fail}}\n")
    assert stricter.digest != defaults().digest


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("tiers: []\n", 1, "version is missing"),
        ("version: 2\n", 1, "version"),
        ("version: 1\nteirs: []\n", 2, "teirs: there is no such setting"),
        ("version: 1\nchecks:\n  image_tga: {}\n", 3, "there is no check 'image_tga'"),
        ("version: 1\nchecks:\n  image_tag:\n    severty: warn\n", 4, "no such setting"),
        ("version: 1\nchecks:\n  image_tag:\n    severity: loud\n", 4, "loud"),
        ("version: 1\ntiers:\n  - tier: prod\n    paths: [a]\n", 3, "tiers.0.tier"),
        ("version: 1\ntiers:\n  - tier: staging\n    paths: []\n", 4, "tiers.0.paths"),
        ('version: 1\ntiers:\n  - tier: staging\n    paths: ["{1..999}"]\n', 4, "braces"),
        ("version: 1\npolicies: ['**/a/**/a/**/b']\n", 2, "at most 2 times '**'"),
        ("version: 1\nversion: 1\n", 2, "version"),
        ("version: [1\n", 1, "did not find expected"),
        ("- version: 1\n", 1, "expected one YAML mapping"),
        ("", 1, "expected one YAML mapping"),
    ],
)
def test_a_mistake_is_told_with_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse(PATH, textwrap.dedent(text).encode())
    assert said in error.value.message
    assert error.value.line == line
    assert str(error.value).startswith(f"{PATH}:")


def test_tiers_by_branch_namespace_label_and_cluster() -> None:
    policy = parse(
        "plumbline.yml",
        b"""version: 1
tiers:
  - {tier: production, labels: {env: "prod*"}}
  - {tier: production, namespaces: [shop], branches: [main]}
  - {tier: experiment, paths: ["sandbox/**"]}
""",
    )
    labelled = _object({"metadata": {"name": "x", "labels": {"env": "prod-eu"}}})
    templated = _object({"spec": {"template": {"metadata": {"labels": {"env": "production"}}}}})
    shop = replace(_object({}), namespace="shop")
    assert policy.tier_of("a.yaml", of=labelled) is Tier.PRODUCTION
    assert policy.tier_of("a.yaml", of=templated) is Tier.PRODUCTION
    assert policy.tier_of("a.yaml", of=shop) is Tier.STAGING
    assert policy.into("main").tier_of("a.yaml", of=shop) is Tier.PRODUCTION
    assert policy.into("main").tier_of("sandbox/a.yaml", of=_object({})) is Tier.EXPERIMENT
    assert policy.tier_of("sandbox/a.yaml") is Tier.EXPERIMENT


def test_a_tier_rule_names_something() -> None:
    with pytest.raises(ConfigError, match=r"plumbline.yml:3: tiers.0: .*without paths"):
        parse("plumbline.yml", b"version: 1\ntiers:\n  - tier: production\n")


def _object(body: dict[str, Node]) -> Resource:
    return Resource(
        id="x",
        api_version="apps/v1",
        kind="Deployment",
        namespace="",
        name="x",
        body=body,
        source=Location(path="a.yaml"),
    )
