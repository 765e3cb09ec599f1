"""Devices that a pod claims (dynamic resource allocation), as the accelerators that they are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from checks.model import Node, Resource
from checks.pricing.cost import Unknown
from checks.pricing.near import Objects
from checks.pricing.nodes.wishes import Wishes
from checks.pricing.scale import shown, whole

_CLASSES = {
    "gpu.nvidia.com": "nvidia.com/gpu",
    "mig.nvidia.com": "nvidia.com/mig-",
    "gpu.amd.com": "amd.com/gpu",
    "tpu.google.com": "google.com/tpu",
    "gaudi.intel.com": "habana.ai/gaudi",
    "neuron.aws.com": "aws.amazon.com/neuron",
}
# device.attributes["gpu.nvidia.com"].productName == "NVIDIA H100 80GB HBM3"
_PRODUCT = re.compile(r"productName\s*==\s*[\"']([^\"']{1,80})[\"']")
_PROFILE = re.compile(r"profile\s*==\s*[\"'](\d+g\.\d+gb)[\"']")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """What the claims of a pod come to: `amounts` by the names of device plugins, `wanted` what
    they demand of the product. `shared` names a claim that all pods use together, "" for none."""

    amounts: Mapping[str, Decimal] = field(default_factory=dict)
    wanted: Wishes = field(default_factory=dict)
    shared: str = ""


NOTHING = Claimed()


def claimed(spec: Mapping[str, Node], workload: Resource, objects: Objects) -> Claimed | Unknown:
    """What the resourceClaims of a pod spec ask for."""
    entries = spec.get("resourceClaims")
    if not isinstance(entries, list):
        return NOTHING
    amounts: dict[str, Decimal] = {}
    wanted: dict[str, frozenset[str]] = {}
    shared = ""
    for entry in entries:
        found = _claim(entry, workload, objects)
        if isinstance(found, Unknown):
            return found
        claim, is_shared = found
        shared = claim.name if is_shared else shared
        for request in _requests(claim):
            read = _request(request, claim, objects)
            if isinstance(read, Unknown):
                return read
            name, count, product = read
            amounts[name] = amounts.get(name, Decimal(0)) + count
            if product:
                wanted["nvidia.com/gpu.product"] = frozenset({product})
    return Claimed(amounts=amounts, wanted=wanted, shared=shared)


def _claim(entry: Node, workload: Resource, objects: Objects) -> tuple[Resource, bool] | Unknown:
    for key, kind in (
        ("resourceClaimTemplateName", "ResourceClaimTemplate"),
        ("resourceClaimName", "ResourceClaim"),
    ):
        name = entry.get(key) if isinstance(entry, dict) else None
        if isinstance(name, str):
            found = objects.named(workload, kind, name)
            if found is None:
                return Unknown(
                    reason=f"it claims devices by {kind} {name}, which is not in the files that"
                    " were read"
                )
            return found, kind == "ResourceClaim"
    return Unknown(reason="it claims devices (resourceClaims) without saying which")


def _requests(claim: Resource) -> Iterator[Mapping[str, Node]]:
    spec = ("spec", "spec") if claim.kind == "ResourceClaimTemplate" else ("spec",)
    requests = claim.get(*spec, "devices", "requests")
    for request in requests if isinstance(requests, list) else ():
        if isinstance(request, dict):
            exactly = request.get("exactly")
            yield exactly if isinstance(exactly, dict) else request


def _request(
    request: Mapping[str, Node], claim: Resource, objects: Objects
) -> tuple[str, Decimal, str] | Unknown:
    """The name of the device, how many, and the product that a selector demands ("" any)."""
    of = f"{claim.kind} {claim.name}"
    kind = request.get("deviceClassName")
    if not isinstance(kind, str):
        return Unknown(reason=f"{of} leaves open which of several devices it takes")
    if request.get("allocationMode") == "All":
        return Unknown(reason=f"{of} takes all devices of a node, however many there are")
    count = whole(request.get("count"), default=1)
    if count is None:
        return Unknown(reason=f"{of} asks for {shown(request.get('count'))} devices")
    selectors = " ".join(_cel(request.get("selectors")))
    name = _CLASSES.get(kind) or _extended(kind, objects)
    if name == "nvidia.com/mig-":
        profile = _PROFILE.search(selectors)
        if profile is None:
            return Unknown(reason=f"{of} takes a slice of a GPU without saying how large")
        name += profile[1]
    if not name:
        return Unknown(reason=f"there is no price for devices of the class {kind} ({of})")
    product = _PRODUCT.search(selectors)
    return name, Decimal(count), product[1].replace(" ", "-") if product else ""


def _extended(kind: str, objects: Objects) -> str:
    """The name of a device plugin that a DeviceClass of the snapshot stands for."""
    for one in objects.kind("DeviceClass"):
        name = one.get("spec", "extendedResourceName")
        if one.name == kind and isinstance(name, str):
            return name
    return ""


def _cel(selectors: Node) -> Iterator[str]:
    for selector in selectors if isinstance(selectors, list) else ():
        cel = selector.get("cel") if isinstance(selector, dict) else None
        text = cel.get("expression") if isinstance(cel, dict) else None
        if isinstance(text, str):
            yield text[:1000]
