"""The accelerators that a pod asks for, by the names of their device plugins."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from checks.model import Accelerator
from checks.pricing.cost import Unknown, number
from checks.pricing.pod import Amounts

GPUS = frozenset({"nvidia.com/gpu", "amd.com/gpu"})
TPU = "google.com/tpu"
_NEURON = "aws.amazon.com/neuron"
_CORE = f"{_NEURON}core"
_SAME = {
    "nvidia.com/gpu.shared": "nvidia.com/gpu",
    f"{_NEURON}device": _NEURON,
    _CORE: _NEURON,
}
_FAMILIES = GPUS | {TPU, _NEURON, "habana.ai/gaudi"}
_MIG = re.compile(r"nvidia\.com/mig-((\d)g\.\d+gb)[a-z.+]*")
_SEVENTHS = 7
# Ports, network cards and the like that come with their node.
_FREE = ("devices.kubevirt.io/", "vpc.amazonaws.com/", "smarter-devices/", "rdma/", "hugepages-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Devices:
    """`count` accelerators of a kind: `resource` is what the whole ones are called, `asked` what
    the pod calls them, `profile` the MIG profile ("1g.10gb") of slices. `shared` says that several
    pods take turns on each."""

    resource: str
    asked: str
    count: Decimal
    profile: str = ""
    shared: bool = False

    @property
    def shown(self) -> str:
        """For people: "8 nvidia.com/gpu"."""
        return f"{number(self.count)} {self.asked}"

    def fits(self, accelerator: Accelerator) -> bool:
        """Whether such an accelerator can be what is asked for."""
        if not self.resource.startswith(accelerator.resource or "\0"):
            return False
        return not self.profile or self.profile in accelerator.slices

    def whole(self, accelerator: Accelerator | None) -> Decimal:
        """How many whole accelerators of a model that is."""
        if self.profile:
            share = accelerator.slices.get(self.profile) if accelerator else None
            return self.count * (share or Decimal(self.profile[0]) / _SEVENTHS)
        if self.asked == _CORE and accelerator:
            return self.count * accelerator.slices.get("neuroncore", 1)
        return self.count


def devices(amounts: Amounts) -> Devices | Unknown | None:
    """What accelerators are in a request, None where there are none."""
    found: list[Devices] = []
    for name, amount in amounts.items():
        if name in ("cpu", "memory") or name.startswith(_FREE) or not amount:
            continue
        one = _device(name, amount)
        if one is None:
            return Unknown(reason=f"there is no price for {name}")
        found.append(one)
    if len(found) > 1:
        names = " and ".join(sorted(one.asked for one in found))
        return Unknown(reason=f"it asks for {names} at once, and no rule prices both together")
    return found[0] if found else None


def _device(name: str, amount: Decimal) -> Devices | None:
    if mig := _MIG.fullmatch(name):
        return Devices(resource="nvidia.com/gpu", asked=name, count=amount, profile=mig[1])
    resource = _SAME.get(name, name)
    if resource in _FAMILIES or name.startswith("xilinx.com/fpga-"):
        shared = name.endswith(".shared")
        return Devices(resource=resource, asked=name, count=amount, shared=shared)
    return None
