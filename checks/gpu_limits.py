"""gpu_limits: containers ask for GPUs as Kubernetes takes it, and for no more than is allowed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar, Literal

from checks.alignment.workload import GPU_MEMORY, Pod, Workload, asked_at, devices, workload
from checks.kube import Container
from checks.labelling.places import places as label_places
from checks.model import Node, Patch, Resource
from checks.pricing.cost import number
from checks.pricing.quantity import GIB, QuantityError, quantity
from checks.rule import Check, Rule
from checks.severity import SeverityByTier, TierWord, severity_in
from checks.workloads.devices import amount, fractions, unequal
from checks.workloads.objections import Objection, Place, objection, shown
from checks.workloads.over import over
from checks.workloads.pods import inner, listed
from checks.workloads.sides import Side

_ID = "gpu_limits"
_WHY = """\
A GPU is there for one pod or not at all, and a pod that asks for more of them than a machine has
waits for ever. Kubernetes counts such resources in whole numbers, and refuses a request that is
not its limit; that shows only when the manifest is applied.

How many GPUs a workload may take with all its pods is `align_gpu_budget`'s question. Here it is
one container (`nvidia.com/gpu-memory`, in GiB where no unit is given) and one pod."""
_MEMORY = Rule(
    id="gpu-memory-limit",
    title="A container asks for more GPU memory than is allowed",
    remedy="Lower 'nvidia.com/gpu-memory', or raise `memory` in the config of the base branch.",
)
_COUNT = Rule(
    id="gpu-count",
    title="A pod asks for more GPUs than is allowed",
    remedy="Lower the number of GPUs, or raise `gpus_of_pod` in the config of the base branch.",
)
_NONE = Rule(
    id="gpu-tier",
    title="A pod asks for a GPU in a tier that has none",
    remedy="Leave the GPU out, or put the workload into a tier that has them.",
)
_UNEQUAL = Rule(
    id="gpu-request",
    title="A device is requested in another number than its limit",
    remedy="Write the limit alone: the request is the same.",
    setting="refused",
)
_FRACTION = Rule(
    id="gpu-fraction",
    title="A part of a device is asked for",
    remedy="Write a whole number. GPUs are shared by time slicing, MPS or MIG, which have resources"
    " of their own.",
    setting="refused",
)
_WHOLE_GPUS = ("nvidia.com/gpu", "amd.com/gpu", "gpu.intel.com/i915", "gpu.intel.com/xe")
_PER = {"GiB": GIB, "MiB": Decimal(2**20)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """How much memory a container may ask for (GiB) and how many GPUs a pod, by tier (None or not
    named: no limit, 0: none at all), and how hard findings are."""

    memory: Mapping[TierWord, Decimal | None] = field(default_factory=dict)
    gpus_of_pod: Mapping[TierWord, int | None] = field(default_factory=dict)
    tiers_without_gpus: tuple[str, ...] = ()
    plain_unit: Literal["GiB", "MiB"] = "GiB"
    severity: SeverityByTier = "warn"
    refused: SeverityByTier = "warn"

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    def __post_init__(self) -> None:
        limits = (*self.memory.values(), *self.gpus_of_pod.values())
        if any(limit is not None and limit < 0 for limit in limits):
            raise ValueError("a limit cannot be below 0")


def inspect(resource: Resource, side: Side, config: Config) -> Iterator[Objection]:
    """One finding for each rule that a workload breaks."""
    one = workload(resource, side.domain)
    if one is None:
        return
    yield from _memory(one, config)
    for pod in one.pods:
        yield from _count(one, pod, config)
    yield from _without(one, config)
    yield from _refused(one, config)


def _memory(one: Workload, config: Config) -> Iterator[Objection]:
    limit = config.memory.get(one.resource.tier.value)
    over_limit = [
        place
        for container in one.containers
        if limit is not None and (place := _too_much(container, limit, config))
    ]
    if limit is not None and over_limit:
        said = listed([f"{place.label} ({place.value})" for place in over_limit])
        yield _objection(
            one,
            _MEMORY,
            config.severity,
            over_limit,
            f"{said} asks for more than {number(limit)} GiB of GPU memory",
            f"{GPU_MEMORY} up to {number(limit)} GiB",
        )


def _too_much(container: Container, limit: Decimal, config: Config) -> Place | None:
    value = devices(container).get(GPU_MEMORY)
    try:
        asked = quantity(value)
    except QuantityError:
        return None
    plain = not isinstance(value, str) or value.isdigit()
    if asked * (_PER[config.plain_unit] if plain else 1) <= limit * GIB:
        return None
    right: Node = int(limit * GIB / _PER[config.plain_unit]) if plain else f"{int(limit)}Gi"
    pointers = [
        (*container.pointer, "resources", kind, GPU_MEMORY)
        for kind in ("limits", "requests")
        if inner(container.body, "resources", kind, GPU_MEMORY) is not None
    ]
    return Place(
        key=f"{container.key} {shown(value)}",
        label=container.label,
        pointer=pointers[0],
        value=shown(value),
        patches=tuple(Patch(pointer=pointer, value=right) for pointer in pointers),
    )


def _count(one: Workload, pod: Pod, config: Config) -> Iterator[Objection]:
    limit = config.gpus_of_pod.get(one.resource.tier.value)
    places = list(_gpus(pod))
    total = _at_once(pod)
    # None at all is the next rule's.
    if limit and places and total > limit:
        yield _objection(
            one,
            _COUNT,
            config.severity,
            places,
            f"{pod.part or 'a pod'} asks for {number(total)} GPUs;"
            f" {one.resource.tier.value} allows {limit}",
            f"{limit} GPUs of a pod",
            observed=number(total),
            topic=pod.part,
        )


def _gpus(pod: Pod) -> Iterator[Place]:
    for container in pod.containers:
        for name, value in devices(container).items():
            if name in _WHOLE_GPUS and amount(value) > 0:
                yield Place(
                    key=f"{container.key} {name} {shown(value)}",
                    label=container.label,
                    pointer=(*asked_at(container, name), name),
                    value=shown(value),
                )


def _at_once(pod: Pod) -> Decimal:
    """How many GPUs a pod holds: its containers and sidecars together, or an init container."""
    running, most = Decimal(0), Decimal(0)
    for container in pod.containers:
        found = devices(container)
        count = sum((amount(found[name]) for name in _WHOLE_GPUS if name in found), Decimal(0))
        if "initContainers" in container.key and container.body.get("restartPolicy") != "Always":
            most = max(most, count)
        else:
            running += count
    return max(running, most)


def _without(one: Workload, config: Config) -> Iterator[Objection]:
    key = f"finops.{one.domain}/tier"
    named = {
        value.strip().casefold()
        for _, values in label_places(one.resource)
        if isinstance(value := values.get(key), str)
    }
    none = named & {word.casefold() for word in config.tiers_without_gpus}
    if config.gpus_of_pod.get(one.resource.tier.value) != 0 and not none:
        return
    places = [place for pod in one.pods for place in _gpus(pod)]
    if places:
        who = listed([place.label for place in places])
        whose = f"{key}: {min(none)}" if none else one.resource.tier.value
        yield _objection(
            one,
            _NONE,
            config.severity,
            places,
            f"{who} asks for a GPU, and the tier {whose} has none",
            f"no GPUs in {whose}",
        )


def _refused(one: Workload, config: Config) -> Iterator[Objection]:
    differing = [place for each in one.containers for place in unequal(each)]
    parts = [place for each in one.containers for place in fractions(each)]
    for rule, places, threshold in (
        (_UNEQUAL, differing, "a limit, and the same request or none"),
        (_FRACTION, parts, "a whole number"),
    ):
        if places:
            said = "; ".join(f"{place.label}: {place.value}" for place in places)
            message = f"{said}; Kubernetes refuses that"
            yield _objection(one, rule, config.refused, places, message, threshold)


def _objection(
    one: Workload,
    rule: Rule,
    setting: SeverityByTier,
    places: list[Place],
    message: str,
    threshold: str,
    *,
    observed: str = "",
    topic: str = "",
) -> Objection:
    resource = one.resource
    severity = severity_in(setting, resource.tier)
    return objection(
        _ID,
        resource,
        rule,
        severity,
        places,
        message,
        threshold=threshold,
        observed=observed,
        topic=topic,
    )


CHECK = Check(
    id=_ID,
    domain="policy",
    title="Pods ask for GPUs as they can be had",
    config=Config,
    judge=over(_ID, inspect),
    why=_WHY,
    rules=(_MEMORY, _COUNT, _NONE, _UNEQUAL, _FRACTION),
)
