"""How many accelerators a workload can take, and how much memory each of its GPUs has."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from checks.alignment.workload import (
    GPU_MEMORY,
    Pod,
    Workload,
    asked_at,
    devices,
    is_kserve,
    stated,
)
from checks.model import Input, Node, Pointer, Resource
from checks.pricing.cost import Unknown, number
from checks.pricing.quantity import GIB, QuantityError, quantity
from checks.pricing.scale import Scalers, replicas, shown, whole

# What a plain number is worth in GiB, by its unit.
_IN_GIB = {"GiB": Decimal(1), "MiB": 1 / Decimal(1024)}
_ZERO = Decimal(0)
_GPUS = ("nvidia.com/", "amd.com/", "gpu.intel.com/")
# Labels of nodes that say how much memory a GPU has, in MiB: GPU feature discovery, Karpenter.
_MEMORY_LABELS = ("nvidia.com/gpu.memory", "karpenter.k8s.aws/instance-gpu-memory")
# Labels of nodes that say which GPU it is: GPU feature discovery, GKE, Karpenter.
_PRODUCT_LABELS = (
    "nvidia.com/gpu.product",
    "cloud.google.com/gke-accelerator",
    "karpenter.k8s.aws/instance-gpu-name",
)
_IN_NAME = re.compile(r"(?<![\d.])(\d{1,3})\s?gi?b", re.IGNORECASE)
# The profile of a slice: "mig-1g.5gb".
_IN_SLICE = re.compile(r"/mig-\d+g\.(\d+)gb")
_PLAIN = re.compile(r"\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Accelerators at most: `each` of a pod times `pods`; `by` says what bounds the pods."""

    each: Decimal
    pods: int
    by: str
    inputs: tuple[Input, ...]

    @property
    def total(self) -> Decimal:
        """All of them."""
        return self.each * self.pods


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What a place says of the memory of one GPU, in GiB, and where a manifest has it."""

    gib: Decimal
    input: Input
    pointer: Pointer


Counts: TypeAlias = "tuple[Count, ...] | Unknown"


def counts(one: Workload, scalers: Scalers) -> Counts:
    """For each kind of pod that takes accelerators, how many at most; Unknown where a part is."""
    found: list[Count] = []
    for pod in one.pods:
        each = _each(one.resource, pod)
        if isinstance(each, Unknown):
            return each
        amount, inputs = each
        if not amount:
            continue
        pods = _pods(one, pod, scalers)
        if isinstance(pods, Unknown):
            return pods
        found.append(Count(each=amount, pods=pods[0], by=pods[1], inputs=inputs))
    return tuple(found)


def _each(resource: Resource, pod: Pod) -> tuple[Decimal, tuple[Input, ...]] | Unknown:
    """What one pod takes as the scheduler counts it: its containers together with its sidecars, or
    an init container with the sidecars that were started before it."""
    if resource.get(*pod.pointer, "resourceClaims"):
        return Unknown(reason="it claims devices (resourceClaims), which cannot be counted here")
    running = sidecars = most = _ZERO
    inputs: list[Input] = []
    # Init containers come first in the order of starting, wherever the manifest has them.
    for container in sorted(pod.containers, key=lambda c: "initContainers" not in c.key):
        amount = _ZERO
        for name, value in devices(container).items():
            if name == GPU_MEMORY:
                continue
            pointer = (*asked_at(container, name), name)
            try:
                amount += quantity(value)
            except QuantityError as error:
                return Unknown(reason=f"{container.label}: {name} {error}")
            inputs.append(_input(resource, pointer, f"{name}: {value}"))
        if "initContainers" not in container.key:
            running += amount
        elif container.body.get("restartPolicy") == "Always":
            sidecars += amount
        else:
            most = max(most, sidecars + amount)
    return max(most, running + sidecars), tuple(inputs)


def _pods(one: Workload, pod: Pod, scalers: Scalers) -> tuple[int, str] | Unknown:
    resource = one.resource
    if is_kserve(resource):
        return _served(resource, pod)
    if resource.kind in ("Job", "CronJob"):
        pointer = (*pod.pointer[:-2], "parallelism")
        return _whole(resource, pointer)
    if resource.kind == "Pod":
        return 1, "it is one pod"
    if resource.kind == "DaemonSet":
        return Unknown(
            reason="a DaemonSet takes accelerators on every node, however many there are"
        )
    count = replicas(resource, scalers)
    if isinstance(count, Unknown):
        return count
    return count.high, count.by or f"replicas {count.high}"


def _served(resource: Resource, pod: Pod) -> tuple[int, str] | Unknown:
    """KServe: an InferenceService scales between bounds, where a maximum of 0 is none."""
    if resource.kind == "LLMInferenceService":
        if pod.part.endswith("worker"):
            return Unknown(reason="how many workers one model is spread over is not counted here")
        part: Pointer = ("spec", "prefill") if pod.part == "prefill" else ("spec",)
        return _whole(resource, (*part, "replicas"))
    if resource.get(*pod.pointer, "workerSpec") is not None:
        return Unknown(reason="how many workers one model is spread over is not counted here")
    found = _whole(resource, (*pod.pointer, "maxReplicas"), default=0)
    if not isinstance(found, Unknown) and found[0] == 0:
        return Unknown(reason=f"the {pod.part} has no maxReplicas, so nothing bounds it")
    return found


def _whole(resource: Resource, pointer: Pointer, default: int = 1) -> tuple[int, str] | Unknown:
    stated_value = resource.get(*pointer)
    count = whole(stated_value, default=default)
    if count is None:
        return Unknown(reason=f"{pointer[-1]} is {shown(stated_value)}, not a number from 0 up")
    return count, f"{pointer[-1]} {count}"


def needs_memory(one: Workload) -> bool:
    """Whether it takes GPUs whose memory can be more or less: TPUs and the like come in one."""
    return any(
        name.startswith(_GPUS) and _is_some(value)
        for container in one.containers
        for name, value in devices(container).items()
    )


def _is_some(value: Node) -> bool:
    try:
        return quantity(value) > 0
    except QuantityError:
        return True


def memories(
    one: Workload, key: str, unit: str, products: Mapping[str, Decimal]
) -> Iterator[Memory | Unknown]:
    """Everything that says how much memory a GPU of the workload has.

    `key` is our label or annotation, `unit` ("GiB" or "MiB") that of a plain number in the resource
    nvidia.com/gpu-memory, `products` the GiB of GPUs whose names do not say.
    """
    for said in stated(one.resource, key):
        place: Pointer = (*said.pointer.removesuffix(f".{key}").split("."), key)
        yield _amount(said, place, said.value, "GiB", products)
    for container in one.containers:
        for name, value in devices(container).items():
            if name == GPU_MEMORY:
                pointer = (*asked_at(container, name), name)
                said = _input(one.resource, pointer, _text(value))
                yield _amount(said, pointer, value, unit, {})
            elif slice_of := _IN_SLICE.search(name):
                pointer = (*asked_at(container, name), name)
                said = _input(one.resource, pointer, name)
                yield Memory(gib=Decimal(slice_of[1]), input=said, pointer=pointer)
    for pod in one.pods:
        pointer = (*pod.pointer, "nodeSelector")
        selector = one.resource.get(*pointer)
        for name in (*_MEMORY_LABELS, *_PRODUCT_LABELS):
            value = selector.get(name) if isinstance(selector, dict) else None
            if isinstance(value, str):
                said = _input(one.resource, (*pointer, name), value)
                yield _amount(said, (*pointer, name), value, "MiB", products)


def _amount(
    said: Input, pointer: Pointer, value: Node, unit: str, products: Mapping[str, Decimal]
) -> Memory | Unknown:
    """A value as GiB: a quantity with its unit, a plain number of `unit`, or a GPU's name."""
    known = {name.casefold(): gib for name, gib in products.items()}
    text = value.strip() if isinstance(value, str) else ""
    if text.casefold() in known:
        return Memory(gib=known[text.casefold()], input=said, pointer=pointer)
    try:
        amount = quantity(text or value)
    except QuantityError:
        sizes = _IN_NAME.findall(text)
        if not sizes:
            return Unknown(reason=f"{said.pointer} is {shown(value)}, which names no memory")
        return Memory(gib=Decimal(sizes[-1]), input=said, pointer=pointer)
    plain = not isinstance(value, str) or _PLAIN.fullmatch(text) is not None
    one = _IN_GIB[unit] if plain else 1 / GIB
    return Memory(gib=amount * one, input=said, pointer=pointer)


def gib(amount: Decimal) -> str:
    """An amount of memory for people."""
    return f"{number(amount)} GiB"


def _text(value: Node) -> str:
    return value if isinstance(value, str) else shown(value)


def _input(resource: Resource, pointer: Pointer, value: str) -> Input:
    return Input(
        location=resource.locate(*pointer), pointer=".".join(map(str, pointer)), value=value
    )
