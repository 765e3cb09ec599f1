"""EC2 machines as instances, launch templates and launch configurations describe them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from checks.model import Grade
from checks.pricing.cost import HOURS, worst
from checks.pricing.terraform.ask import Ask
from checks.pricing.terraform.attributes import Attributes, CannotTellError
from checks.pricing.terraform.aws_disk import devices, mappings
from checks.pricing.terraform.quote import Count, Group, Item, item
from checks.pricing.terraform.tariff import machine_part

# Types of the first generations, which charge for what later ones include.
_EBS_OPTIMIZED = """
    c1.xlarge c3.xlarge c3.2xlarge c3.4xlarge g2.2xlarge i2.xlarge i2.2xlarge i2.4xlarge m1.large
    m1.xlarge m2.2xlarge m2.4xlarge m3.xlarge m3.2xlarge r3.xlarge r3.2xlarge r3.4xlarge
"""
_EBS_OPTIMIZED_COSTS = frozenset(_EBS_OPTIMIZED.split())
# Detailed monitoring: seven metrics of the machine.
_METRICS = 7
# Bursting types that pay for bursts unless told otherwise.
_UNLIMITED = ("t3.", "t3a.", "t4g.")
_CREDITS = {"t2": "cpu-credits:t3", "t3": "cpu-credits:t3", "t4": "cpu-credits:t4g"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One machine as files describe it. `types` are the instance types it may be, the one that is
    wanted most first; `on_host` one whose host is billed instead."""

    types: tuple[str, ...]
    spot: bool
    on_host: bool
    extras: tuple[Item, ...]
    disks: Item
    more: bool = False
    assumed: bool = False

    def with_types(self, types: tuple[str, ...]) -> Plan:
        """The same machine of other types."""
        return replace(self, types=types) if types else self


def instance_plan(ask: Ask, of: Attributes) -> Plan:
    """aws_instance and aws_launch_configuration: disks of their own, no market but by spot_price;
    what an instance leaves to its launch template is taken from there."""
    template = _template_of(ask, of)
    if template is not None and not of.has("root_block_device"):
        plan = template_plan(ask, template)
        return plan.with_types((of.text("instance_type"),) if of.has("instance_type") else ())
    options = of.block("instance_market_options")
    spot = of.has("spot_price") or options.text("market_type", "", computed=True) == "spot"
    kind = of.text("instance_type")
    tenancy = of.text("placement_tenancy" if of.has("placement_tenancy") else "tenancy",
                      "default", computed=True)  # fmt: skip
    monitored = of.flag("enable_monitoring") or of.flag("monitoring")
    return Plan(
        types=(kind,),
        spot=spot,
        on_host=_on_host(tenancy),
        extras=_extras(ask, of, kind, monitored=monitored),
        disks=devices(ask.tariff, of),
        more=_bursts(ask, of, kind),
        assumed=not of.block("root_block_device").has("volume_size"),
    )


def template_plan(ask: Ask, of: Attributes) -> Plan:
    """aws_launch_template."""
    if not of.has("instance_type") and of.has("instance_requirements"):
        raise CannotTellError("its launch template names requirements, not an instance type")
    # A node group or override may name the types instead.
    kind = of.text("instance_type", "", computed=not of.has("instance_type"))
    market = of.block("instance_market_options").text("market_type", "", computed=True)
    monitored = of.block("monitoring").flag("enabled")
    disks = mappings(ask.tariff, of)
    return Plan(
        types=(kind,) if kind else (),
        spot=market == "spot",
        on_host=_on_host(of.block("placement").text("tenancy", "default", computed=True)),
        extras=_extras(ask, of, kind, monitored=monitored),
        disks=disks,
        more=_bursts(ask, of, kind),
        assumed=not of.blocks("block_device_mappings"),
    )


