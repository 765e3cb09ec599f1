"""Two places with machines, accelerators and disks, and pods that ask for them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from checks.model import Accelerator, Grade, Machine, Place, Prices, Resource, UnitPrice
from tests.checks.manifests import container, workload

EAST = Place("aws", "us-east-1")
CENTRAL = Place("gcp", "us-central1")
_FRESH = date(2026, 7, 20)
_OLD = date(2024, 8, 9)
TYPE = "node.kubernetes.io/instance-type"
PRODUCT = "nvidia.com/gpu.product"


def _unit(amount: str, unit: str, grade: Grade = Grade.A, as_of: date = _FRESH) -> UnitPrice:
    return UnitPrice(amount=Decimal(amount), unit=unit, source="a list", as_of=as_of, grade=grade)


def _machine(
    name: str, cpu: int, gib: int, price: str, gpu: str = "", count: str = "0", spot: str = ""
) -> tuple[str, Machine]:
    return name, Machine(
        name=name,
        vcpu=Decimal(cpu),
        memory_gib=Decimal(gib),
        hourly=_unit(price, "hour"),
        spot=_unit(spot, "hour", as_of=_OLD) if spot else None,
        accelerator=gpu,
        accelerators=Decimal(count),
    )


def _accelerator(name: str, resource: str, *labels: str, **slices: int) -> tuple[str, Accelerator]:
    return name, Accelerator(
        name=name,
        vendor="",
        resource=resource,
        labels=frozenset(labels),
        slices={key.strip("_").replace("_", "."): Decimal(n) / 7 for key, n in slices.items()},
    )


_CATALOGUE = dict(
    [
        _accelerator("T4", "nvidia.com/gpu", "t4", "tesla-t4", "nvidia-tesla-t4"),
        _accelerator("A10", "nvidia.com/gpu", "nvidia-a10"),
        _accelerator("A10G", "nvidia.com/gpu", "a10g", "nvidia-a10g"),
        _accelerator("A100-40GB", "nvidia.com/gpu", "a100", "nvidia-tesla-a100", _1g_5gb=1),
        _accelerator("H100", "nvidia.com/gpu", "h100", "nvidia-h100-80gb-hbm3", _1g_10gb=1),
        _accelerator("MI300X", "amd.com/gpu"),
        _accelerator("Inferentia2", "aws.amazon.com/neuron", "inferentia2"),
        _accelerator("TPU-v5e", "google.com/tpu", "tpu-v5-lite-podslice"),
    ]
)
_CORES = {
    "cpu": _unit("0.035667", "vCPU-hour", Grade.C),
    "ram": _unit("0.003417", "GiB-hour", Grade.C),
    "cpu:spot": _unit("0.017383", "vCPU-hour", Grade.C, _OLD),
    "ram:spot": _unit("0.001096", "GiB-hour", Grade.C, _OLD),
    "gpu": _unit("0.95", "GPU-hour", Grade.D, _OLD),
    "storage": _unit("0.04", "GiB-month", Grade.D, _OLD),
}
AWS = Prices(
    place=EAST,
    units={
        **_CORES,
        "storage:gp3": _unit("0.08", "GiB-month"),
        "storage:gp2": _unit("0.10", "GiB-month"),
        "load-balancer": _unit("0.0225", "hour"),
        "load-balancer:alb": _unit("0.0225", "hour"),
        "load-balancer:nlb": _unit("0.0225", "hour"),
    },
    machines=dict(
        [
            _machine("m5.large", 2, 8, "0.096", spot="0.04"),
            _machine("g4dn.xlarge", 4, 16, "0.526", "T4", "1", "0.2204"),
            _machine("g4dn.12xlarge", 48, 192, "3.912", "T4", "4", "1.7271"),
            _machine("g5.xlarge", 4, 16, "1.006", "A10G", "1", "0.5006"),
            _machine("g5.4xlarge", 16, 64, "1.624", "A10G", "1"),
            _machine("g5.12xlarge", 48, 192, "5.672", "A10G", "4"),
            _machine("p4d.24xlarge", 96, 1152, "21.957642", "A100-40GB", "8"),
            _machine("p5.48xlarge", 192, 2048, "55.04", "H100", "8", "19.2531"),
            _machine("inf2.24xlarge", 96, 384, "6.49063", "Inferentia2", "6"),
        ]
    ),
    accelerators=_CATALOGUE,
)
GCP = Prices(
    place=CENTRAL,
    units={
        **_CORES,
        "storage:pd-ssd": _unit("0.17", "GiB-month"),
        "storage:pd-balanced": _unit("0.1", "GiB-month"),
        "load-balancer": _unit("0.025", "hour"),
        "load-balancer:forwarding-rule": _unit("0.025", "hour"),
        "gpu:T4": _unit("0.35", "GPU-hour"),
        "tpu:v5e": _unit("1.2", "chip-hour"),
        "tpu:v5e:spot": _unit("0.63", "chip-hour", as_of=_OLD),
    },
    accelerators=_CATALOGUE,
)


def asking(
    count: Any,
    name: str = "nvidia.com/gpu",
    *,
    cpu: str = "2",
    memory: str = "8Gi",
    replicas: Any = None,
    **pod: Any,
) -> Resource:
    """A Deployment whose pods take so many of a device."""
    asks = {"requests": {"cpu": cpu, "memory": memory}, "limits": {name: count}}
    spec = {} if replicas is None else {"replicas": replicas}
    return workload(spec=spec, pod={"containers": [container(resources=asks)], **pod})


def at(place: Place, resource: Resource) -> Resource:
    """The same object at a place."""
    return replace(resource, place=place)
