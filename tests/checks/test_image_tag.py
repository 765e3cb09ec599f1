"""Which image references are of a version that stays what it is."""

from __future__ import annotations

from typing import Any

import pytest

from checks.image_tag import CHECK, Config, split_tag
from checks.model import Finding, Outcome, Resource, Severity, State, Tier
from tests.checks.golden import assert_golden
from tests.checks.manifests import container, resource, subject, workload


def _judge(
    after: Resource, before: Resource | None = None, config: Config | None = None
) -> Outcome:
    return CHECK.judge(subject([before] if before else [], [after]), config or Config())


def _with(image: Any, **options: Any) -> Resource:
    return workload(pod={"containers": [container(image=image)]}, **options)


def _findings(image: Any, config: Config | None = None, **options: Any) -> tuple[Finding, ...]:
    return _judge(_with(image, **options), config=config).findings


_DIGEST = "@sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("image", "rule"),
    [
        ("nginx:1.27", None),
        ("nginx", "image-tag-missing"),
        ("nginx:", "image-tag-missing"),
        ("nginx:latest", "image-tag-latest"),
        ("nginx:latest-alpine", None),
        ("library/nginx", "image-tag-missing"),
        ("host:5000/img", "image-tag-missing"),
        ("host:5000/img:1", None),
        ("host:5000/img:latest", "image-tag-latest"),
        ("nginx" + _DIGEST, None),
        ("nginx:latest" + _DIGEST, None),
        ("host:5000/a/b" + _DIGEST, None),
        ("app:${TAG}", None),
        ("${IMAGE}", "image-tag-unresolved"),
        ("$(IMAGE)", "image-tag-unresolved"),
        ("host/${NAME}:latest", "image-tag-latest"),
        ("", None),
        (None, None),
        (["nginx"], None),
    ],
)
def test_references(image: Any, rule: str | None) -> None:
    assert [f.rule for f in _findings(image)] == ([rule] if rule else [])


@pytest.mark.parametrize(
    ("image", "parts"),
    [
        ("a", ("a", "")),
        ("a:1", ("a", "1")),
        ("h:1/a", ("h:1/a", "")),
        ("h:1/a:2", ("h:1/a", "2")),
        ("localhost/a/b:2", ("localhost/a/b", "2")),
    ],
)
def test_a_port_is_no_tag(image: str, parts: tuple[str, str]) -> None:
    assert split_tag(image) == parts


@pytest.mark.parametrize(
    "kind",
    [
        "Pod",
        "Deployment",
        "StatefulSet",
        "DaemonSet",
        "ReplicaSet",
        "ReplicationController",
        "Job",
        "CronJob",
    ],
)
def test_every_kind_with_pods(kind: str) -> None:
    (finding,) = _findings("nginx", kind=kind)
    assert finding.message == "the image nginx of container app has no tag"
    assert str(finding.resource) == f"{kind} web"


def test_kinds_without_pods_and_broken_shapes_say_nothing() -> None:
    for body in (
        {"apiVersion": "v1", "kind": "ConfigMap", "data": {"image": "nginx"}},
        {"apiVersion": "batch.volcano.sh/v1", "kind": "Job", "spec": _with("nginx").get("spec")},
        {"apiVersion": "apps/v1", "kind": "Deployment", "spec": "nginx"},
        {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [None, "nginx"]}},
    ):
        assert _judge(resource({**body, "metadata": {"name": "x"}})).state is State.PASS


def test_init_containers_count() -> None:
    pod = {"initContainers": [container("wait", image="wait")], "containers": [container()]}
    (finding,) = _judge(workload(pod=pod)).findings
    assert "init container wait" in finding.message


@pytest.mark.parametrize(
    ("config", "tier", "severity"),
    [
        (Config(), Tier.PRODUCTION, Severity.WARN),
        (Config(severity="approval"), Tier.EXPERIMENT, Severity.APPROVAL),
        (Config(severity={"production": "fail"}), Tier.PRODUCTION, Severity.FAIL),
        (Config(severity={"production": "fail"}), Tier.STAGING, Severity.WARN),
    ],
)
def test_how_hard_it_is(config: Config, tier: Tier, severity: Severity) -> None:
    assert [f.severity for f in _findings("nginx", config, tier=tier)] == [severity]


def test_other_tags_can_be_said_to_move() -> None:
    config = Config(moving_tags=("edge",))
    assert [f.rule for f in _findings("nginx:edge", config)] == ["image-tag-latest"]
    assert not _findings("nginx:latest", config)


def test_what_was_there_before_does_not_gate() -> None:
    outcome = _judge(_with("nginx"), before=_with("nginx"))
    assert [f.preexisting for f in outcome.findings] == [True]
    assert outcome.state is State.PASS


def test_what_the_change_mends_is_credited() -> None:
    outcome = _judge(_with("nginx:1.27"), before=_with("nginx"))
    assert [f.rule for f in outcome.fixed] == ["image-tag-missing"]
    assert not outcome.findings


def test_from_no_tag_to_latest_is_a_new_finding() -> None:
    outcome = _judge(_with("nginx:latest"), before=_with("nginx"))
    assert [f.preexisting for f in outcome.findings] == [False]
    assert outcome.state is State.WARN


@pytest.mark.parametrize(
    ("image", "rules"),
    [
        ("nginx:1.27", ["image-digest-missing"]),
        ("nginx:1.27" + _DIGEST, []),
        ("nginx:latest", ["image-tag-latest"]),
        ("nginx", ["image-tag-missing"]),
    ],
)
def test_a_digest_can_be_asked_for(image: str, rules: list[str]) -> None:
    config = Config(require_digest=("production",))
    assert [f.rule for f in _findings(image, config, tier=Tier.PRODUCTION)] == rules
    assert [f.rule for f in _findings("nginx:1.27", config, tier=Tier.STAGING)] == []


def test_the_example() -> None:
    assert_golden(CHECK)
