"""Which API versions a cluster does not serve, and what to write instead."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest

from bot.config import defaults, parse
from checks.model import Finding, Outcome, Resource, Severity, State, Tier
from checks.patches import patched
from checks.removed_apis import CHECK, Config, minor
from tests.checks.golden import assert_golden
from tests.checks.manifests import resource, subject

_SHIPPED: Config = defaults().checks["removed_apis"]


def _object(version: str, kind: str, tier: Tier = Tier.PRODUCTION, **spec: Any) -> Resource:
    body = {"apiVersion": version, "kind": kind, "metadata": {"name": "x"}, "spec": spec}
    return resource(body, tier=tier)


def _judge(after: Resource, before: Resource | None = None, config: Config = _SHIPPED) -> Outcome:
    return CHECK.judge(subject([before] if before else [], [after]), config)


def _one(version: str, kind: str, **spec: Any) -> Finding:
    (finding,) = _judge(_object(version, kind, **spec)).findings
    return finding


@pytest.mark.parametrize(
    ("version", "kind", "rule"),
    [
        ("apps/v1", "Deployment", None),
        ("extensions/v1beta1", "Deployment", "api-removed"),
        ("policy/v1beta1", "PodSecurityPolicy", "api-removed"),
        ("admissionregistration.k8s.io/v1beta1", "ValidatingAdmissionPolicy", "api-removed"),
        ("networking.k8s.io/v1beta1", "ServiceCIDR", "api-deprecated"),
        ("storage.k8s.io/v1alpha1", "VolumeAttributesClass", None),
        ("cert-manager.io/v1alpha2", "Certificate", "api-deprecated"),
        ("certmanager.k8s.io/v1alpha1", "Issuer", "api-deprecated"),
        ("traefik.containo.us/v1alpha1", "Middleware", "api-deprecated"),
        ("example.com/v1beta1", "Deployment", None),
        ("extensions/v1beta1", "Farm", None),
    ],
)
def test_what_the_shipped_table_says(version: str, kind: str, rule: str | None) -> None:
    assert [f.rule for f in _judge(_object(version, kind)).findings] == ([rule] if rule else [])


@pytest.mark.parametrize(
    ("target", "rules"),
    [
        ("1.20", []),
        ("1.21", ["api-deprecated"]),
        ("1.24.9", ["api-deprecated"]),
        ("1.25", ["api-removed"]),
        ("v1.31.2", ["api-removed"]),
    ],
)
def test_the_version_of_the_cluster_decides(target: str, rules: list[str]) -> None:
    config = Config(kube_version=target, apis=_SHIPPED.apis)
    outcome = _judge(_object("batch/v1beta1", "CronJob"), config=config)
    assert [f.rule for f in outcome.findings] == rules


def test_the_same_schema_is_proposed_and_then_passes() -> None:
    before = _object("batch/v1beta1", "CronJob")
    (finding,) = _judge(before).findings
    assert [(p.pointer, p.value) for p in finding.patches] == [(("apiVersion",), "batch/v1")]
    mended = patched(before, finding.patches)
    assert mended.body["apiVersion"] == "batch/v1"


def test_what_lacks_a_field_of_the_new_version_gets_no_patch() -> None:
    assert not _one("extensions/v1beta1", "Deployment").patches
    assert _one("extensions/v1beta1", "Deployment", selector={"matchLabels": {"a": "b"}}).patches
    ingress = _one("networking.k8s.io/v1beta1", "Ingress")
    assert not ingress.patches
    assert "pathType" in ingress.remedy


@pytest.mark.parametrize(
    ("tier", "severity"),
    [
        (Tier.EXPERIMENT, Severity.WARN),
        (Tier.STAGING, Severity.WARN),
        (Tier.PRODUCTION, Severity.FAIL),
    ],
)
def test_it_is_stricter_by_tier(tier: Tier, severity: Severity) -> None:
    (finding,) = _judge(_object("batch/v1beta1", "CronJob", tier)).findings
    assert finding.severity is severity


def test_one_step_on_is_another_finding() -> None:
    before = _object("autoscaling/v2beta1", "HorizontalPodAutoscaler")
    outcome = _judge(_object("autoscaling/v2beta2", "HorizontalPodAutoscaler"), before)
    assert [f.preexisting for f in outcome.findings] == [False]
    assert len(outcome.fixed) == 1
    assert _judge(before, before).state is State.PASS


def test_a_repository_adds_and_takes_away() -> None:
    law = b"""
version: 1
render: {kube_version: "1.24"}
checks:
  removed_apis:
    apis:
      example.com/v1beta1/Farm: {removed: "1.20", use: example.com/v1, same: true}
      extensions/v1beta1/Deployment: null
"""
    config = parse(".plumbline.yml", law).checks["removed_apis"]
    assert config.kube_version == "1.24"
    (finding,) = _judge(_object("example.com/v1beta1", "Farm"), config=config).findings
    assert finding.remedy == "Write 'apiVersion: example.com/v1'. The rest may stay as it is."
    assert not _judge(_object("extensions/v1beta1", "Deployment"), config=config).findings
    (other,) = _judge(_object("batch/v1beta1", "CronJob"), config=config).findings
    assert other.rule == "api-deprecated"


@pytest.mark.parametrize("version", ["", "latest", "1", "1.x", "1.", "-1.2"])
def test_a_version_that_is_none_is_refused(version: str) -> None:
    with pytest.raises(ValueError, match="no version such as"):
        minor(version)


def test_the_table_agrees_with_the_schemas_of_kubernetes() -> None:
    """What is said to be removed is in the schemas of the version before, and not in those of that
    one; whatever is gone from one to the next is in the table."""
    spec = importlib.util.find_spec("kubernetes_validate")
    if spec is None or spec.origin is None:
        pytest.skip("kubernetes-validate is not installed, which has the schemas")
    folder = Path(spec.origin).parent / "kubernetes-json-schema"
    served = {
        minor: {path.stem for path in (folder / f"v1.{minor}.0-local").iterdir()}
        for minor in range(25, 38)
        if (folder / f"v1.{minor}.0-local").is_dir()
    }
    checked = 0
    for name, api in _SHIPPED.apis.items():
        if api is None or api.of or not api.removed or minor(api.removed)[1] - 1 not in served:
            continue
        group, version, kind = name.split("/")
        stem = f"{kind.lower()}-{group.partition('.')[0]}-{version}"
        at = minor(api.removed)[1]
        assert stem in served[at - 1], name
        assert stem not in served[at], name
        checked += 1
    assert checked > 20


def test_every_entry_says_what_to_do() -> None:
    assert len(_SHIPPED.apis) > 100
    for name, api in _SHIPPED.apis.items():
        assert api is not None
        assert re.fullmatch(r"[\w.-]+/v\w+(/\w+)?", name), name
        assert api.removed, name
        assert api.use or api.note, name
        assert not (api.same and not api.use), name
        assert not api.deprecated or minor(api.deprecated) < minor(api.removed), name


def test_the_example() -> None:
    assert_golden(CHECK)
