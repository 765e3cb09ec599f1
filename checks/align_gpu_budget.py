"""align_gpu_budget: an AI workload takes no more GPUs, and no larger ones, than it may."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar, Literal

from checks.alignment.accelerators import Count, Memory, counts, gib, memories, needs_memory
from checks.alignment.rule import Said, Untold, over_workloads
from checks.alignment.sides import Side
from checks.alignment.workload import Workload, model_id_key, stated
from checks.model import Finding, Input, Location, Patch, ResourceRef, Trace
from checks.pricing.cost import Unknown, number
from checks.rule import Check, Rule
from checks.severity import SeverityByTier, TierWord, severity_in

_ID = "align_gpu_budget"
_OVER = Rule(
    id="ALN24",
    title="A workload can take more GPUs than its budget",
    remedy="Lower the replicas, the autoscaler's maximum or the GPUs of a pod, or raise the budget"
    " in the config of the base branch.",
)
_CAP = Rule(
    id="ALN24-memory",
    title="A GPU has more memory than is allowed",
    remedy="Ask for a smaller GPU or a slice of one, or raise `memory` in the config of the base"
    " branch.",
)
_UNSTATED = Rule(
    id="ALN24-unstated",
    title="A workload does not say how much memory its GPUs have",
    remedy="Set the annotation that the finding names, or select nodes by `nvidia.com/gpu.memory`.",
)
_WHY = """\
GPUs are the scarcest and dearest part of a cluster, and an autoscaler multiplies what a manifest
asks for. So the most that a workload can take, accelerators of a pod times the most pods that it
can have, is held against a budget: that of its model (`finops.<domain>/ai-model-id`), else of its
namespace, else of its tier. The maximum of an HPA or ScaledObject is read from the files beside the
workload. The budget is for one workload; sums over a namespace are what a ResourceQuota is for.
Going down is never held against a change, even where it is still too much.

