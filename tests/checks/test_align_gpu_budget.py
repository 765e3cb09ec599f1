"""How many GPUs a workload can take, how large they are, and what of it is too much."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from checks.align_gpu_budget import CHECK, Config
from checks.model import Outcome, Resource, Severity, State, Tier
from tests.checks.aligned import MODEL_ID, change, judged, predictor, said, serving
from tests.checks.golden import assert_golden
from tests.checks.manifests import hpa, resource, workload

_MEMORY = "ai.apexlogic.com/gpu-memory"
_BUDGET = Config(gpus={"production": Decimal(8)}, memory_required=False)
_TARGET = ("Deployment", "sentiment")


def _judge(*head: Resource, base: tuple[Resource, ...] = (), config: Config = _BUDGET) -> Outcome:
    return CHECK.judge(change(base, head), config)


def _gpu(amount: Any, name: str = "nvidia.com/gpu", **fields: Any) -> dict[str, Any]:
    return {"name": "c", "resources": {"limits": {name: amount}}, **fields}


def _hpa(high: Any, changed: bool = True) -> Resource:
    scaler = hpa(1, high, target=_TARGET, changed=changed).body
    meta = {"name": "scaler", "namespace": "ai"}
    return resource({**scaler, "metadata": meta}, changed=changed)


@pytest.mark.parametrize(
    ("gpus", "replicas", "state"),
    [
        (1, 8, State.PASS),
        (2, 4, State.PASS),
        ("4", 2, State.PASS),
        (1, 9, State.FAIL),
        (9, 1, State.FAIL),
        (9, 0, State.PASS),
        (0, 100, State.PASS),
    ],
)
def test_gpus_times_replicas(gpus: Any, replicas: int, state: State) -> None:
    one = serving(gpus=gpus, spec={"replicas": replicas})
    assert _judge(one).state is state


def test_the_autoscalers_maximum_counts() -> None:
    one = serving(gpus=2, spec={"replicas": 2})
    assert _judge(one, _hpa(4)).state is State.PASS
    (finding,) = _judge(one, _hpa(5)).findings
    assert finding.message == (
        "Deployment ai/sentiment can take 10 accelerators = 2 × 5 (HPA scaler); the budget of the"
        " tier production is 8"
    )
    assert [(i.pointer, i.value) for i in finding.trace.inputs] == [
        (
            "spec.template.spec.containers.0.resources.limits.nvidia.com/gpu",
            "nvidia.com/gpu: 2",
        ),
        ("HorizontalPodAutoscaler spec.maxReplicas", "5"),
        ("spec.replicas", "2"),
    ]


def test_a_change_of_the_autoscaler_alone_is_judged() -> None:
    one = serving(gpus=2, changed=False)
    outcome = _judge(one, _hpa(5), base=(one, _hpa(4)))
    assert said(outcome.findings) == [("ALN24", False)]
    assert _judge(one, _hpa(5, False), base=(one, _hpa(5, False))).state is State.SKIPPED


def test_going_down_is_not_held_against_a_change_and_going_up_is() -> None:
    one = serving(gpus=2)
    assert said(_judge(one, _hpa(6), base=(one, _hpa(9))).findings) == [("ALN24", True)]
    assert said(_judge(one, _hpa(6), base=(one, _hpa(6))).findings) == [("ALN24", True)]
    assert said(_judge(one, _hpa(7), base=(one, _hpa(6))).findings) == [("ALN24", False)]
    assert len(_judge(one, _hpa(4), base=(one, _hpa(6))).fixed) == 1


@pytest.mark.parametrize(
    ("pod", "each"),
    [
        ({"containers": [_gpu(1), _gpu(2)]}, 3),
        ({"containers": [_gpu(1)], "initContainers": [_gpu(4)]}, 4),
        ({"containers": [_gpu(2)], "initContainers": [_gpu(1)]}, 2),
        ({"containers": [_gpu(1)], "initContainers": [_gpu(1, restartPolicy="Always")]}, 2),
        (
            {
                "containers": [_gpu(1)],
                "initContainers": [_gpu(1, restartPolicy="Always"), _gpu(3)],
            },
            4,
        ),
        ({"containers": [_gpu(3, "nvidia.com/mig-1g.5gb"), _gpu(1)]}, 4),
    ],
)
def test_a_pod_takes_what_the_scheduler_counts(pod: dict[str, Any], each: int) -> None:
    over = Config(gpus={"production": Decimal(each) - 1}, memory_required=False)
    fits = Config(gpus={"production": Decimal(each)}, memory_required=False)
    assert _judge(serving(pod=pod), config=over).findings
    assert not _judge(serving(pod=pod), config=fits).findings


def test_the_most_specific_budget_holds() -> None:
    one = serving(gpus=4, labels={MODEL_ID: "llm"})
    tier, more, none = Decimal(1), Decimal(9), None
    for config, state in (
        (Config(gpus={"production": tier}), State.FAIL),
        (Config(gpus={"production": tier}, gpus_of_namespace={"ai": more}), State.PASS),
        (Config(gpus={"production": more}, gpus_of_namespace={"ai": tier}), State.FAIL),
        (Config(gpus_of_namespace={"ai": tier}, gpus_of_model={"llm": more}), State.PASS),
        (Config(gpus_of_namespace={"ai": tier}, gpus_of_model={"llm": none}), State.PASS),
        (Config(gpus_of_model={"other": tier}), State.PASS),
        (Config(gpus={"staging": tier}), State.PASS),
    ):
        found = [f.rule for f in _judge(one, config=config).findings]
        assert ("ALN24" in found) is (state is State.FAIL), config


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (
            workload("DaemonSet", pod={"containers": [_gpu(1)]}, tier=Tier.PRODUCTION),
            "a DaemonSet takes accelerators on every node",
        ),
        (serving(gpus="some"), 'nvidia.com/gpu "some" is not a Kubernetes quantity'),
        (serving(gpus=1, spec={"replicas": "${N}"}), 'replicas is "${N}", not a number'),
        (serving(pod={"resourceClaims": [{"name": "gpu"}]}), "it claims devices (resourceClaims)"),
        (predictor(model=_gpu(1)), "the predictor has no maxReplicas"),
        (predictor(model=_gpu(1), maxReplicas=0), "the predictor has no maxReplicas"),
        (predictor(model=_gpu(1), maxReplicas=1, workerSpec={}), "how many workers"),
    ],
)
def test_what_cannot_be_counted_is_inconclusive(one: Resource, reason: str) -> None:
    outcome = _judge(one)
    assert outcome.state is State.INCONCLUSIVE
    assert reason in outcome.reason


@pytest.mark.parametrize(
    ("one", "total"),
    [
        (workload("Pod", pod={"containers": [_gpu(9)]}, tier=Tier.PRODUCTION), "9 × 1"),
        (
            workload("CronJob", pod={"containers": [_gpu(3)]}, spec={"parallelism": 3}),
            "3 × 3 (parallelism 3)",
        ),
        (predictor(model=_gpu(2), maxReplicas=5), "2 × 5 (maxReplicas 5)"),
    ],
)
def test_other_kinds_count_their_own_way(one: Resource, total: str) -> None:
    config = Config(gpus={"production": Decimal(8), "staging": Decimal(8)}, memory_required=False)
    assert total in _judge(one, config=config).findings[0].message


def test_the_parts_of_an_llm_service_add_up() -> None:
    body = {
        "apiVersion": "serving.kserve.io/v1alpha1",
        "kind": "LLMInferenceService",
        "metadata": {"name": "llm", "namespace": "ai"},
        "spec": {
            "replicas": 2,
            "template": {"containers": [_gpu(4)]},
            "prefill": {"replicas": 3, "template": {"containers": [_gpu(1)]}},
        },
    }
    one = resource(body, tier=Tier.PRODUCTION)
    assert "11 accelerators = 4 × 2 (replicas 2) + 1 × 3 (replicas 3)" in (
        _judge(one).findings[0].message
    )


def test_a_patch_lowers_the_replicas_to_what_fits() -> None:
    (finding,) = _judge(serving(gpus=3, spec={"replicas": 5})).findings
    assert [(p.pointer, p.value) for p in finding.patches] == [(("spec", "replicas"), 2)]
    assert not _judge(serving(gpus=3, spec={"replicas": 2})).findings
    # Where one pod is too much already, and where an autoscaler decides, it would not help.
    assert _judge(serving(gpus=9)).findings[0].patches == ()
    assert _judge(serving(gpus=3), _hpa(5)).findings[0].patches == ()


_CAP = Config(memory={"production": Decimal(40)}, products={"Tesla-T4": Decimal(16)})


def _memory(
    annotations: dict[str, Any] | None = None,
    selector: dict[str, Any] | None = None,
    limits: dict[str, Any] | None = None,
    config: Config = _CAP,
) -> str:
    """ "" where it passes, else the rule and what was seen."""
    one = {"name": "c", "resources": {"limits": limits or {"nvidia.com/gpu": 1}}}
    pod = {"containers": [one], "nodeSelector": selector or {}}
    outcome = _judge(serving(annotations=annotations, pod=pod), config=config)
    if outcome.inconclusive:
        return outcome.inconclusive
    return "".join(f"{f.rule}: {f.trace.observed}" for f in outcome.findings)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("24Gi", ""),
        ("40Gi", ""),
        ("41Gi", "ALN24-memory: 41 GiB"),
        ("80", "ALN24-memory: 80 GiB"),
        ("a100-80gb", "ALN24-memory: 80 GiB"),
        ("tesla-t4", ""),
    ],
)
def test_the_annotation_says_it(value: str, found: str) -> None:
    assert _memory({_MEMORY: value}) == found


def test_a_name_without_an_amount_says_nothing() -> None:
    found = _memory({_MEMORY: "large"})
    assert found == (
        f'ALN24-unstated: metadata.annotations.{_MEMORY} is "large", which names no memory'
    )


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        ({"nvidia.com/gpu.memory": "40960"}, ""),
        ({"nvidia.com/gpu.memory": "81920"}, "ALN24-memory: 80 GiB"),
        ({"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-80GB"}, "ALN24-memory: 80 GiB"),
        ({"cloud.google.com/gke-accelerator": "nvidia-a100-80gb"}, "ALN24-memory: 80 GiB"),
        ({"nvidia.com/gpu.product": "Tesla-T4"}, ""),
        ({"karpenter.k8s.aws/instance-gpu-memory": "16384"}, ""),
        ({"other": "80Gi"}, "ALN24-unstated: nothing says it"),
    ],
)
def test_node_selectors_say_it(selector: dict[str, Any], found: str) -> None:
    assert _memory(selector=selector) == found


@pytest.mark.parametrize(
    ("limits", "unit", "found"),
    [
        ({"nvidia.com/gpu-memory": "16Gi"}, "GiB", ""),
        ({"nvidia.com/gpu-memory": "80Gi"}, "GiB", "ALN24-memory: 80 GiB"),
        ({"nvidia.com/gpu-memory": 80}, "GiB", "ALN24-memory: 80 GiB"),
        ({"nvidia.com/gpu-memory": "80"}, "MiB", ""),
        ({"nvidia.com/gpu-memory": 81920}, "MiB", "ALN24-memory: 80 GiB"),
        ({"nvidia.com/mig-1g.5gb": 2}, "GiB", ""),
        ({"nvidia.com/mig-7g.80gb": 1}, "GiB", "ALN24-memory: 80 GiB"),
        # These come in one size.
        ({"google.com/tpu": 4}, "GiB", ""),
    ],
)
def test_resources_say_it(limits: dict[str, Any], unit: Any, found: str) -> None:
    config = Config(memory={"production": Decimal(40)}, plain_unit=unit)
    assert _memory(limits=limits, config=config) == found


def test_of_several_the_largest_counts() -> None:
    selector = {"nvidia.com/gpu.memory": "81920"}
    assert _memory({_MEMORY: "24Gi"}, selector) == "ALN24-memory: 80 GiB"
    assert "which names no memory" in _memory({_MEMORY: "24Gi"}, {"nvidia.com/gpu.product": "x"})


def test_patches_state_what_is_allowed() -> None:
    unstated = judged(CHECK, serving(gpus=1), config=_CAP).findings[0]
    assert [(p.pointer, p.value) for p in unstated.patches] == [
        (("metadata", "annotations", _MEMORY), "40Gi")
    ]
    one = serving(gpus=1, annotations={_MEMORY: "80Gi"})
    assert judged(CHECK, one, config=_CAP).findings[0].patches == unstated.patches


@pytest.mark.parametrize(
    ("tier", "severity"),
    [
        (Tier.EXPERIMENT, Severity.WARN),
        (Tier.STAGING, Severity.FAIL),
        (Tier.PRODUCTION, Severity.FAIL),
    ],
)
def test_how_hard_it_is(tier: Tier, severity: Severity) -> None:
    config = Config(gpus={tier.value: Decimal(1)})
    findings = judged(CHECK, serving(gpus=2, tier=tier), config=config).findings
    assert {f.severity for f in findings} == {severity}


def test_a_model_without_gpus_is_within_every_budget() -> None:
    assert _judge(serving(), config=Config(gpus={"production": Decimal(0)})).state is State.PASS


def test_a_limit_below_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be below 0"):
        Config(gpus={"production": Decimal(-1)})


def test_the_example() -> None:
    assert_golden(CHECK)
