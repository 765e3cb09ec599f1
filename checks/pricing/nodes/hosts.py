"""Which machines a pod may run on, in the order in which labels tell it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from checks.model import Machine, Node
from checks.pricing.cost import Unknown
from checks.pricing.nodes.devices import Devices
from checks.pricing.nodes.pools import Pool, joined
from checks.pricing.nodes.wishes import INSTANCE_TYPES, Wishes, both, spot
from checks.pricing.sheet import Sheet

_KARPENTER = "karpenter.k8s.aws/instance-"
_CLOUD_LABELS = (
    "cloud.google.com/gke-accelerator",
    "cloud.google.com/gke-tpu-accelerator",
    "k8s.amazonaws.com/accelerator",
    "accelerator",
    "kubernetes.azure.com/accelerator",
)
_PRODUCTS = ("nvidia.com/gpu.product", "amd.com/gpu.product-name", "amd.com/gpu.product")
_TOPOLOGY = "cloud.google.com/gke-tpu-topology"
_SHARES = "nvidia.com/gpu.replicas"
_SHARED = "-shared"
# What GPU feature discovery adds to a product: "-SHARED", "-MIG-1g.10gb".
_SUFFIX = re.compile(r"(-mig-\d+g\.\d+gb[a-z.+]*)?(-shared)?$")
_SIZE = re.compile(r"\d{1,3}(x\d{1,3}){1,2}")
_FAMILY = re.compile(r"([a-z]+)(\d*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosts:
    """The machines a pod may run on; none is any. `named` says that their types were named,
    `models` which accelerators they have. `purchase` is "spot" where only interruptible ones do,
    "either" where they may, else "". `chips` is the size of the TPU slice (0: none), `takers` how
    many pods share an accelerator (0: nobody says)."""

    machines: tuple[Machine, ...] = ()
    named: bool = False
    models: tuple[str, ...] = ()
    purchase: str = ""
    chips: int = 0
    takers: int = 1

    @property
    def shown(self) -> str:
        """For people."""
        names = [one.name for one in self.machines] if self.named else self.models
        text = " or ".join(names[:3]) + (" or others" if len(names) > 3 else "")
        spot_too = {"spot": "spot", "either": "perhaps spot"}.get(self.purchase, "")
        return ", ".join(part for part in (text or "any", spot_too) if part)


ANY = Hosts()


def hosts(
    wanted: Wishes, tolerations: Node, asked: Devices | None, sheet: Sheet, pools: tuple[Pool, ...]
) -> Hosts | Unknown:
    """The machines for a pod with these demands that asks for these accelerators, in a cluster that
    has these pools."""
    wanted = joined(wanted, pools) if pools and wanted else wanted
    if any(not values for values in wanted.values()):
        empty = sorted(key for key, values in wanted.items() if not values)
        return Unknown(reason=f"no node can have what it demands of {empty[0]}")
    purchase = spot(wanted, tolerations)
    if asked is None:
        machines = tuple(_of_types(wanted, sheet))
        return Hosts(machines=machines, named=bool(machines), purchase=purchase)
    found = _accelerated(wanted, asked, sheet)
    if found is None:
        found = _in_pools(wanted, asked, sheet, pools)
    if isinstance(found, Unknown):
        return found
    machines, models = found or ((), _only(asked, sheet))
    return Hosts(
        machines=machines,
        named=bool(machines),
        models=models,
        purchase=purchase,
        chips=_chips(wanted),
        takers=_takers(wanted, asked),
    )


def _only(asked: Devices, sheet: Sheet) -> tuple[str, ...]:
    """The one model that a MIG profile leaves; () where there are several."""
    if not asked.profile:
        return ()
    models = [name for name, one in sheet.accelerators.items() if asked.fits(one)]
    return tuple(models) if len(models) == 1 else ()


def _of_types(wanted: Wishes, sheet: Sheet) -> Iterable[Machine]:
    types = {name for key in INSTANCE_TYPES for name in wanted.get(key, ())}
    return (sheet.machines[name] for name in sorted(types) if name in sheet.machines)


_Found = tuple[tuple[Machine, ...], tuple[str, ...]]


def _accelerated(wanted: Wishes, asked: Devices, sheet: Sheet) -> _Found | Unknown | None:
    """The machines that are named, or the models; None where nothing tells."""
    types = sorted({name for key in INSTANCE_TYPES for name in wanted.get(key, ())})
    if types:
        machines = tuple(one for one in _of_types(wanted, sheet) if _has(one, asked, sheet))
        if machines:
            return machines, _models_of(machines)
    elif any(key.startswith(_KARPENTER) for key in wanted):
        machines = tuple(_by_karpenter(wanted, asked, sheet))
        if machines:
            return machines, _models_of(machines)
    models = _labelled(wanted, asked, sheet)
    if models:
        return (), models
    if types:
        said = " or ".join(types[:3])
        return Unknown(reason=f"there is no price at {sheet.where} for {said} with {asked.asked}")
    return None


def _has(machine: Machine, asked: Devices, sheet: Sheet) -> bool:
    accelerator = sheet.accelerators.get(machine.accelerator)
    if accelerator is None:
        return bool(machine.accelerator)
    return bool(accelerator.resource) and asked.resource.startswith(accelerator.resource)


def _models_of(machines: Iterable[Machine]) -> tuple[str, ...]:
    return tuple(sorted({machine.accelerator for machine in machines}))


def _by_karpenter(wanted: Wishes, asked: Devices, sheet: Sheet) -> Iterable[Machine]:
    for machine in (one for them in sheet.hosts().values() for one in them):
        family, _, size = machine.name.partition(".")
        letters = _FAMILY.match(family)
        traits = {
            "family": {family},
            "size": {size},
            "category": {letters[1]} if letters else set(),
            "generation": {letters[2]} if letters else set(),
            "gpu-count": {str(int(machine.accelerators))},
            "accelerator-count": {str(int(machine.accelerators))},
            "gpu-name": _labels_of(machine, sheet),
            "accelerator-name": _labels_of(machine, sheet),
        }
        fits = all(
            wanted[f"{_KARPENTER}{trait}"] & values
            for trait, values in traits.items()
            if f"{_KARPENTER}{trait}" in wanted
        )
        if fits and _has(machine, asked, sheet):
            yield machine


def _labels_of(machine: Machine, sheet: Sheet) -> set[str]:
    accelerator = sheet.accelerators.get(machine.accelerator)
    own = {machine.accelerator.lower()}
    return own | accelerator.labels if accelerator else own


def _labelled(wanted: Wishes, asked: Devices, sheet: Sheet) -> tuple[str, ...]:
    """The models that the first label says which speaks of any."""
    for key in (*_CLOUD_LABELS, *_PRODUCTS):
        found = {
            name
            for value in wanted.get(key, ())
            for name in _models(value.lower(), sheet)
            if asked.resource.startswith(sheet.accelerators[name].resource or "\0")
        }
        if found:
            return tuple(sorted(found))
    return ()


def _models(label: str, sheet: Sheet) -> tuple[str, ...]:
    """The models that a label's value means: as it is, without what was added to it, or the
    longest known product that it begins with."""
    for value in (label, _SUFFIX.sub("", label)):
        if value in sheet.models:
            return sheet.models[value]
    starts = [known for known in sheet.models if label.startswith(f"{known}-")]
    return sheet.models[max(starts, key=len)] if starts else ()


def _in_pools(
    wanted: Wishes, asked: Devices, sheet: Sheet, pools: tuple[Pool, ...]
) -> _Found | None:
    """The machines of the cluster's pools that have such accelerators."""
    machines: dict[str, Machine] = {}
    models: set[str] = set()
    for pool in pools:
        if pool.takes(wanted):
            found = _accelerated(both(wanted, pool.nodes), asked, sheet)
            if isinstance(found, tuple):
                machines |= {machine.name: machine for machine in found[0]}
                models.update(found[1])
    if not models:
        return None
    return tuple(machines[name] for name in sorted(machines)), tuple(sorted(models))


def _chips(wanted: Wishes) -> int:
    sizes = wanted.get(_TOPOLOGY, frozenset())
    if len(sizes) != 1 or not _SIZE.fullmatch(size := next(iter(sizes))):
        return 0
    chips = 1
    for side in size.split("x"):
        chips *= int(side)
    return chips


def _takers(wanted: Wishes, asked: Devices) -> int:
    products = [v.lower() for key in _PRODUCTS for v in wanted.get(key, ())]
    if not asked.shared and not any(value.endswith(_SHARED) for value in products):
        return 1
    said = wanted.get(_SHARES, frozenset())
    if len(said) == 1 and (text := next(iter(said))).isascii() and text.isdigit():
        return max(1, int(text[:4]))
    return 0
