"""Kinds beyond Kubernetes' own: how many pods each runs, and for how long."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import yaml

from checks.model import Range, Resource
from checks.pricing.assume import Assumptions, KindRule
from tests.checks.manifests import POD, container, hpa, known, priced, reason, resource, workload

_POD = {"containers": [container()]}
_TEMPLATE = {"spec": _POD}
HOUR = POD / 730


def _object(version: str, kind: str, spec: Any, **meta: Any) -> Resource:
    return resource(
        {"apiVersion": version, "kind": kind, "metadata": {"name": "x", **meta}, "spec": spec}
    )


def _pods(low: int, expected: int | None = None, high: int | None = None) -> Range:
    expected = low if expected is None else expected
    return Range(
        low=POD * low, expected=POD * expected, high=POD * (expected if high is None else high)
    )


def _serving(kind: str, spec: Any, **meta: Any) -> Resource:
    return _object("serving.kserve.io/v1beta1", kind, spec, **meta)


@pytest.mark.parametrize(
    ("one", "amount"),
    [
        (_serving("InferenceService", {"predictor": {**_POD, "maxReplicas": 3}}), _pods(1, 1, 3)),
        (
            _serving(
                "InferenceService",
                {
                    "predictor": {
                        "model": {"modelFormat": {"name": "x"}, **_POD["containers"][0]},
                        "minReplicas": 2,
                        "maxReplicas": 2,
                    },
                    "transformer": {**_POD, "minReplicas": 0, "maxReplicas": 4},
                },
            ),
            _pods(2, 2, 6),
        ),
        (
            _serving(
                "InferenceService",
                {
                    "predictor": {
                        **_POD,
                        "maxReplicas": 1,
                        "workerSpec": {**_POD, "pipelineParallelSize": 3},
                    }
                },
            ),
            _pods(3),
        ),
        (
            _serving(
                "InferenceService",
                {"predictor": _POD},
                annotations={"serving.kserve.io/deploymentMode": "RawDeployment"},
            ),
            _pods(1),
        ),
        (_serving("LLMInferenceService", {"replicas": 2, "template": _POD}), _pods(2)),
        (
            _serving(
                "LLMInferenceService",
                {
                    "replicas": 2,
                    "template": _POD,
                    "worker": _POD,
                    "parallelism": {"data": 8, "dataLocal": 2},
                    "prefill": {"replicas": 3, "template": _POD},
                },
            ),
            _pods(11),
        ),
        (
            _object(
                "serving.knative.dev/v1",
                "Service",
                {
                    "template": {
                        "metadata": {
                            "annotations": {
                                "autoscaling.knative.dev/min-scale": "1",
                                "autoscaling.knative.dev/maxScale": "5",
                            }
                        },
                        **_TEMPLATE,
                    }
                },
            ),
            _pods(1, 1, 5),
        ),
        (
            _object(
                "ray.io/v1",
                "RayCluster",
                {
                    "enableInTreeAutoscaling": True,
                    "headGroupSpec": {"template": _TEMPLATE},
                    "workerGroupSpecs": [
                        {
                            "groupName": "cpu",
                            "replicas": 2,
                            "minReplicas": 1,
                            "maxReplicas": 4,
                            "template": _TEMPLATE,
                        }
                    ],
                },
            ),
            _pods(2, 3, 5),
        ),
        (
            _object(
                "ray.io/v1",
                "RayService",
                {
                    "rayClusterConfig": {
                        "headGroupSpec": {"template": _TEMPLATE},
                        "workerGroupSpecs": [
                            {"replicas": 2, "numOfHosts": 2, "template": _TEMPLATE}
                        ],
                    }
                },
            ),
            _pods(5),
        ),
        (
            _object(
                "leaderworkerset.x-k8s.io/v1",
                "LeaderWorkerSet",
                {
                    "replicas": 2,
                    "leaderWorkerTemplate": {
                        "size": 4,
                        "leaderTemplate": _TEMPLATE,
                        "workerTemplate": _TEMPLATE,
                    },
                },
            ),
            _pods(8),
        ),
        (
            _object(
                "keda.sh/v1alpha1",
                "ScaledJob",
                {"jobTargetRef": {"parallelism": 2, "template": _TEMPLATE}, "maxReplicaCount": 3},
            ),
            _pods(0, 0, 6),
        ),
        # By its shape: a number that stands near.
        (
            _object(
                "example.com/v1",
                "Farm",
                {"nodes": [{"count": 3, "template": _TEMPLATE}, {"template": _TEMPLATE}]},
            ),
            _pods(4),
        ),
    ],
    ids=lambda value: value.kind if isinstance(value, Resource) else "",
)
def test_what_always_runs(one: Resource, amount: Range) -> None:
    assert known(priced(one)).amount == amount


@pytest.mark.parametrize(
    ("one", "pods"),
    [
        (
            _object(
                "kubeflow.org/v1",
                "PyTorchJob",
                {
                    "pytorchReplicaSpecs": {
                        "Master": {"template": _TEMPLATE},
                        "Worker": {"replicas": 3, "template": _TEMPLATE},
                    }
                },
            ),
            4,
        ),
        (
            _object(
                "kubeflow.org/v2beta1",
                "MPIJob",
                {"mpiReplicaSpecs": {"Worker": {"replicas": 2, "template": _TEMPLATE}}},
            ),
            2,
        ),
        (
            _object(
                "batch.volcano.sh/v1alpha1",
                "Job",
                {"tasks": [{"replicas": 5, "template": _TEMPLATE}, {"template": _TEMPLATE}]},
            ),
            6,
        ),
        (
            _object(
                "jobset.x-k8s.io/v1alpha2",
                "JobSet",
                {
                    "replicatedJobs": [
                        {
                            "name": "w",
                            "replicas": 2,
                            "template": {"spec": {"parallelism": 4, "template": _TEMPLATE}},
                        }
                    ]
                },
            ),
            8,
        ),
        (
            _object(
                "trainer.kubeflow.org/v1alpha1",
                "TrainJob",
                {"trainer": {"numNodes": 3, "resourcesPerNode": container()["resources"]}},
            ),
            3,
        ),
        (
            _object(
                "ray.io/v1",
                "RayJob",
                {
                    "shutdownAfterJobFinishes": True,
                    "rayClusterSpec": {
                        "headGroupSpec": {"template": _TEMPLATE},
                        "workerGroupSpecs": [{"replicas": 2, "template": _TEMPLATE}],
                    },
                },
            ),
            3,
        ),
        # What waits in a queue of Kueue is suspended until its turn, and then runs.
        (
            resource(
                {
                    "apiVersion": "batch/v1",
                    "kind": "Job",
                    "metadata": {"name": "x", "labels": {"kueue.x-k8s.io/queue-name": "gpus"}},
                    "spec": {"suspend": True, "parallelism": 2, "template": _TEMPLATE},
                }
            ),
            2,
        ),
    ],
    ids=lambda value: value.kind if isinstance(value, Resource) else "",
)
def test_what_runs_to_an_end(one: Resource, pods: int) -> None:
    cost = known(priced(one, assume=Assumptions(job_minutes=Decimal(90))))
    assert cost.amount.expected == HOUR * Decimal("1.5") * pods
    assert "90 minutes" in cost.basis
    said = reason(priced(one))
    assert "assume.job_minutes" in said
    assert "an hour while it runs" in said


class TestUnbounded:
    SERVICE = _object("serving.knative.dev/v1", "Service", {"template": _TEMPLATE})

    def test_nothing_bounds_knative_without_max_scale(self) -> None:
        assert "nothing bounds how far Knative scales it" in reason(priced(self.SERVICE))

    def test_config_may_say_how_far_it_goes(self) -> None:
        answer = priced(self.SERVICE, assume=Assumptions(most_replicas=7))
        assert known(answer).amount == _pods(0, 0, 7)
        assert "the most assumed" in known(answer).basis

    def test_and_how_many_ran(self) -> None:
        assume = Assumptions(most_replicas=7, replicas_for={"x": Decimal("2.5")})
        assert known(priced(self.SERVICE, assume=assume)).amount.expected == POD * Decimal("2.5")


def test_the_observed_mean_is_expected_of_what_an_autoscaler_moves() -> None:
    assume = Assumptions(replicas_for={"web": Decimal("4.25")})
    answer = known(priced(workload(), hpa(2, 8), assume=assume))
    assert answer.amount == Range(low=POD * 2, expected=POD * Decimal("4.25"), high=POD * 8)
    assert answer.basis.startswith("4.25 (2 to 8 by HPA web) × ")


class TestRollout:
    def _rollout(self, **spec: Any) -> Resource:
        return _object("argoproj.io/v1alpha1", "Rollout", {"replicas": 4, **spec})

    @pytest.mark.parametrize(
        ("strategy", "most"),
        [
            ({"canary": {}}, 5),
            ({"canary": {"maxSurge": "50%"}}, 6),
            ({"canary": {"maxSurge": 3}}, 7),
            ({"canary": {"trafficRouting": {}}}, 8),
            ({"blueGreen": {}}, 8),
            ({"blueGreen": {"previewReplicaCount": 1}}, 5),
        ],
    )
    def test_surge_is_in_the_high_bound_only(self, strategy: Any, most: int) -> None:
        one = self._rollout(template=_TEMPLATE, strategy=strategy)
        assert known(priced(one)).amount == _pods(4, 4, most)

    def test_the_pods_of_a_workload_that_it_refers_to(self) -> None:
        one = self._rollout(
            workloadRef={"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
        )
        assert known(priced(one, workload())).amount.expected == POD * 4
        assert "not in the files" in reason(priced(one))


class TestBadInput:
    @pytest.mark.parametrize(
        ("one", "pointer"),
        [
            (workload(spec={"replicas": -1}), ("spec", "replicas")),
            (
                workload(pod={"containers": [container(resources={"requests": {"cpu": "1x"}})]}),
                ("spec", "template", "spec", "containers", 0, "resources", "requests", "cpu"),
            ),
            (
                _serving("InferenceService", {"predictor": {**_POD, "minReplicas": "2"}}),
                ("spec", "predictor", "minReplicas"),
            ),
            (
                _serving(
                    "InferenceService", {"predictor": {**_POD, "minReplicas": 3, "maxReplicas": 2}}
                ),
                ("spec", "predictor", "maxReplicas"),
            ),
            (workload("CronJob", spec={"schedule": "often"}), ("spec", "schedule")),
            (
                _object(
                    "keda.sh/v1alpha1",
                    "ScaledJob",
                    {
                        "jobTargetRef": {"template": _TEMPLATE},
                        "minReplicaCount": 5,
                        "maxReplicaCount": 3,
                    },
                ),
                ("spec", "maxReplicaCount"),
            ),
            (
                workload(
                    "StatefulSet",
                    spec={
                        "volumeClaimTemplates": [
                            {"spec": {"resources": {"requests": {"storage": "1Gb"}}}}
                        ]
                    },
                ),
                ("spec", "volumeClaimTemplates", 0, "spec", "resources", "requests", "storage"),
            ),
        ],
    )
    def test_the_value_to_blame_is_pointed_at(self, one: Resource, pointer: Any) -> None:
        answer = priced(one)
        assert reason(answer)
        assert [flaw.pointer for flaw in answer.flaws] == [pointer]  # type: ignore[union-attr]

    def test_of_an_autoscaler_it_is_that_ones(self) -> None:
        scaler = hpa(5, 2)
        (flaw,) = priced(workload(), scaler).flaws  # type: ignore[union-attr]
        assert (flaw.resource, flaw.pointer) == (scaler, ("spec", "maxReplicas"))

    def test_what_is_merely_not_said_is_nobodys_fault(self) -> None:
        answer = priced(workload(pod={"containers": [container(resources={})]}))
        assert not answer.flaws  # type: ignore[union-attr]


class TestByConfig:
    FARM = _object(
        "farm.example.com/v1",
        "FarmPolicy",
        {"cells": [{"n": 2, "pod": _POD}, {"n": 3, "pod": _POD}], "other": {"pod": _POD}},
    )

    def test_a_path_says_where_the_pods_are(self) -> None:
        rule = KindRule(
            group="farm.example.com",
            kind="FarmPolicy",
            pods="spec.cells[*].pod",
            replicas="spec.cells[*].n",
        )
        assert priced(self.FARM) is None
        assert known(priced(self.FARM, kinds=[rule])).amount == _pods(5)

    def test_what_runs_to_an_end(self) -> None:
        rule = KindRule(
            group="farm.example.com", kind="FarmPolicy", pods="spec.other.pod", per_run=True
        )
        assume = Assumptions(job_minutes=Decimal(60))
        assert known(priced(self.FARM, kinds=[rule], assume=assume)).amount.expected == HOUR

    def test_a_path_that_leads_nowhere(self) -> None:
        rule = KindRule(group="farm.example.com", kind="FarmPolicy", pods="spec.nothing")
        assert "no pods" in reason(priced(self.FARM, kinds=[rule]))

    @pytest.mark.parametrize("bad", [("", ""), ("spec..pod", ""), ("spec.pod", "spec.n[*]")])
    def test_a_bad_path(self, bad: tuple[str, str]) -> None:
        with pytest.raises(ValueError, match="spec"):
            KindRule(group="", kind="Farm", pods=bad[0], replicas=bad[1])


@pytest.mark.parametrize(
    ("version", "kind"),
    [
        ("kyverno.io/v1", "ClusterPolicy"),
        ("trainer.kubeflow.org/v1alpha1", "ClusterTrainingRuntime"),
        ("serving.kserve.io/v1alpha1", "ServingRuntime"),
        ("argoproj.io/v1alpha1", "Application"),
        ("kueue.x-k8s.io/v1beta1", "Workload"),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
    ],
)
def test_what_only_describes_pods_runs_none(version: str, kind: str) -> None:
    assert priced(_object(version, kind, {"template": _TEMPLATE})) is None


class TestLimitRange:
    SILENT = workload(pod={"containers": [container(resources={"requests": {"cpu": "500m"}})]})

    def _range(self, **limit: Any) -> Resource:
        text = """
        apiVersion: v1
        kind: LimitRange
        metadata: {name: defaults}
        spec: {limits: [{type: Container}]}
        """
        body = yaml.safe_load(text)
        body["spec"]["limits"][0] |= limit
        return resource(body)

    @pytest.mark.parametrize("field", ["defaultRequest", "default", "max", "min"])
    def test_it_says_what_a_silent_container_asks_for(self, field: str) -> None:
        cost = known(priced(self.SILENT, self._range(**{field: {"memory": "1Gi"}})))
        assert cost.amount.expected == POD
        assert "container app memory 1Gi by LimitRange defaults" in cost.basis

    def test_one_of_another_namespace_does_not(self) -> None:
        other = resource(
            {
                "apiVersion": "v1",
                "kind": "LimitRange",
                "metadata": {"name": "defaults", "namespace": "other"},
                "spec": {"limits": [{"type": "Container", "defaultRequest": {"memory": "1Gi"}}]},
            }
        )
        assert "no memory request" in reason(priced(self.SILENT, other))

    def test_config_may_say_it_and_is_named(self) -> None:
        cost = known(priced(self.SILENT, assume=Assumptions(memory="1Gi")))
        assert cost.amount.expected == POD
        assert "container app memory 1Gi (assumed)" in cost.basis

    def test_an_assumption_must_be_a_quantity(self) -> None:
        with pytest.raises(ValueError, match="assumed request"):
            Assumptions(cpu="some")