def group_of(
    ask: Ask, plan: Plan, count: Count, *, name: str = "", spot: bool | None = None
) -> Group:
    """So many machines of a plan; `spot` overrides what the plan says."""
    if not plan.types:
        raise CannotTellError("it has no instance_type")
    spot = plan.spot if spot is None else spot
    share = Decimal(0) if plan.on_host else ask.usage.share
    shown = plan.types[0] + (" spot" if spot else "") + (" on a host" if plan.on_host else "")
    if len(plan.types) > 1:
        shown += f" or {', '.join(plan.types[1:])}"
    machine = machine_part(ask.tariff, plan.types, share, spot=spot)
    kind = item("instance type", shown, machine)
    return Group(
        items=(kind, *plan.extras, plan.disks),
        count=count,
        name=name,
        machine=ask.tariff.machine(plan.types[0]),
    )


def notes_of(plan: Plan) -> tuple[tuple[str, ...], Grade]:
    """What was assumed of a plan, and how sure that leaves it."""
    if not plan.assumed:
        return (), Grade.A
    return ("the root disk is assumed to be 8 GiB, as its image says it",), worst(Grade.A, Grade.B)


def template_named(ask: Ask, block: Attributes, pointer: str) -> Attributes:
    """The launch template that a block names by id or name."""
    keys = ("id", "name", "launch_template_id", "launch_template_name")
    names = [block.hint(key) for key in keys]
    found = ask.sibling(("aws_launch_template",), pointer, *names)
    if found is None:
        raise CannotTellError(
            f"its {block.path.rstrip('.0123456789') or pointer} is not in the files that were read"
        )
    return found


def _template_of(ask: Ask, of: Attributes) -> Attributes | None:
    blocks = of.blocks("launch_template")
    if not blocks:
        return None
    try:
        return template_named(ask, blocks[0], "launch_template")
    except CannotTellError:
        # An instance that says everything itself does not need its template.
        if of.has("instance_type") and of.has("root_block_device"):
            return None
        raise


def _on_host(tenancy: str) -> bool:
    if tenancy == "dedicated":
        raise CannotTellError(
            "its tenancy is dedicated, which has prices of its own that no sheet has"
        )
    return tenancy == "host"


def _extras(ask: Ask, of: Attributes, kind: str, *, monitored: bool) -> tuple[Item, ...]:
    parts, shown = [], []
    if kind in _EBS_OPTIMIZED_COSTS and of.flag("ebs_optimized"):
        parts.append(ask.tariff.part(f"ebs-optimized:{kind}", ask.usage.share))
        shown.append("EBS-optimized")
    if monitored:
        parts.append(ask.tariff.part("detailed-monitoring", _METRICS))
        shown.append("detailed monitoring")
    bursts = ask.usage.get("monthly_cpu_credit_hrs")
    if bursts and kind.startswith("t") and _unlimited(of, kind):
        vcpu = ask.usage.get("vcpu_count") or ask.tariff.machine(kind).vcpu
        parts.append(ask.tariff.part(_CREDITS.get(kind[:2], _CREDITS["t3"]), bursts * vcpu / HOURS))
        shown.append("CPU credits")
    # A public address; one that the subnet gives by itself stands in no attribute.
    if of.flag("associate_public_ip_address"):
        parts.append(ask.tariff.part("ip"))
        shown.append("public IPv4 address")
    return (item("options", ", ".join(shown), *parts),) if parts else ()


def _unlimited(of: Attributes, kind: str) -> bool:
    default = "unlimited" if kind.startswith(_UNLIMITED) else "standard"
    block = of.block("credit_specification")
    return block.text("cpu_credits", default, computed=True) == "unlimited"


def _bursts(ask: Ask, of: Attributes, kind: str) -> bool:
    """Whether bursts may add to the price, by how much the usage file does not say."""
    bursting = kind.startswith(("t2.", *_UNLIMITED)) and _unlimited(of, kind)
    return bursting and ask.usage.get("monthly_cpu_credit_hrs") is None
