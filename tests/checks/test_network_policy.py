"""Which pods no network policy shuts off."""

from __future__ import annotations

from typing import Any

import pytest

from checks.model import Outcome, Resource, State, Tier
from checks.network import calico
from checks.network_policy import CHECK, Config
from tests.checks.golden import assert_golden
from tests.checks.manifests import resource, subject, workload

_WEB = {"app": "web"}
_ALL: dict[str, Any] = {}
_MATCH = {"matchLabels": _WEB}


def _web(tier: Tier = Tier.PRODUCTION, changed: bool = True, **pod: Any) -> Resource:
    one = workload(pod=pod, tier=tier, changed=changed)
    body: Any = one.body
    body["metadata"]["namespace"] = "shop"
    body["spec"]["template"]["metadata"] = {"labels": _WEB}
    return resource(body, tier=tier, changed=changed)


def _policy(
    spec: Any,
    *,
    version: str = "networking.k8s.io/v1",
    kind: str = "NetworkPolicy",
    name: str = "p",
    namespace: str = "shop",
    tier: Tier = Tier.PRODUCTION,
    changed: bool = True,
    **fields: Any,
) -> Resource:
    meta = {"name": name, "namespace": namespace}
    body = {"apiVersion": version, "kind": kind, "metadata": meta, "spec": spec, **fields}
    return resource(body, tier=tier, changed=changed)


def _judge(
    *after: Resource, before: tuple[Resource, ...] = (), config: Config | None = None
) -> Outcome:
    return CHECK.judge(subject(before, after), config or Config())


def _rules(*after: Resource) -> list[str]:
    return [finding.rule for finding in _judge(*after).findings]


_MISSING, _DEFAULT = "network-policy-missing", "default-deny-missing"


@pytest.mark.parametrize(
    ("spec", "rules"),
    [
        ({"podSelector": _ALL}, []),
        ({"podSelector": _ALL, "policyTypes": ["Ingress"]}, []),
        ({"podSelector": None}, []),
        ({"podSelector": _MATCH}, [_DEFAULT]),
        ({"podSelector": {"matchLabels": {"app": "other"}}}, [_MISSING, _DEFAULT]),
        ({"podSelector": _ALL, "policyTypes": ["Egress"]}, [_MISSING]),
        ({"podSelector": _ALL, "ingress": [{}]}, [_DEFAULT]),
        ({"podSelector": _ALL, "ingress": [{"from": [{"podSelector": {}}]}]}, []),
        (None, []),
    ],
)
def test_policies_of_kubernetes(spec: Any, rules: list[str]) -> None:
    assert sorted(_rules(_web(), _policy(spec))) == sorted(rules)


@pytest.mark.parametrize(
    ("kind", "spec", "rules"),
    [
        ("CiliumNetworkPolicy", {"endpointSelector": {}, "ingress": [{}]}, []),
        ("CiliumNetworkPolicy", {"endpointSelector": _MATCH, "ingress": []}, [_DEFAULT]),
        (
            "CiliumNetworkPolicy",
            {"endpointSelector": {"matchLabels": {"k8s:app": "web"}}, "ingress": []},
            [_DEFAULT],
        ),
        ("CiliumNetworkPolicy", {"endpointSelector": {}, "egress": []}, [_MISSING]),
        (
            "CiliumNetworkPolicy",
            {"endpointSelector": {}, "ingress": [], "enableDefaultDeny": {"ingress": False}},
            [_MISSING],
        ),
        ("CiliumClusterwideNetworkPolicy", {"endpointSelector": _MATCH, "ingress": []}, []),
    ],
)
def test_policies_of_cilium(kind: str, spec: Any, rules: list[str]) -> None:
    found = _rules(_web(), _policy(spec, version="cilium.io/v2", kind=kind))
    assert sorted(found) == sorted(rules)


def test_several_specs_of_cilium() -> None:
    specs: Any = [{"endpointSelector": {}, "ingress": []}]
    one = _policy(None, version="cilium.io/v2", kind="CiliumNetworkPolicy", specs=specs)
    assert _rules(_web(), one) == []


@pytest.mark.parametrize(
    ("spec", "rules"),
    [
        ({"selector": "all()", "types": ["Ingress"]}, []),
        ({"selector": "app == 'web'"}, [_DEFAULT]),
        ({"selector": "app == 'other'"}, [_DEFAULT, _MISSING]),
        ({"selector": "all()", "egress": [{"action": "Allow"}]}, [_MISSING]),
        ({"selector": "all()", "ingress": [{"action": "Allow"}]}, [_DEFAULT]),
    ],
)
def test_policies_of_calico(spec: Any, rules: list[str]) -> None:
    one = _policy(spec, version="projectcalico.org/v3")
    assert sorted(_rules(_web(), one)) == rules


@pytest.mark.parametrize(
    ("selector", "means"),
    [
        ("", True),
        ("app == 'web' && has(app)", True),
        ("app != 'web'", False),
        ("!has(app)", False),
        ("has(tier)", False),
        ('app == "web"', True),
        ("app in {'a', 'b'}", True),
    ],
)
def test_selectors_of_calico(selector: str, means: bool) -> None:
    assert calico.selects(selector, _WEB) is means


def test_where_a_policy_counts() -> None:
    every = {"podSelector": _ALL}
    assert _rules(_web(), _policy(every, namespace="other")) == [_MISSING]
    assert _rules(_web(), _policy(every, tier=Tier.STAGING)) == [_MISSING]
    # Beside it in the same folder, before a namespace is given to both.
    assert _rules(_web(), _policy(every, namespace="")) == []


def test_only_production_and_no_pods_of_the_nodes_network() -> None:
    assert not _rules(_web(Tier.STAGING))
    assert not _rules(_web(hostNetwork=True))
    config = Config(tiers=("staging",), severity="info")
    assert _judge(_web(Tier.STAGING), config=config).findings
    assert not _judge(_web(), config=Config(exempt=("shop",))).findings


def test_one_default_is_missed_once_for_all_policies() -> None:
    some = [_policy({"podSelector": _MATCH}, name=name) for name in ("a", "b", "c")]
    assert _rules(_web(), *some) == [_DEFAULT]
    every = _policy({"podSelector": _ALL}, name="z")
    assert _rules(_web(), *some, every) == []


def test_taking_the_policy_away_is_the_changes_doing() -> None:
    quiet, every = _web(changed=False), _policy({"podSelector": _ALL})
    taken = _judge(quiet, before=(quiet, every))
    assert [(f.rule, f.preexisting) for f in taken.findings] == [(_MISSING, False)]
    given = _judge(quiet, every, before=(quiet,))
    assert (given.state, [f.rule for f in given.fixed]) == (State.PASS, [_MISSING])
    assert not _judge(quiet, before=(quiet,)).findings


def test_a_new_workload_gates_beside_an_old_one() -> None:
    old = _web()
    new = resource({**old.body, "metadata": {"name": "api", "namespace": "shop"}}, tier=old.tier)
    found = _judge(old, new, before=(old,)).findings
    assert {(f.subject.split()[0], f.preexisting) for f in found} == {
        ("Deployment/shop/web", True),
        ("Deployment/shop/api", False),
    }


def test_the_example() -> None:
    assert_golden(CHECK)
