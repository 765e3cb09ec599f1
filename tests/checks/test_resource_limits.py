"""Which containers do not say what they need."""

from __future__ import annotations

from typing import Any

import pytest

from checks.model import Outcome, Resource, Severity, State, Tier
from checks.resource_limits import CHECK, Config
from tests.checks.golden import assert_golden
from tests.checks.manifests import ASK, container, subject, workload

_CPU, _MEMORY = "cpu-request-missing", "memory-request-missing"


def _judge(
    after: Resource, before: Resource | None = None, config: Config | None = None
) -> Outcome:
    return CHECK.judge(subject([before] if before else [], [after]), config or Config())


def _with(resources: Any, **options: Any) -> Resource:
    return workload(pod={"containers": [container(resources=resources)]}, **options)


@pytest.mark.parametrize(
    ("resources", "rules"),
    [
        (ASK, []),
        (None, [_CPU, _MEMORY]),
        ({}, [_CPU, _MEMORY]),
        ("500m", [_CPU, _MEMORY]),
        ({"requests": []}, [_CPU, _MEMORY]),
        ({"requests": {"cpu": "1"}}, [_MEMORY]),
        ({"requests": {"memory": "1Gi"}}, [_CPU]),
        ({"requests": {"cpu": "1"}, "limits": {"memory": "1Gi"}}, []),
        ({"limits": {"cpu": "1", "memory": "1Gi"}}, []),
        ({"requests": {"cpu": "1", "memory": None}}, [_MEMORY]),
        ({"requests": {"cpu": 0, "memory": 0}}, []),
    ],
)
def test_a_limit_counts_as_a_request(resources: Any, rules: list[str]) -> None:
    assert [f.rule for f in _judge(_with(resources)).findings] == rules


@pytest.mark.parametrize(
    ("require", "resources", "rules"),
    [
        ((), {}, []),
        (("limits.memory",), ASK, ["memory-limit-missing"]),
        (("limits.memory",), {"limits": {"memory": "1Gi"}}, []),
        (("limits.cpu", "limits.memory"), ASK, ["cpu-limit-missing", "memory-limit-missing"]),
        (("requests.memory",), {}, [_MEMORY]),
    ],
)
def test_what_is_required(require: Any, resources: Any, rules: list[str]) -> None:
    outcome = _judge(_with(resources), config=Config(require=require))
    assert [f.rule for f in outcome.findings] == rules


def test_init_containers_and_sidecars_count() -> None:
    pod = {
        "initContainers": [
            container("wait", {}),
            container("proxy", {"requests": {"cpu": 1}}, restartPolicy="Always"),
        ],
        "containers": [container()],
    }
    assert [f.message for f in _judge(workload(pod=pod)).findings] == [
        "init container wait has no cpu request",
        "init container wait has no memory request",
        "init container proxy has no memory request",
    ]


def test_resources_of_the_whole_pod_do() -> None:
    pod = {"containers": [container(resources={})], "resources": ASK}
    assert not _judge(workload(pod=pod)).findings


def test_a_finding_says_what_to_add_and_where() -> None:
    (finding,) = _judge(_with({"limits": {"cpu": 1}}, kind="CronJob")).findings
    assert finding.remedy == "Add resources.requests.memory to the container app."
    assert finding.trace.inputs[0].pointer == (
        "spec.jobTemplate.spec.template.spec.containers.0.resources.requests.memory"
    )


@pytest.mark.parametrize(
    ("tier", "severity", "state"),
    [
        (Tier.EXPERIMENT, Severity.INFO, State.PASS),
        (Tier.STAGING, Severity.WARN, State.WARN),
        (Tier.PRODUCTION, Severity.FAIL, State.FAIL),
    ],
)
def test_the_default_is_stricter_by_tier(tier: Tier, severity: Severity, state: State) -> None:
    outcome = _judge(_with({"limits": {"cpu": 1}}, tier=tier))
    assert [f.severity for f in outcome.findings] == [severity]
    assert outcome.state is state


def test_containers_may_change_places() -> None:
    one, two = container("one", {}), container("two", {})
    before, after = (workload(pod={"containers": order}) for order in ([one, two], [two, one]))
    outcome = _judge(after, before)
    assert len(outcome.findings) == 4
    assert all(f.preexisting for f in outcome.findings)


def test_half_of_it_mended() -> None:
    outcome = _judge(_with({"requests": {"cpu": 1}}), before=_with({}))
    assert [f.rule for f in outcome.fixed] == [_CPU]
    assert [(f.rule, f.preexisting) for f in outcome.findings] == [(_MEMORY, True)]


def test_context_is_not_judged() -> None:
    assert not _judge(_with({}, changed=False)).findings


def test_the_example() -> None:
    assert_golden(CHECK)
