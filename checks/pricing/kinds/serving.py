"""Model servers and other services that scale with their requests: KServe and Knative."""

from __future__ import annotations

from collections.abc import Iterator

from checks.model import Node, Pointer, Resource
from checks.pricing.cost import Unknown, flawed
from checks.pricing.kinds.pieces import IN_TEMPLATE, Answer, Piece, priced, scaled
from checks.pricing.market import Market
from checks.pricing.scale import Replicas, counted, shown, whole

_PARTS = ("predictor", "transformer", "explainer")
# Modes in which an autoscaler of Kubernetes itself scales, which needs a bound.
_RAW = frozenset({"RawDeployment", "Standard"})
_KNATIVE = "autoscaling.knative.dev/"
_OWN_FIELDS = frozenset({"containers", "initContainers", "workerSpec"})


def inference_service(resource: Resource, market: Market) -> Answer:
    """KServe's InferenceService: its predictor, and what stands before and beside it."""
    pieces: list[Piece] = []
    for part in _PARTS:
        component = resource.get("spec", part)
        if isinstance(component, dict):
            count = _served(resource, part, market)
            pointer: Pointer = ("spec", part)
            spec = _component(component)
            pieces.append(Piece(spec=spec, pointer=pointer, count=count, name=part))
            pieces += _workers(resource, part, count)
    if len(pieces) == 1:
        only = pieces[0]
        pieces = [Piece(spec=only.spec, pointer=only.pointer, count=only.count)]
    return priced(resource, market, pieces)


def _component(component: dict[str, Node]) -> dict[str, Node]:
    """A pod spec: a component names its server by a key of its own ("model", "sklearn", …)."""
    named: list[Node] = [
        {"name": "kserve-container", **body}
        for key, body in component.items()
        if key not in _OWN_FIELDS and isinstance(body, dict) and _is_server(body)
    ]
    listed = component.get("containers")
    both: Node = [*named, *listed] if isinstance(listed, list) else listed or named
    return {**component, "containers": both}


def _is_server(body: dict[str, Node]) -> bool:
    return not body.keys().isdisjoint(
        {"resources", "storageUri", "modelFormat", "storage", "runtimeVersion", "runtime"}
    )


def _served(resource: Resource, part: str, market: Market) -> Replicas | Unknown:
    low = counted(resource, ("spec", part, "minReplicas"), default=1)
    high = counted(resource, ("spec", part, "maxReplicas"), default=0)
    if isinstance(low, Unknown):
        return low
    if isinstance(high, Unknown):
        return high
    if 0 < high < low:
        said = f"minReplicas {low} and maxReplicas {high}"
        return flawed(("spec", part, "maxReplicas"), f"it has {said}, which is no range")
    mode = resource.annotations().get("serving.kserve.io/deploymentMode", "")
    bound = max(low, 1) if not high and mode in _RAW else high or None
    return scaled(low, bound, None, resource, market, "KServe")


def _workers(resource: Resource, part: str, count: Replicas | Unknown) -> Iterator[Piece]:
    """A model that is spread over several pods: the others of each replica."""
    spec = resource.get("spec", part, "workerSpec")
    if not isinstance(spec, dict):
        return
    pointer: Pointer = ("spec", part, "workerSpec")
    size = counted(resource, (*pointer, "pipelineParallelSize"), default=2)
    total: Replicas | Unknown = (
        size if isinstance(size, Unknown) else times(count, max(size - 1, 0))
    )
    yield Piece(spec=_component(spec), pointer=pointer, count=total, name=f"{part} worker")


def times(count: Replicas | Unknown, each: int) -> Replicas | Unknown:
    """`each` pods for every one of `count`."""
    if isinstance(count, Unknown):
        return count
    return Replicas(
        low=count.low * each, expected=count.expected * each, high=count.high * each, by=count.by
    )


def llm_inference_service(resource: Resource, market: Market) -> Answer:
    """KServe's LLMInferenceService: decoding, and prefilling where that is apart."""
    pieces: list[Piece] = []
    for name, at in (("decode", ("spec",)), ("prefill", ("spec", "prefill"))):
        if name == "prefill" and not isinstance(resource.get(*at), dict):
            continue
        count = counted(resource, (*at, "replicas"), default=1)
        size = _nodes(resource, at)
        if isinstance(count, Unknown):
            return count
        if isinstance(size, Unknown):
            return size
        worker = resource.get(*at, "worker")
        leader = resource.get(*at, "template")
        if not isinstance(leader, dict):
            leader = worker
        if not isinstance(leader, dict):
            return Unknown(reason=f"{name}: its pods are a preset of the cluster's KServe")
        exact = Replicas.exact(count)
        pieces.append(Piece(spec=leader, pointer=(*at, "template"), count=exact, name=name))
        if isinstance(worker, dict) and size > 1:
            others = Replicas.exact(count * (size - 1))
            pieces.append(
                Piece(spec=worker, pointer=(*at, "worker"), count=others, name=f"{name} worker")
            )
    return priced(resource, market, pieces)


def _nodes(resource: Resource, at: Pointer) -> int | Unknown:
    """Over how many pods each replica is spread, by its parallelism."""
    found = {}
    for name in ("pipeline", "data", "dataLocal"):
        value = counted(resource, (*at, "parallelism", name), default=1)
        if isinstance(value, Unknown):
            return value
        found[name] = value
    if found["pipeline"] > 1:
        return found["pipeline"]
    return max(1, found["data"] // max(1, found["dataLocal"]))


def knative_service(resource: Resource, market: Market) -> Answer:
    """A Knative Service. Without max-scale, or with 0, nothing bounds it."""
    low = _scale(resource, ("min-scale", "minScale"), 0)
    high = _scale(resource, ("max-scale", "maxScale"), 0)
    count: Replicas | Unknown
    if isinstance(low, Unknown):
        count = low
    elif isinstance(high, Unknown):
        count = high
    elif 0 < high < low:
        said = f"min-scale {low} and max-scale {high}, which is no range"
        count = flawed(_ANNOTATIONS, f"it has {said}")
    else:
        count = scaled(low, high or None, None, resource, market, "Knative")
    spec = resource.get(*IN_TEMPLATE)
    return priced(resource, market, [Piece(spec=spec, pointer=IN_TEMPLATE, count=count)])


_ANNOTATIONS: Pointer = ("spec", "template", "metadata", "annotations")


def _scale(resource: Resource, names: tuple[str, ...], default: int) -> int | Unknown:
    for name in names:
        pointer = (*_ANNOTATIONS, f"{_KNATIVE}{name}")
        value = resource.get(*pointer)
        if value is not None:
            digits = isinstance(value, str) and value.isascii() and value.isdigit()
            count = int(str(value)[:20]) if digits else value
            known = whole(count, default=None)
            if known is None:
                said = f"{name} is {shown(value)}, not a number from 0 up"
                return flawed(pointer, said)
            return known
    return default