A GPU of 16 GiB is not one of 80. The memory of one comes from the annotation
`ai.<domain>/gpu-memory` (such as `24Gi`), the resource `nvidia.com/gpu-memory`, the name of a MIG
slice, or the node selector (`nvidia.com/gpu.memory`, `nvidia.com/gpu.product`,
`cloud.google.com/gke-accelerator`, Karpenter's). Where several say something the largest counts.
What cannot be counted (a DaemonSet, KServe without `maxReplicas`, claims of devices) makes the
outcome inconclusive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """How hard findings are, how many accelerators a workload may take, and how large GPUs may be
    (GiB); None is no limit."""

    severity: SeverityByTier = field(
        default_factory=lambda: {"experiment": "warn", "staging": "fail", "production": "fail"}
    )
    gpus: Mapping[TierWord, Decimal | None] = field(default_factory=dict)
    gpus_of_namespace: Mapping[str, Decimal | None] = field(default_factory=dict)
    gpus_of_model: Mapping[str, Decimal | None] = field(default_factory=dict)
    memory: Mapping[TierWord, Decimal | None] = field(default_factory=dict)
    memory_key: str = "ai.{domain}/gpu-memory"
    memory_required: bool = True
    plain_unit: Literal["GiB", "MiB"] = "GiB"
    products: Mapping[str, Decimal] = field(default_factory=dict)

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    def __post_init__(self) -> None:
        limits = (self.gpus, self.gpus_of_namespace, self.gpus_of_model, self.memory)
        if any(limit is not None and limit < 0 for each in limits for limit in each.values()):
            raise ValueError("a limit cannot be below 0")


def inspect(one: Workload, side: Side, config: Config) -> Iterator[Said]:
    """A finding for the number, and one for the memory, where they are not as they must be."""
    yield from _number(one, side, config)
    if needs_memory(one):
        yield from _memory(one, config)


def _number(one: Workload, side: Side, config: Config) -> Iterator[Said]:
    limit, whose = _budget(one, config)
    if limit is None:
        return
    found = counts(one, side.scalers)
    if isinstance(found, Unknown):
        yield Untold(reason=f"how many GPUs it can take is unknown: {found.reason}")
        return
    total = sum((count.total for count in found), Decimal(0))
    if total <= limit:
        return
    before = side.before(one)
    was = counts(before, side.previous.scalers) if before and side.previous else None
    no_more = isinstance(was, tuple) and total <= sum((count.total for count in was), Decimal(0))
    sums = " + ".join(f"{number(count.each)} × {count.pods} ({count.by})" for count in found)
    observed = f"{number(total)} accelerators = {sums}"
    yield _finding(
        one,
        config,
        _OVER,
        message=f"can take {observed}; the budget of {whose} is {number(limit)}",
        inputs=(*(said for count in found for said in count.inputs), *_scale(one, side)),
        observed=observed,
        threshold=f"{number(limit)} for {whose}",
        patches=_fewer(found, limit),
        no_worse=no_more,
    )


def _budget(one: Workload, config: Config) -> tuple[Decimal | None, str]:
    """The most specific budget, and whose it is."""
    for said in stated(one.resource, model_id_key(one.domain)):
        if said.value in config.gpus_of_model:
            return config.gpus_of_model[said.value], f"the model {said.value}"
    namespace = one.resource.namespace
    if namespace in config.gpus_of_namespace:
        return config.gpus_of_namespace[namespace], f"the namespace {namespace}"
    tier = one.resource.tier
    return config.gpus.get(tier.value), f"the tier {tier.value}"


def _scale(one: Workload, side: Side) -> Iterator[Input]:
    """Where the number of pods stands."""
    for scaler in side.scalers.of_workload.get(one.resource.id, ()):
        for key in ("maxReplicas", "maxReplicaCount"):
            high = scaler.get("spec", key)
            if high is not None:
                at = scaler.locate("spec", key)
                yield Input(location=at, pointer=f"{scaler.kind} spec.{key}", value=str(high)[:60])
    count = one.resource.get("spec", "replicas")
    if count is not None:
        at = one.resource.locate("spec", "replicas")
        yield Input(location=at, pointer="spec.replicas", value=str(count)[:60])


def _fewer(found: Sequence[Count], limit: Decimal) -> tuple[Patch, ...]:
    """As many replicas as the budget has room for, where the workload itself states them."""
    if len(found) != 1 or not found[0].by.startswith("replicas ") or limit < found[0].each:
        return ()
    return (Patch(pointer=("spec", "replicas"), value=int(limit // found[0].each)),)


def _memory(one: Workload, config: Config) -> Iterator[Said]:
    key = config.memory_key.replace("{domain}", one.domain)
    said = list(memories(one, key, config.plain_unit, config.products))
    known = [memory for memory in said if isinstance(memory, Memory)]
    unread = [memory.reason for memory in said if isinstance(memory, Unknown)]
    limit = config.memory.get(one.resource.tier.value)
    largest = max(known, key=lambda memory: memory.gib, default=None)
    if largest and limit is not None and largest.gib > limit:
        yield _too_large(one, config, largest, limit)
    elif unread and known:
        yield Untold(reason=unread[0])
    elif not known and config.memory_required:
        why = unread[0] if unread else "nothing says it"
        value = "" if limit is None else f"{limit:f}Gi"
        yield _finding(
            one,
            config,
            _UNSTATED,
            message=f"does not say how much memory its GPUs have: {why}",
            inputs=one.signs[:1],
            observed=why,
            threshold=f"{key}, or a node selector",
            patches=(Patch(pointer=("metadata", "annotations", key), value=value),)
            if value and not unread
            else (),
            remedy=f"Set the annotation {key}, such as 24Gi, or select nodes by"
            " nvidia.com/gpu.memory.",
        )


def _too_large(one: Workload, config: Config, largest: Memory, limit: Decimal) -> Finding:
    tier = one.resource.tier.value
    # A node label names a GPU that exists; a quantity can be any.
    free = "nodeSelector" not in largest.pointer and "/mig-" not in str(largest.pointer[-1])
    return _finding(
        one,
        config,
        _CAP,
        message=f"asks for GPUs of {gib(largest.gib)}; at most {gib(limit)} are allowed in {tier}",
        inputs=(largest.input,),
        observed=gib(largest.gib),
        threshold=gib(limit),
        patches=(Patch(pointer=largest.pointer, value=f"{limit:f}Gi"),) if free else (),
    )


def _finding(
    one: Workload,
    config: Config,
    rule: Rule,
    *,
    message: str,
    inputs: tuple[Input, ...],
    observed: str,
    threshold: str,
    patches: tuple[Patch, ...] = (),
    no_worse: bool = False,
    remedy: str = "",
) -> Finding:
    resource = one.resource
    location: Location = inputs[0].location if inputs else resource.source
    return Finding(
        check=_ID,
        rule=rule.id,
        severity=severity_in(config.severity, resource.tier),
        message=f"{ResourceRef.of(resource)} {message}",
        location=location,
        subject=f"{resource.id} gpus",
        resource=ResourceRef.of(resource),
        trace=Trace(
            inputs=inputs, predicate=f"not: {rule.title}", observed=observed, threshold=threshold
        ),
        remedy=remedy or rule.remedy,
        patches=patches,
        # With a finding of the base side for the same thing it is one that was there before.
        preexisting=no_worse,
    )


def scaler_changed(key: str, base: Side, head: Side) -> bool:
    """Whether what scales a workload is in the change."""
    return any(
        scaler.changed for side in (base, head) for scaler in side.scalers.of_workload.get(key, ())
    )


CHECK = Check(
    id=_ID,
    domain="alignment",
    title="AI workloads keep to their budget of GPUs",
    config=Config,
    judge=over_workloads(_ID, inspect, scaler_changed),
    why=_WHY,
    rules=(_OVER, _CAP, _UNSTATED),
)
