"""What trains models or computes in gangs of pods: Kubeflow, Volcano, JobSet, LeaderWorkerSet."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from checks.model import Node, Pointer, Resource
from checks.pricing.cost import Unknown, flawed
from checks.pricing.kinds.pieces import Answer, Piece, priced, scaled
from checks.pricing.kinds.runs import (
    SUSPENDED,
    Runs,
    is_suspended,
    job_template,
    piece_of,
    run_cost,
)
from checks.pricing.market import Market
from checks.pricing.scale import Replicas, counted, whole

_SPECS = "ReplicaSpecs"
_RUNTIMES = ("ClusterTrainingRuntime", "TrainingRuntime")


def training_job(resource: Resource, market: Market) -> Answer:
    """Kubeflow's PyTorchJob, TFJob, MPIJob and their like: one run."""
    if is_suspended(resource, "spec", "runPolicy", "suspend"):
        return SUSPENDED
    pieces: list[Piece] = []
    spec = resource.get("spec")
    for key, roles in spec.items() if isinstance(spec, dict) else ():
        for role in roles if key.endswith(_SPECS) and isinstance(roles, dict) else ():
            at: Pointer = ("spec", key, role)
            count = _count(resource, at, role, market)
            template: Pointer = (*at, "template", "spec")
            pieces.append(
                Piece(
                    spec=resource.get(*template), pointer=template, count=count, name=role.lower()
                )
            )
    return run_cost(resource, market, pieces, _deadline(resource, ("spec", "runPolicy")))


def _count(resource: Resource, at: Pointer, role: str, market: Market) -> Replicas | Unknown:
    stated = counted(resource, (*at, "replicas"), default=1)
    elastic: Pointer = ("spec", "elasticPolicy")
    if isinstance(stated, Unknown) or role != "Worker" or resource.get(*elastic) is None:
        return stated if isinstance(stated, Unknown) else Replicas.exact(stated)
    low = counted(resource, (*elastic, "minReplicas"), default=stated)
    high = counted(resource, (*elastic, "maxReplicas"), default=stated)
    if isinstance(low, Unknown):
        return low
    if isinstance(high, Unknown):
        return high
    if low > high:
        said = f"minReplicas {low} and maxReplicas {high}, which is no range"
        return flawed((*elastic, "maxReplicas"), f"it has {said}")
    return scaled(low, high, stated, resource, market, "elasticPolicy")


def _deadline(resource: Resource, at: Pointer) -> Runs:
    seconds = whole(resource.get(*at, "activeDeadlineSeconds"), default=None)
    return Runs(deadline=None if seconds is None else Decimal(seconds) / 3600)


def train_job(resource: Resource, market: Market) -> Answer:
    """Kubeflow's TrainJob: nodes as its trainer says, else as its runtime does."""
    if is_suspended(resource):
        return SUSPENDED
    name = resource.get("spec", "runtimeRef", "name")
    runtimes = (market.objects.named(resource, kind, name) for kind in _RUNTIMES)
    runtime = next((one for one in runtimes if one is not None), None)
    nodes = resource.get("spec", "trainer", "numNodes")
    if nodes is None and runtime is not None:
        nodes = runtime.get("spec", "mlPolicy", "numNodes")
        nodes = 1 if nodes is None else nodes
    if nodes is None:
        return Unknown(reason=f"its runtime {name} is not in the files that were read")
    count = whole(nodes, default=None)
    if count is None:
        return flawed(("spec", "trainer", "numNodes"), "numNodes is not a number from 0 up")
    asks = resource.get("spec", "trainer", "resourcesPerNode")
    container: dict[str, Node] = {"name": "node", "resources": asks}
    around = _runtime_pod(runtime)
    pod: dict[str, Node] = {**around, "containers": [container]}
    if asks is None and around.get("containers"):
        pod = dict(around)
    at: Pointer = ("spec", "trainer")
    piece = Piece(spec=pod, pointer=at, count=Replicas.exact(count))
    return run_cost(resource, market, [piece], Runs())


def _runtime_pod(runtime: Resource | None) -> Mapping[str, Node]:
    """The pod spec that a training runtime has for its nodes."""
    jobs = runtime.get("spec", "template", "spec", "replicatedJobs") if runtime else None
    for job in jobs if isinstance(jobs, list) else ():
        template = job.get("template") if isinstance(job, dict) else None
        for key in ("spec", "template", "spec"):
            template = template.get(key) if isinstance(template, dict) else None
        if isinstance(template, dict) and isinstance(job, dict) and job.get("name") == "node":
            return template
    return {}


def volcano_job(resource: Resource, market: Market) -> Answer:
    """Volcano's Job: one run of all its tasks."""
    tasks = resource.get("spec", "tasks")
    pieces: list[Piece] = []
    for index in range(len(tasks) if isinstance(tasks, list) else 0):
        at: Pointer = ("spec", "tasks", index)
        count = counted(resource, (*at, "replicas"), default=1)
        name = resource.get(*at, "name")
        pieces.append(
            Piece(
                spec=resource.get(*at, "template", "spec"),
                pointer=(*at, "template", "spec"),
                count=count if isinstance(count, Unknown) else Replicas.exact(count),
                name=name if isinstance(name, str) and name else f"task #{index + 1}",
            )
        )
    return run_cost(resource, market, pieces, Runs())


def job_set(resource: Resource, market: Market) -> Answer:
    """A JobSet: one run of all its Jobs."""
    if is_suspended(resource):
        return SUSPENDED
    jobs = resource.get("spec", "replicatedJobs")
    pieces: list[Piece] = []
    for index in range(len(jobs) if isinstance(jobs, list) else 0):
        at: Pointer = ("spec", "replicatedJobs", index)
        template = job_template(resource, (*at, "template", "spec"))
        count = counted(resource, (*at, "replicas"), default=1)
        if isinstance(template, Unknown):
            return template
        if isinstance(count, Unknown):
            return count
        name = resource.get(*at, "name")
        shown = name if isinstance(name, str) and name else f"job #{index + 1}"
        pieces.append(piece_of(template, shown, count))
    return run_cost(resource, market, pieces, Runs())


def leader_worker_set(resource: Resource, market: Market) -> Answer:
    """Groups of a leader and its workers, which always run."""
    groups = counted(resource, ("spec", "replicas"), default=1)
    at: Pointer = ("spec", "leaderWorkerTemplate")
    size = counted(resource, (*at, "size"), default=1)
    if isinstance(groups, Unknown):
        return groups
    if isinstance(size, Unknown):
        return size
    worker: Pointer = (*at, "workerTemplate", "spec")
    leader: Pointer = (*at, "leaderTemplate", "spec")
    if resource.get(*leader) is None:
        piece = _fixed(resource, worker, groups * max(size, 1), "")
        return priced(resource, market, [piece])
    pieces = [
        _fixed(resource, leader, groups, "leader"),
        _fixed(resource, worker, groups * max(size - 1, 0), "worker"),
    ]
    return priced(resource, market, pieces)


def _fixed(resource: Resource, pointer: Pointer, count: int, name: str) -> Piece:
    return Piece(
        spec=resource.get(*pointer), pointer=pointer, count=Replicas.exact(count), name=name
    )
