"""ECS services on Fargate."""

from __future__ import annotations

from decimal import Decimal

from checks.pricing.cost import number
from checks.pricing.terraform.ask import Ask
from checks.pricing.terraform.attributes import Attributes, CannotTellError
from checks.pricing.terraform.quote import Count, Group, Quote, item

_CPU_UNITS, _MIB = 1024, 1024


def ecs_service(ask: Ask) -> Quote | None:
    """aws_ecs_service: the cores and memory of its tasks on Fargate; on machines of its own it
    costs nothing besides them."""
    strategies = ask.of.blocks("capacity_provider_strategy")
    providers = {one.text("capacity_provider", "", computed=True) for one in strategies}
    fargate = any(name.startswith("FARGATE") for name in providers)
    if not fargate and ask.of.text("launch_type", "EC2", computed=True) != "FARGATE":
        return None
    if "FARGATE_SPOT" in providers:
        raise CannotTellError("some of its tasks run on Fargate Spot, how many is not known")
    task = _task(ask)
    cores = _units(task, "cpu", _CPU_UNITS)
    memory = _units(task, "memory", _MIB)
    arm = task.block("runtime_platform").text("cpu_architecture", "X86_64", computed=True)
    suffix = ":arm" if arm == "ARM64" else ""
    part = ask.tariff.part
    shown = f"{number(cores)} vCPU, {number(memory)} GiB on Fargate"
    tasks = item("task", shown, part(f"fargate:cpu{suffix}", cores),
                 part(f"fargate:ram{suffix}", memory))  # fmt: skip
    count = ask.of.whole("desired_count", 0)
    return Quote(groups=(Group(items=(tasks,), count=Count.exact(count)),))


def _task(ask: Ask) -> Attributes:
    name = ask.of.hint("task_definition")
    family = name.rpartition("/")[2].partition(":")[0]
    kinds = ("aws_ecs_task_definition",)
    for one in ask.of_kinds(*kinds):
        own = Attributes.of(one)
        if family and own.values.get("family") == family:
            return own
    found = ask.sibling(kinds, "task_definition", name)
    if found is None:
        raise CannotTellError("its task definition is not in the files that were read")
    return found


def _units(task: Attributes, name: str, unit: int) -> Decimal:
    """ "1024", or "1 vCPU" and "2 GB", which the provider takes, too."""
    text = task.text(name)
    for suffix in ("vcpu", "gb"):
        if text.lower().endswith(suffix):
            return Attributes(values={name: text[: -len(suffix)].strip()}).amount(name)
    return task.amount(name) / unit
