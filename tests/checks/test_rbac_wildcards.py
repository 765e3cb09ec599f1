"""Which roles give more than is needed, and to whom."""

from __future__ import annotations

from typing import Any

import pytest

from checks.model import Outcome, Resource, Severity, State, Tier
from checks.rbac_wildcards import CHECK, Config
from tests.checks.golden import assert_golden
from tests.checks.manifests import resource, subject

_GROUP = "rbac.authorization.k8s.io"


def _role(*rules: Any, kind: str = "ClusterRole", tier: Tier = Tier.PRODUCTION) -> Resource:
    body = {"apiVersion": f"{_GROUP}/v1", "kind": kind, "metadata": {"name": "x"}}
    return resource({**body, "rules": list(rules)}, tier=tier)


def _rule(groups: str, resources: str, verbs: str, *names: str) -> dict[str, Any]:
    parts = {"apiGroups": groups, "resources": resources, "verbs": verbs}
    rule: dict[str, Any] = {key: value.split(",") for key, value in parts.items()}
    return {**rule, **({"resourceNames": list(names)} if names else {})}


def _binding(
    role: str, kind: str, name: str, *, of: str = "ClusterRoleBinding", tier: Tier = Tier.PRODUCTION
) -> Resource:
    subjects = [{"kind": kind, "name": name}]
    body = {"apiVersion": f"{_GROUP}/v1", "kind": of, "metadata": {"name": "x"}}
    return resource({**body, "roleRef": {"name": role}, "subjects": subjects}, tier=tier)


def _judge(
    after: Resource, before: Resource | None = None, config: Config | None = None
) -> Outcome:
    return CHECK.judge(subject([before] if before else [], [after]), config or Config())


def _rules(one: Resource) -> list[str]:
    return [finding.rule for finding in _judge(one).findings]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (_rule("*", "*", "*"), "rbac-everything"),
        (_rule("", "pods", "get,list,watch"), None),
        (_rule("*", "*", "get,list,watch"), "rbac-secrets"),
        (_rule("", "secrets", "get"), "rbac-secrets"),
        (_rule("", "secrets", "create"), None),
        (_rule("", "secrets", "get", "mine"), None),
        (_rule(_GROUP, "clusterroles", "bind"), "rbac-escalation"),
        (_rule(_GROUP, "clusterroles", "bind", "edit"), None),
        (_rule(_GROUP, "roles", "*"), "rbac-escalation"),
        (_rule(_GROUP, "rolebindings", "*"), "rbac-wildcard"),
        (_rule("", "users,groups", "impersonate"), "rbac-escalation"),
        (_rule("", "nodes/proxy", "get"), "rbac-node-proxy"),
        (_rule("", "nodes/metrics", "get"), None),
        (_rule("", "pods/exec", "create"), "rbac-pod-exec"),
        (_rule("apps", "deployments", "*"), "rbac-wildcard"),
        (_rule("shop.example.com", "*", "*"), None),
        (_rule("", "pods/log", "get"), None),
        ({"nonResourceURLs": ["*"], "verbs": ["get"]}, None),
        ({"apiGroups": "*", "resources": None, "verbs": 3}, None),
    ],
)
def test_rules_of_cluster_roles(rule: dict[str, Any], expected: str | None) -> None:
    assert _rules(_role(rule)) == ([expected] if expected else [])


def test_a_role_reaches_no_further_than_its_namespace() -> None:
    rules = (_rule("", "secrets", "get"), _rule("", "pods/exec", "create"))
    assert _rules(_role(*rules, kind="Role")) == []
    assert _rules(_role(_rule("*", "*", "*"), kind="Role")) == ["rbac-everything"]


@pytest.mark.parametrize(
    ("role", "kind", "name", "of", "expected"),
    [
        ("cluster-admin", "ServiceAccount", "ci", "ClusterRoleBinding", "rbac-cluster-admin"),
        ("cluster-admin", "ServiceAccount", "ci", "RoleBinding", None),
        ("view", "User", "system:anonymous", "RoleBinding", "rbac-anybody"),
        ("view", "Group", "system:unauthenticated", "ClusterRoleBinding", "rbac-anybody"),
        ("system:public-info-viewer", "Group", "system:unauthenticated", "RoleBinding", None),
        ("view", "ServiceAccount", "system:anonymous", "RoleBinding", None),
        ("view", "Group", "system:masters", "RoleBinding", "rbac-masters"),
        ("view", "Group", "system:authenticated", "RoleBinding", None),
    ],
)
def test_bindings(role: str, kind: str, name: str, of: str, expected: str | None) -> None:
    assert _rules(_binding(role, kind, name, of=of)) == ([expected] if expected else [])


def test_kubernetes_own_and_aggregated_roles_are_left_alone() -> None:
    own = _role(_rule("*", "*", "*"))
    whole: dict[str, Any] = {**own.body, "aggregationRule": {"clusterRoleSelectors": []}}
    assert not _rules(resource(whole))
    system = {**own.body, "metadata": {"name": "system:kube-controller"}}
    assert not _rules(resource(system))
    foreign = {**own.body, "apiVersion": "example.com/v1"}
    assert not _rules(resource(foreign))


@pytest.mark.parametrize(
    ("tier", "broad", "dangerous", "anybody"),
    [
        (Tier.EXPERIMENT, Severity.INFO, Severity.INFO, Severity.WARN),
        (Tier.STAGING, Severity.INFO, Severity.WARN, Severity.FAIL),
        (Tier.PRODUCTION, Severity.WARN, Severity.FAIL, Severity.FAIL),
    ],
)
def test_it_is_stricter_by_tier(
    tier: Tier, broad: Severity, dangerous: Severity, anybody: Severity
) -> None:
    found = [
        _judge(one).findings[0].severity
        for one in (
            _role(_rule("", "secrets", "get"), tier=tier),
            _role(_rule("*", "*", "*"), tier=tier),
            _binding("view", "User", "system:anonymous", tier=tier),
        )
    ]
    assert found == [broad, dangerous, anybody]


def test_one_finding_for_all_rules_of_a_kind_and_one_more_of_them_is_new() -> None:
    one, two = _rule("", "pods/exec", "create"), _rule("", "pods/attach", "create")
    before, after = _role(one), _role(one, two)
    (finding,) = _judge(after).findings
    assert len(finding.trace.inputs) == 2
    assert [f.preexisting for f in _judge(after, before).findings] == [False]
    assert [f.preexisting for f in _judge(before, after).findings] == [True]
    assert _judge(_role(), before).fixed
    assert _judge(before, before).state is State.PASS


def test_the_example() -> None:
    assert_golden(CHECK)
