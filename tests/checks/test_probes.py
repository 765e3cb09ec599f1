"""Which probes are missing, and which do harm."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from checks.model import Outcome, Resource, Severity
from checks.probes import CHECK, Config
from tests.checks.golden import assert_golden
from tests.checks.manifests import container, subject
from tests.checks.related import deployment, service

_CONFIG = Config(
    require={"production": ("readiness",)},
    not_serving=("metrics",),
    unknown_port={"production": "fail"},
)
_HTTP = [{"name": "http", "containerPort": 8080}]
_GET = {"httpGet": {"path": "/", "port": "http"}}


def _judge(*after: Resource, before: tuple[Resource, ...] = ()) -> Outcome:
    return CHECK.judge(subject(before, after), _CONFIG)


def _rules(*after: Resource) -> list[str]:
    return [f.rule for f in _judge(*after).findings]


def _web(**fields: Any) -> Resource:
    return deployment(containers=[container(ports=_HTTP, **fields)])


@pytest.mark.parametrize(
    ("one", "beside", "missing"),
    [
        (_web(), service("http"), True),
        (_web(), service(8080), True),
        (_web(), service(9090), True),
        (_web(), service("grpc"), False),
        (_web(), None, False),
        (_web(), service("http", labels={"app": "other"}), False),
        (_web(), service("http", labels={}), False),
        (_web(), service("http", name="web-metrics"), False),
        (_web(), service("http", publishNotReadyAddresses=True), False),
        (_web(readinessProbe=_GET), service("http"), False),
        (deployment(readinessGates=[{"conditionType": "a"}]), service(80), False),
        (deployment(kind="StatefulSet"), service(80), True),
        (deployment(kind="DaemonSet"), service(80), True),
    ],
)
def test_readiness(one: Resource, beside: Resource | None, missing: bool) -> None:
    rules = _rules(one, beside) if beside else _rules(one)
    assert rules == (["probe-readiness-missing"] if missing else [])


def test_of_two_containers_the_one_behind_the_service_is_asked() -> None:
    sidecar = container("log", ports=[{"name": "log", "containerPort": 1}])
    one = deployment(containers=[container(ports=_HTTP, readinessProbe=_GET), sidecar])
    assert _rules(one, service("http")) == []
    (finding,) = _judge(one, service("log")).findings
    assert "container log" in finding.message


def test_a_new_service_makes_an_old_workload_answer() -> None:
    one = replace(_web(), changed=False)
    outcome = _judge(one, service("http"), before=(one,))
    assert [(f.rule, f.preexisting) for f in outcome.findings] == [
        ("probe-readiness-missing", False)
    ]


@pytest.mark.parametrize(
    ("fields", "rules"),
    [
        ({"livenessProbe": {"httpGet": {"port": "htpp"}}}, ["probe-port-unknown"]),
        ({"startupProbe": {"tcpSocket": {"port": "htpp"}}}, ["probe-port-unknown"]),
        ({"livenessProbe": {"httpGet": {"port": "8080"}}}, []),
        ({"livenessProbe": {"httpGet": {"port": 9}}}, []),
        ({"livenessProbe": {"httpGet": {"port": "${PORT}"}}}, []),
        ({"livenessProbe": {**_GET, "timeoutSeconds": 11}}, ["probe-timeout"]),
        ({"livenessProbe": {**_GET, "timeoutSeconds": 10}}, []),
        ({"livenessProbe": {**_GET, "timeoutSeconds": "11"}}, []),
        ({"livenessProbe": _GET, "readinessProbe": _GET}, ["probe-liveness-as-readiness"]),
        ({"livenessProbe": {**_GET, "failureThreshold": 4}, "readinessProbe": _GET}, []),
        ({"livenessProbe": {"exec": {"command": ["a"]}}, "readinessProbe": _GET}, []),
        ({"livenessProbe": {}, "readinessProbe": {}}, []),
        ({"livenessProbe": "none"}, []),
    ],
)
def test_probes_that_do_harm(fields: Any, rules: list[str]) -> None:
    assert _rules(_web(**fields)) == rules


def test_a_port_that_is_not_there_fails() -> None:
    (finding,) = _judge(_web(livenessProbe={"httpGet": {"port": "htpp"}})).findings
    assert finding.severity is Severity.FAIL


def test_the_example() -> None:
    assert_golden(CHECK)
