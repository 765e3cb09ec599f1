"""What an AI workload is: an object that runs pods and carries at least one sign of a model.

The signs are the kinds of KServe, the labels and annotations of our domain, a request for an
accelerator, and the environment variables of model servers. A workload with none of them is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from checks.kube import Container, containers, pod_pointer
from checks.model import Input, Node, Pointer, Resource
from checks.pricing.quantity import QuantityError, quantity

_KSERVE = "serving.kserve.io"
# Where KServe's kinds keep the pods of their parts.
_KSERVE_PODS: Mapping[str, tuple[tuple[str, Pointer], ...]] = {
    "InferenceService": (
        ("predictor", ("spec", "predictor")),
        ("transformer", ("spec", "transformer")),
        ("explainer", ("spec", "explainer")),
    ),
    "LLMInferenceService": (
        ("decode", ("spec", "template")),
        ("worker", ("spec", "worker")),
        ("prefill", ("spec", "prefill", "template")),
        ("prefill worker", ("spec", "prefill", "worker")),
    ),
}
# A predictor names its server by one of these keys instead of a list of containers.
_SERVERS = frozenset(
    {"model", "art", "huggingface", "lightgbm", "onnx", "paddle", "pmml", "pytorch", "sklearn"}
    | {"tensorflow", "triton", "xgboost"}
)
# What a container's environment says about a model.
MODEL_ENV = frozenset(
    {"MODEL_NAME", "MODEL_ID", "MODEL_VERSION", "MODEL_URI", "STORAGE_URI"}
    | {"AI_ALIGNMENT_CHECK_ENDPOINT"}
)
# Devices that are counted, as their device plugins name them.
_DEVICE = re.compile(
    r"nvidia\.com/(gpu(\.shared)?|mig-[0-9a-z.+-]+)|amd\.com/gpu|gpu\.intel\.com/(i915|xe)"
    r"|google\.com/tpu|aws\.amazon\.com/neuron(core|device)?|habana\.ai/gaudi"
)
GPU_MEMORY = "nvidia.com/gpu-memory"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pod:
    """One kind of pod of a workload; `part` is "" where it has only one kind."""

    part: str
    pointer: Pointer
    containers: tuple[Container, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """An AI workload. `signs` is what makes it one; empty where only the other side of the change
    shows any: taking the labels off does not make a model something else."""

    resource: Resource
    domain: str
    pods: tuple[Pod, ...]
    signs: tuple[Input, ...]

    @property
    def containers(self) -> tuple[Container, ...]:
        """Those of all its pods, init containers included."""
        return tuple(one for pod in self.pods for one in pod.containers)


def workload(resource: Resource, domain: str) -> Workload | None:
    """The object as a workload, with its signs; None for a kind that runs no pods."""
    pods = tuple(_pods(resource))
    if not pods:
        return None
    found = Workload(resource=resource, domain=domain, pods=pods, signs=())
    return Workload(resource=resource, domain=domain, pods=pods, signs=tuple(_signs(found)))


def named_paths(resource: Resource, domain: str) -> tuple[tuple[str, Input], ...]:
    """The paths that the annotation `ai.<domain>/evidence` of an object names, as it has them, each
    with where that is."""
    return tuple(
        (path.strip(), said)
        for said in stated(resource, f"ai.{domain}/evidence")
        for path in said.value.split(",")
        if path.strip()
    )


def folder(path: str) -> str:
    """The folder of a path, "" for the top one."""
    return path.rpartition("/")[0]


def is_kserve(resource: Resource) -> bool:
    """Whether it is an InferenceService or LLMInferenceService."""
    return resource.group == _KSERVE and resource.kind in _KSERVE_PODS


def _pods(resource: Resource) -> Iterator[Pod]:
    pointer = pod_pointer(resource)
    if pointer is not None:
        yield Pod(part="", pointer=pointer, containers=tuple(containers(resource)))
    elif is_kserve(resource):
        for part, pointer in _KSERVE_PODS[resource.kind]:
            # An LLMInferenceService may leave its template to KServe's own.
            if isinstance(resource.get(*pointer), dict) or part in ("predictor", "decode"):
                yield Pod(
                    part=part, pointer=pointer, containers=tuple(_served(resource, part, pointer))
                )


def _served(resource: Resource, part: str, pointer: Pointer) -> Iterator[Container]:
    component = resource.get(*pointer)
    for key, body in component.items() if isinstance(component, dict) else ():
        if key in _SERVERS and isinstance(body, dict):
            yield Container(
                label=f"{part} {key}", key=f"{part}.{key}", body=body, pointer=(*pointer, key)
            )
        elif key in ("containers", "initContainers") and isinstance(body, list):
            for index, entry in enumerate(body):
                if isinstance(entry, dict):
                    name = entry.get("name")
                    name = name if isinstance(name, str) and name else f"#{index + 1}"
                    yield Container(
                        label=f"{part} container {name}",
                        key=f"{part}.{key}[{name}]",
                        body=entry,
                        pointer=(*pointer, key, index),
                    )


def _signs(one: Workload) -> Iterator[Input]:
    resource = one.resource
    if is_kserve(resource):
        yield Input(location=resource.source, pointer="kind", value=resource.kind)
    for pointer, values in _metadata(resource):
        for key, value in values.items():
            if key.startswith(f"ai.{one.domain}/") or key == model_id_key(one.domain):
                yield _input(resource, (*pointer, key), _text(value))
    for container in one.containers:
        for name, value in devices(container).items():
            if _some(value):
                yield _input(resource, (*asked_at(container, name), name), _text(value))
        for variable in environment(container):
            if variable.name in MODEL_ENV:
                yield _input(resource, variable.pointer, variable.name)


def model_id_key(domain: str) -> str:
    """The label that names the model, as cost attribution uses it too."""
    return f"finops.{domain}/ai-model-id"


def _metadata(resource: Resource) -> Iterator[tuple[Pointer, dict[str, Node]]]:
    """The labels and annotations of the object, then those of its pods."""
    places: list[Pointer] = [("metadata",)]
    pointer = pod_pointer(resource)
    if pointer is not None and len(pointer) > 1:
        places.append((*pointer[:-1], "metadata"))
    for place in places:
        for kind in ("labels", "annotations"):
            values = resource.get(*place, kind)
            if isinstance(values, dict):
                yield (*place, kind), values


def stated(resource: Resource, key: str) -> tuple[Input, ...]:
    """Everything that the labels and annotations `key` of the object and its pods say."""
    found = []
    for pointer, values in _metadata(resource):
        value = values.get(key)
        if isinstance(value, str) and value.strip():
            found.append(_input(resource, (*pointer, key), value.strip()))
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """An environment variable; `value` None where it is filled in from elsewhere."""

    name: str
    value: str | None
    pointer: Pointer


def environment(container: Container) -> tuple[Variable, ...]:
    """The variables that a container names one by one; of two of a name the last, as it is run."""
    entries = container.body.get("env")
    found: dict[str, Variable] = {}
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        name = entry.get("name") if isinstance(entry, dict) else None
        if isinstance(entry, dict) and isinstance(name, str):
            value = entry.get("value")
            found[name] = Variable(
                name=name,
                value=value if isinstance(value, str) and not is_placeholder(value) else None,
                pointer=(*container.pointer, "env", index, "value"),
            )
    return tuple(found.values())


def is_placeholder(text: str) -> bool:
    """Whether another tool fills it in after the file was read."""
    return any(mark in text for mark in ("${", "$(", "{{"))


def devices(container: Container) -> dict[str, Node]:
    """What the container asks for by the names of accelerators and of their memory."""
    resources = container.body.get("resources")
    found: dict[str, Node] = {}
    for kind in ("limits", "requests"):
        asked = resources.get(kind) if isinstance(resources, dict) else None
        for name, value in asked.items() if isinstance(asked, dict) else ():
            if value is not None and (_DEVICE.fullmatch(name) or name == GPU_MEMORY):
                found.setdefault(name, value)
    return found


def asked_at(container: Container, name: str) -> Pointer:
    """Where `devices` found it: the limits, or the requests."""
    resources = container.body.get("resources")
    limits = resources.get("limits") if isinstance(resources, dict) else None
    given = isinstance(limits, dict) and limits.get(name) is not None
    return (*container.pointer, "resources", "limits" if given else "requests")


def _some(value: Node) -> bool:
    """Whether an amount is more than nothing; what cannot be read may well be."""
    try:
        return quantity(value) > 0
    except QuantityError:
        return True


def _input(resource: Resource, pointer: Pointer, value: str) -> Input:
    return Input(
        location=resource.locate(*pointer), pointer=".".join(map(str, pointer)), value=value
    )


def _text(value: Node) -> str:
    return value if isinstance(value, str) else str(value)[:60]
