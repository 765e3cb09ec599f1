"""What a volume costs: its size at the price of its storage class."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from checks.model import Node, Resource
from checks.pricing.cost import Unknown, flawed, number
from checks.pricing.near import Objects
from checks.pricing.quantity import GIB, QuantityError, quantity
from checks.pricing.sheet import Rate, Sheet

_SIZE = ("resources", "requests", "storage")
_DEFAULT = "storageclass.kubernetes.io/is-default-class"
# What the clouds' own classes are where the snapshot does not have them.
_KNOWN = {
    "standard-rwo": "pd-balanced",
    "premium-rwo": "pd-ssd",
    "standard": "pd-standard",
    "managed-csi": "StandardSSD_LRS",
    "managed-csi-premium": "Premium_LRS",
    "managed-premium": "Premium_LRS",
    "managed": "StandardSSD_LRS",
    "efs-sc": "efs",
}
_BY_PROVISIONER = {
    "ebs.csi.aws.com": "gp3",
    "ebs.csi.eks.amazonaws.com": "gp3",
    "kubernetes.io/aws-ebs": "gp2",
    "efs.csi.aws.com": "efs",
    "pd.csi.storage.gke.io": "pd-standard",
    "kubernetes.io/gce-pd": "pd-standard",
    "disk.csi.azure.com": "StandardSSD_LRS",
    "kubernetes.io/azure-disk": "StandardSSD_LRS",
}
_TYPES = ("type", "skuName", "skuname", "storageaccounttype", "storageAccountType")
# Managed disks of Azure come in sizes (GiB); the letter is that of the type.
_SIZES = (
    (4, 1),
    (8, 2),
    (16, 3),
    (32, 4),
    (64, 6),
    (128, 10),
    (256, 15),
    (512, 20),
    (1024, 30),
    (2048, 40),
    (4096, 50),
    (8192, 60),
    (16384, 70),
    (32767, 80),
)
_LETTERS = {"Premium_LRS": "P", "StandardSSD_LRS": "E", "Standard_LRS": "S"}
_LETTERS |= {"Premium_ZRS": "P", "StandardSSD_ZRS": "E"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """A disk of `size` bytes; `type` is what the cloud calls its kind, `named` its class."""

    size: Decimal
    type: str = ""
    named: str = ""

    @property
    def shown(self) -> str:
        """For people."""
        kind = self.type or self.named
        return f"{number(self.size / GIB)} GiB storage{f' {kind}' if kind else ''}"


def volume(spec: Node, owner: Resource, objects: Objects) -> Volume | Unknown:
    """The volume that the spec of a PersistentVolumeClaim asks for."""
    size = spec
    for key in _SIZE:
        size = size.get(key) if isinstance(size, dict) else None
    if size is None:
        return Unknown(reason="a volume claim has no storage request")
    try:
        amount = quantity(size)
    except QuantityError as error:
        return flawed(_SIZE, f"a volume claim's storage {error}")
    named = spec.get("storageClassName") if isinstance(spec, dict) else None
    storage_class = _class(named, owner, objects)
    name = named if isinstance(named, str) else ""
    kind = _type(storage_class) if storage_class else _KNOWN.get(name, name)
    return Volume(size=amount, type=kind, named=name)


def _class(name: Node, owner: Resource, objects: Objects) -> Resource | None:
    """The StorageClass of that name, or the default one where none is named."""
    if isinstance(name, str) and name:
        return objects.named(owner, "StorageClass", name)
    for one in objects.kind("StorageClass") if name is None else ():
        if one.place == owner.place and one.annotations().get(_DEFAULT) == "true":
            return one
    return None


def _type(storage_class: Resource) -> str:
    for key in _TYPES:
        value = storage_class.get("parameters", key)
        if isinstance(value, str) and value:
            regional = storage_class.get("parameters", "replication-type") == "regional-pd"
            return f"{value}:regional" if regional else value
    provisioner = storage_class.get("provisioner")
    return _BY_PROVISIONER.get(provisioner, "") if isinstance(provisioner, str) else ""


def volume_price(one: Volume, sheet: Sheet) -> tuple[Decimal, Rate] | Unknown:
    """What a volume costs a month. A class without a price of its own has that of any storage."""
    tier = _tier(one)
    if tier and (rate := sheet.rate(f"storage:{one.type}:{tier}")):
        return rate.monthly, rate
    rate = sheet.rate(f"storage:{one.type}", f"storage:{one.named}", "storage")
    if rate is None:
        return Unknown(reason="there is no price for storage")
    return rate.of(one.size), rate


def _tier(one: Volume) -> str:
    letter = _LETTERS.get(one.type, "")
    number_of = next((n for gib, n in _SIZES if one.size <= gib * GIB), None)
    return f"{letter}{number_of}" if letter and number_of else ""
