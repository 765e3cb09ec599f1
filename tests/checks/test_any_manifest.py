"""Whatever a pull request holds, a check answers: a crash would be an error on the whole change."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.config import defaults
from checks.model import Resource, Subject
from checks.pricing.workload import Assumptions
from checks.registry import CHECKS
from tests.checks.manifests import hpa, resource, subject

_NAMES = [
    "activeDeadlineSeconds",
    "affinity",
    "annotations",
    "completions",
    "concurrencyPolicy",
    "containers",
    "cpu",
    "ephemeral",
    "image",
    "initContainers",
    "jobTemplate",
    "limits",
    "maxReplicas",
    "memory",
    "minReplicas",
    "name",
    "nvidia.com/gpu",
    "overhead",
    "parallelism",
    "replicas",
    "requests",
    "resources",
    "restartPolicy",
    "scaleTargetRef",
    "schedule",
    "spec",
    "storage",
    "suspend",
    "template",
    "volumeClaimTemplates",
    "volumes",
    "headGroupSpec",
    "infrastructureRef",
    "key",
    "leaderWorkerTemplate",
    "matchExpressions",
    "nodeAffinity",
    "nodeSelector",
    "nodeSelectorTerms",
    "operator",
    "predictor",
    "pytorchReplicaSpecs",
    "replicatedJobs",
    "requiredDuringSchedulingIgnoredDuringExecution",
    "requirements",
    "resourceClaims",
    "resourceClaimTemplateName",
    "size",
    "strategy",
    "tasks",
    "tolerations",
    "trainer",
    "type",
    "values",
    "worker",
    "workerGroupSpecs",
    "workloadRef",
]
_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(10**400), 10**400),
    st.floats(),
    st.sampled_from(["", "8E", "1Gi", "500m", "@hourly", "@every 1h", "* * * * *", "a:latest"]),
    st.text(max_size=5),
)
_NODES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(_NAMES), inner, max_size=4)
    ),
    max_leaves=15,
)
_KINDS = [
    ("v1", "Pod"),
    ("v1", "PersistentVolumeClaim"),
    ("apps/v1", "Deployment"),
    ("apps/v1", "StatefulSet"),
    ("apps/v1", "DaemonSet"),
    ("batch/v1", "Job"),
    ("batch/v1", "CronJob"),
    ("autoscaling/v2", "HorizontalPodAutoscaler"),
    ("keda.sh/v1alpha1", "ScaledObject"),
    ("keda.sh/v1alpha1", "ScaledJob"),
    ("argoproj.io/v1alpha1", "Rollout"),
    ("serving.kserve.io/v1beta1", "InferenceService"),
    ("serving.kserve.io/v1alpha1", "LLMInferenceService"),
    ("serving.knative.dev/v1", "Service"),
    ("ray.io/v1", "RayCluster"),
    ("ray.io/v1", "RayJob"),
    ("kubeflow.org/v1", "PyTorchJob"),
    ("trainer.kubeflow.org/v1alpha1", "TrainJob"),
    ("batch.volcano.sh/v1alpha1", "Job"),
    ("jobset.x-k8s.io/v1alpha2", "JobSet"),
    ("leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet"),
    ("karpenter.sh/v1", "NodePool"),
    ("cluster.x-k8s.io/v1beta1", "MachineDeployment"),
    ("v1", "Service"),
    ("v1", "LimitRange"),
    ("networking.k8s.io/v1", "Ingress"),
    ("storage.k8s.io/v1", "StorageClass"),
    ("resource.k8s.io/v1", "ResourceClaimTemplate"),
    ("example.com/v1", "Farm"),
]


@st.composite
def _objects(draw: st.DrawFn) -> list[Resource]:
    version, kind = draw(st.sampled_from(_KINDS))
    amounts = st.dictionaries(
        st.sampled_from(["cpu", "memory", "nvidia.com/gpu", "hugepages-2Mi"]), _SCALARS
    )
    containers = st.lists(
        st.fixed_dictionaries(
            {"name": _SCALARS, "image": _SCALARS},
            optional={"resources": st.fixed_dictionaries({"requests": amounts}) | _NODES},
        ),
        min_size=1,
        max_size=2,
    )
    pod = st.fixed_dictionaries({"containers": containers | _NODES}, optional={"volumes": _NODES})
    spec: Any = draw(_NODES)
    if draw(st.booleans()):
        spec = {
            "template": {"spec": draw(pod)},
            "replicas": draw(_SCALARS),
            "volumeClaimTemplates": draw(_NODES),
            "scaleTargetRef": draw(_NODES),
        }
    body = {"apiVersion": version, "kind": kind, "metadata": {"name": "x"}, "spec": spec}
    scaler = hpa(draw(_SCALARS), draw(_SCALARS), target=(kind, "x"), name="y")
    return [resource(body), scaler]


def _judged(one: Subject) -> None:
    configs = dict(defaults().checks)
    configs["cost_delta"] = replace(
        configs["cost_delta"],
        assume=Assumptions(nodes=10**9, job_minutes=10**9),  # type: ignore[arg-type]
    )
    for check in CHECKS:
        outcome = check.judge(one, configs[check.id])
        assert outcome.check == check.id
        if outcome.cost is not None:
            assert outcome.cost.delta.low <= outcome.cost.delta.expected


@given(_objects(), _objects())
def test_every_check_answers(before: list[Resource], after: list[Resource]) -> None:
    _judged(subject(before, after))
