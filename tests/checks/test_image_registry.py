"""Where images come from."""

from __future__ import annotations

import pytest

from checks.image_registry import CHECK, Config, completed, fits
from checks.model import Resource, Severity, State, Tier
from tests.checks.golden import assert_golden
from tests.checks.manifests import container, subject, workload

_OURS = Config(allowed=("registry.example.com", "ghcr.io/acme"))


def _with(*images: str, tier: Tier = Tier.STAGING) -> Resource:
    pod = {"containers": [container(f"c{n}", image=image) for n, image in enumerate(images)]}
    return workload(pod=pod, tier=tier)


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("nginx", "docker.io/library/nginx"),
        ("nginx:1.27", "docker.io/library/nginx"),
        ("acme/web@sha256:00", "docker.io/acme/web"),
        ("index.docker.io/acme/web:1", "docker.io/acme/web"),
        ("docker.io/nginx", "docker.io/library/nginx"),
        ("localhost/web", "localhost/web"),
        ("host:5000/web:1", "host:5000/web"),
        ("GHCR.io/acme/web:1", "ghcr.io/acme/web"),
    ],
)
def test_names_are_completed_as_runtimes_do(image: str, name: str) -> None:
    assert completed(image)[0] == name


@pytest.mark.parametrize(
    ("image", "prefix", "fit"),
    [
        ("ghcr.io/acme/web:1", "ghcr.io/acme", True),
        ("ghcr.io/acme/web:1", "ghcr.io/acme/", True),
        ("ghcr.io/acme-evil/web:1", "ghcr.io/acme", False),
        ("ghcr.io.evil.com/acme/web", "ghcr.io", False),
        ("nginx:1", "docker.io/library", True),
        ("acme/nginx:1", "docker.io/library", False),
        ("1.dkr.ecr.eu-west-1.amazonaws.com/a/b", "*.dkr.ecr.eu-west-1.amazonaws.com", True),
        ("evil.com/x.dkr.ecr.eu-west-1.amazonaws.com", "*.dkr.ecr.eu-west-1.amazonaws.com", False),
        ("ghcr.io/acme/a/b", "ghcr.io/*/a", True),
    ],
)
def test_a_prefix_is_of_whole_parts(image: str, prefix: str, fit: bool) -> None:
    assert fits(image, prefix) is fit


def test_without_a_list_it_is_skipped() -> None:
    outcome = CHECK.judge(subject([], [_with("nginx")]), Config())
    assert outcome.state is State.SKIPPED


def test_one_finding_for_a_workload() -> None:
    one = _with("nginx:1", "ghcr.io/acme/web:1", "quay.io/a:1")
    (finding,) = CHECK.judge(subject([], [one]), _OURS).findings
    assert finding.rule == "image-registry-foreign"
    assert "nginx:1 (container c0) and quay.io/a:1 (container c2)" in finding.message


def test_an_image_of_a_volume_counts() -> None:
    volume = {"name": "model", "image": {"reference": "quay.io/model:1"}}
    one = workload(pod={"volumes": [volume], "containers": []})
    (finding,) = CHECK.judge(subject([], [one]), _OURS).findings
    assert "volume model" in finding.message


def test_another_tag_is_not_a_new_finding() -> None:
    outcome = CHECK.judge(subject([_with("nginx:1")], [_with("nginx:2")]), _OURS)
    assert [f.preexisting for f in outcome.findings] == [True]
    outcome = CHECK.judge(subject([_with("nginx:1")], [_with("httpd:2")]), _OURS)
    assert [f.preexisting for f in outcome.findings] == [False]


def test_what_is_filled_in_later_is_said_and_does_not_gate() -> None:
    (finding,) = CHECK.judge(subject([], [_with("${REGISTRY}/a:1")]), _OURS).findings
    assert (finding.rule, finding.severity) == ("image-registry-unresolved", Severity.INFO)
    assert not CHECK.judge(subject([], [_with("ghcr.io/acme/a:${TAG}")]), _OURS).findings


def test_a_tier_can_have_a_list_of_its_own() -> None:
    config = Config(allowed=("docker.io",), allowed_in={"production": ("ghcr.io/acme",)})
    for tier, count in ((Tier.STAGING, 0), (Tier.PRODUCTION, 1)):
        assert len(CHECK.judge(subject([], [_with("nginx", tier=tier)]), config).findings) == count


def test_the_example() -> None:
    assert_golden(CHECK)
