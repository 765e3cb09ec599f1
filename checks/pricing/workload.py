"""What one object costs a month: a rule for each kind that has a price."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from checks.model import Resource
from checks.pricing.assume import Assumptions
from checks.pricing.cost import Unknown, plausible
from checks.pricing.kinds import jobs, machines, network, ray, serving, training, workloads
from checks.pricing.kinds.found import by_rule, by_shape
from checks.pricing.kinds.pieces import Answer
from checks.pricing.market import TERRAFORM, Market, Sheets
from checks.pricing.scale import is_autoscaler, target_of

__all__ = ["Answer", "Assumptions", "Market", "Sheets", "price"]

_Rule: TypeAlias = Callable[[Resource, Market], Answer | None]


def price(resource: Resource, market: Market) -> Answer | None:
    """What `resource` costs a month; None for what has no price of its own."""
    own = market.kinds.get((resource.group, resource.kind)) if market.kinds else None
    if own is not None:
        answer: Answer | None = by_rule(resource, own, market)
    elif rule := _RULES.get((resource.group, resource.kind)):
        answer = rule(resource, market)
    elif resource.api_version == TERRAFORM:
        answer = _terraform(resource, market)
    elif is_autoscaler(resource):
        answer = _autoscaler(resource, market)
    else:
        answer = None if resource.group in _PLAIN_GROUPS else by_shape(resource, market)
    if answer is None:
        return None
    sheet, total = market.sheets.at(resource.place), market.sheets.facts.prices
    if sheet.currency != total.currency:
        return Unknown(reason=f"its prices are in {sheet.currency}, the totals in {total.currency}")
    return plausible(answer)


def _autoscaler(scaler: Resource, market: Market) -> Answer | None:
    """An autoscaler costs nothing itself: what it changes is the cost of its target."""
    target = target_of(scaler)
    if target is None:
        return Unknown(reason="its scaleTargetRef does not name what it scales")
    if scaler.id not in market.scalers.astray:
        return None
    return Unknown(reason=f"its target {target[1]} {target[2]} is not in the files that were read")


def _terraform(resource: Resource, market: Market) -> Answer | None:
    prices = market.sheets.facts.prices_at(resource.place)
    usage = market.usage.get(resource.name, {})
    siblings = market.addresses.get(resource.rendered_from, {})
    # Most changes have no Terraform, and its rules are many.
    from checks.pricing.terraform import price_terraform

    return price_terraform(resource, prices, usage, market.sheets.facts.now, siblings)


# Kubernetes' own kinds: those that run something have a rule.
_PLAIN_GROUPS = frozenset(
    {
        "",
        "apps",
        "batch",
        "admissionregistration.k8s.io",
        "apiextensions.k8s.io",
        "networking.k8s.io",
        "policy",
        "rbac.authorization.k8s.io",
        "resource.k8s.io",
        "storage.k8s.io",
    }
)
_RULES: Mapping[tuple[str, str], _Rule] = {
    ("", "Pod"): workloads.pod,
    ("", "ReplicationController"): workloads.replicated,
    ("apps", "Deployment"): workloads.replicated,
    ("apps", "StatefulSet"): workloads.replicated,
    ("apps", "ReplicaSet"): workloads.replicated,
    ("apps", "DaemonSet"): workloads.daemon_set,
    ("extensions", "Deployment"): workloads.replicated,
    ("extensions", "ReplicaSet"): workloads.replicated,
    ("extensions", "DaemonSet"): workloads.daemon_set,
    ("argoproj.io", "Rollout"): workloads.rollout,
    ("batch", "Job"): jobs.job,
    ("batch", "CronJob"): jobs.cron_job,
    ("keda.sh", "ScaledJob"): jobs.scaled_job,
    ("", "PersistentVolumeClaim"): network.claim,
    ("", "Service"): network.service,
    ("networking.k8s.io", "Ingress"): network.ingress,
    ("extensions", "Ingress"): network.ingress,
    ("karpenter.sh", "NodePool"): machines.node_pool,
    ("karpenter.sh", "Provisioner"): machines.node_pool,
    ("cluster.x-k8s.io", "MachineDeployment"): machines.machine_set,
    ("cluster.x-k8s.io", "MachineSet"): machines.machine_set,
    ("cluster.x-k8s.io", "MachinePool"): machines.machine_set,
    ("controlplane.cluster.x-k8s.io", "KubeadmControlPlane"): machines.machine_set,
    ("serving.kserve.io", "InferenceService"): serving.inference_service,
    ("serving.kserve.io", "LLMInferenceService"): serving.llm_inference_service,
    ("serving.knative.dev", "Service"): serving.knative_service,
    ("ray.io", "RayCluster"): ray.cluster,
    ("ray.io", "RayService"): ray.cluster,
    ("ray.io", "RayJob"): ray.job,
    ("kubeflow.org", "PyTorchJob"): training.training_job,
    ("kubeflow.org", "TFJob"): training.training_job,
    ("kubeflow.org", "MPIJob"): training.training_job,
    ("kubeflow.org", "XGBoostJob"): training.training_job,
    ("kubeflow.org", "PaddleJob"): training.training_job,
    ("kubeflow.org", "JAXJob"): training.training_job,
    ("trainer.kubeflow.org", "TrainJob"): training.train_job,
    ("batch.volcano.sh", "Job"): training.volcano_job,
    ("jobset.x-k8s.io", "JobSet"): training.job_set,
    ("leaderworkerset.x-k8s.io", "LeaderWorkerSet"): training.leader_worker_set,
}
