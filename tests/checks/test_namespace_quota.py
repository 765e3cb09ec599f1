"""Which namespaces have no quota and no limits."""

from __future__ import annotations

from typing import Any

import pytest

from checks.model import Outcome, Resource, Severity, State, Tier
from checks.namespace_quota import CHECK, Config
from tests.checks.golden import assert_golden
from tests.checks.manifests import resource, subject

_HARD = {"hard": {"pods": "10"}}
_LIMITS = {"limits": [{"type": "Container"}]}


def _namespace(name: str = "shop", tier: Tier = Tier.PRODUCTION, **fields: Any) -> Resource:
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}, **fields}
    return resource(body, tier=tier)


def _inside(kind: str, spec: Any, tier: Tier = Tier.PRODUCTION, changed: bool = True) -> Resource:
    meta = {"name": "x", "namespace": "shop"}
    body = {"apiVersion": "v1", "kind": kind, "metadata": meta, "spec": spec}
    return resource(body, tier=tier, changed=changed)


def _judge(
    *after: Resource, before: tuple[Resource, ...] = (), config: Config | None = None
) -> Outcome:
    return CHECK.judge(subject(before, after), config or Config())


@pytest.mark.parametrize(
    ("inside", "missing"),
    [
        ([], "no ResourceQuota and no LimitRange is declared"),
        ([_inside("ResourceQuota", _HARD)], "no LimitRange is declared"),
        ([_inside("LimitRange", _LIMITS)], "no ResourceQuota is declared"),
        ([_inside("ResourceQuota", {}), _inside("LimitRange", None)], "no ResourceQuota and no"),
        ([_inside("ResourceQuota", _HARD), _inside("LimitRange", _LIMITS)], None),
    ],
)
def test_what_a_namespace_of_production_needs(inside: list[Resource], missing: str | None) -> None:
    findings = _judge(_namespace(), *inside).findings
    assert [f.message.startswith(missing or "") for f in findings] == ([True] if missing else [])


def test_only_production_needs_it_by_default() -> None:
    for tier in (Tier.EXPERIMENT, Tier.STAGING):
        assert not _judge(_namespace(tier=tier)).findings
    config = Config(require={"staging": ("LimitRange",)}, severity={"staging": "info"})
    (finding,) = _judge(_namespace(tier=Tier.STAGING), config=config).findings
    assert (finding.rule, finding.severity) == ("quota-missing", Severity.INFO)


def test_a_namespace_is_as_strict_as_what_is_in_it() -> None:
    inside = _inside("ConfigMap", {})
    assert _judge(_namespace(tier=Tier.STAGING), inside).findings


def test_other_namespaces_and_exempt_ones() -> None:
    assert not _judge(_namespace("kube-system"), _namespace("default")).findings
    assert len(_judge(_namespace("other"), _inside("ResourceQuota", _HARD)).findings) == 1
    assert not _judge(
        resource({**_namespace().body, "$patch": "delete"}, tier=Tier.PRODUCTION)
    ).findings
    foreign = {"apiVersion": "example.com/v1", "kind": "Namespace", "metadata": {"name": "x"}}
    assert not _judge(resource(foreign, tier=Tier.PRODUCTION)).findings


def test_taking_the_quota_away_is_the_changes_doing() -> None:
    namespace = _namespace()
    quiet = resource(dict(namespace.body), tier=Tier.PRODUCTION, changed=False)
    quota, limits = _inside("ResourceQuota", _HARD), _inside("LimitRange", _LIMITS, changed=False)
    taken = _judge(quiet, limits, before=(quiet, quota, limits))
    assert [f.preexisting for f in taken.findings] == [False]
    given = _judge(quiet, quota, limits, before=(quiet, limits))
    assert (given.state, len(given.fixed)) == (State.PASS, 1)
    assert not _judge(quiet, before=(quiet,)).findings


def test_the_example() -> None:
    assert_golden(CHECK)
