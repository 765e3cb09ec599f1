"""Which Services get a public address."""

from __future__ import annotations

from typing import Any

import pytest

from bot.config import defaults
from checks.model import Resource, Severity, Tier
from checks.public_service import CHECK, Config
from tests.checks.golden import assert_golden
from tests.checks.manifests import resource, subject

_SHIPPED: Config = defaults().checks["public_service"]


def _service(tier: Tier = Tier.PRODUCTION, notes: Any = None, **spec: Any) -> Resource:
    meta = {"name": "x", "annotations": notes or {}}
    body = {"apiVersion": "v1", "kind": "Service", "metadata": meta}
    return resource({**body, "spec": {"type": "LoadBalancer", **spec}}, tier=tier)


def _findings(one: Resource) -> int:
    return len(CHECK.judge(subject([], [one]), _SHIPPED).findings)


@pytest.mark.parametrize(
    ("notes", "spec", "found"),
    [
        ({}, {}, 1),
        ({}, {"type": "ClusterIP"}, 0),
        ({}, {"type": None}, 0),
        ({"service.beta.kubernetes.io/aws-load-balancer-internal": "True"}, {}, 0),
        ({"service.beta.kubernetes.io/aws-load-balancer-internal": "false"}, {}, 1),
        ({"service.beta.kubernetes.io/aws-load-balancer-scheme": "internet-facing"}, {}, 1),
        ({"networking.gke.io/load-balancer-type": "Internal"}, {}, 0),
        ({"service.beta.kubernetes.io/azure-load-balancer-internal": "true"}, {}, 0),
        ({"metallb.universe.tf/address-pool": "lan"}, {}, 0),
        ({}, {"loadBalancerClass": "tailscale"}, 0),
        ({}, {"loadBalancerClass": "io.cilium/l2-announcer"}, 0),
        ({}, {"loadBalancerIP": "10.0.0.7"}, 0),
        ({}, {"loadBalancerIP": "172.20.1.1"}, 0),
        ({}, {"loadBalancerIP": "172.50.1.1"}, 1),
        ({}, {"loadBalancerSourceRanges": ["203.0.113.0/24"]}, 0),
        ({}, {"loadBalancerSourceRanges": ["0.0.0.0/0"]}, 1),
        ({}, {"loadBalancerSourceRanges": []}, 1),
        (
            {"service.beta.kubernetes.io/load-balancer-source-ranges": "10.0.0.0/8, 192.0.2.0/24"},
            {},
            0,
        ),
    ],
)
def test_what_is_public(notes: Any, spec: Any, found: int) -> None:
    assert _findings(_service(notes=notes, **spec)) == found


@pytest.mark.parametrize(
    ("tier", "severity"), [(Tier.STAGING, Severity.INFO), (Tier.PRODUCTION, Severity.WARN)]
)
def test_it_is_stricter_by_tier(tier: Tier, severity: Severity) -> None:
    (finding,) = CHECK.judge(subject([], [_service(tier)]), Config()).findings
    assert finding.severity is severity


def test_a_service_of_another_group_is_none() -> None:
    body = dict(_service().body) | {"apiVersion": "serving.knative.dev/v1"}
    assert _findings(resource(body, tier=Tier.PRODUCTION)) == 0


def test_the_example() -> None:
    assert_golden(CHECK)
