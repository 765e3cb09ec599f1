"""EC2 instances, autoscaling groups, EKS clusters and what runs their pods."""

from __future__ import annotations

from datetime import date

from checks.pricing.terraform.ask import Ask, by_usage
from checks.pricing.terraform.attributes import Attributes, CannotTellError
from checks.pricing.terraform.aws_disk import sized
from checks.pricing.terraform.aws_machine import (
    Plan,
    group_of,
    instance_plan,
    notes_of,
    template_named,
    template_plan,
)
from checks.pricing.terraform.quote import ONE, Count, Group, Quote, item

# The last day of standard support of a Kubernetes version; after it the extended price holds.
_EKS_STANDARD_UNTIL = {
    "1.23": date(2023, 10, 11),
    "1.24": date(2024, 1, 31),
    "1.25": date(2024, 5, 1),
    "1.26": date(2024, 6, 11),
    "1.27": date(2024, 7, 24),
    "1.28": date(2024, 11, 26),
    "1.29": date(2025, 3, 23),
    "1.30": date(2025, 7, 23),
    "1.31": date(2025, 11, 26),
    "1.32": date(2026, 3, 23),
    "1.33": date(2026, 7, 29),
    "1.34": date(2026, 12, 2),
}
_NODE_DISK_GIB = 20
# Tags that make the machines of a group the nodes of a cluster.
_NODE_TAGS = ("kubernetes.io/cluster/", "k8s.io/cluster-autoscaler/", "eks:cluster-name")


def instance(ask: Ask) -> Quote:
    """aws_instance."""
    _no_windows(ask)
    plan = instance_plan(ask, ask.of)
    notes, grade = notes_of(plan)
    return Quote(groups=(group_of(ask, plan, ONE),), more=plan.more, notes=notes, grade=grade)


def autoscaling_group(ask: Ask) -> Quote:
    """aws_autoscaling_group: between min_size and max_size of what its template describes."""
    _no_windows(ask)
    low, high = ask.of.whole("min_size"), ask.of.whole("max_size")
    expected = ask.of.whole("desired_capacity", low, computed=True)
    count = _scaled(ask, low, expected, high, "the group's scaling")
    mixed = ask.of.blocks("mixed_instances_policy")
    if mixed:
        plan = _mixed_plan(ask, mixed[0])
        groups = _mixed_groups(ask, mixed[0], plan, count)
    else:
        plan = _own_plan(ask)
        groups = (group_of(ask, plan, count),)
    notes, grade = notes_of(plan)
    return Quote(groups=groups, more=plan.more, notes=notes, grade=grade, nodes=_runs_pods(ask.of))


def eks_cluster(ask: Ask) -> Quote:
    """aws_eks_cluster: its control plane, dearer once its version is out of standard support."""
    version = ask.of.text("version", "", computed=True)
    until = _EKS_STANDARD_UNTIL.get(version)
    support = ask.of.block("upgrade_policy").text("support_type", "EXTENDED", computed=True)
    extended = until is not None and ask.tariff.now.date() > until and support != "STANDARD"
    name = "control-plane:extended" if extended else "control-plane"
    shown = f"EKS {version}".strip() + (" in extended support" if extended else "")
    auto = ask.of.block("compute_config").flag("enabled")
    plane = item("control plane", shown, ask.tariff.part(name))
    return Quote(groups=(Group(items=(plane,)),), more=auto)


def eks_node_group(ask: Ask) -> Quote:
    """aws_eks_node_group: between min_size and max_size machines that pods run on."""
    _no_windows(ask)
    if ask.of.text("ami_type", "", computed=True).startswith("WINDOWS"):
        raise CannotTellError("its nodes run Windows, of which no sheet has prices")
    scaling = ask.of.blocks("scaling_config", computed=False)
    if not scaling:
        raise CannotTellError("it has no scaling_config")
    low, high = scaling[0].whole("min_size"), scaling[0].whole("max_size")
    expected = scaling[0].whole("desired_size", low, computed=True)
    count = _scaled(ask, low, expected, high, "its scaling_config")
    plan = _node_plan(ask)
    spot = ask.of.text("capacity_type", "ON_DEMAND", computed=True) == "SPOT"
    notes, grade = notes_of(plan)
    group = group_of(ask, plan, count, spot=spot or plan.spot)
    return Quote(groups=(group,), more=plan.more, notes=notes, grade=grade, nodes=True)


def eks_fargate_profile(ask: Ask) -> Quote:
    """aws_eks_fargate_profile: the cores and memory that its pods ask for, by the usage file."""
    cores, memory = ask.usage.get("vcpu"), ask.usage.get("memory_gb")
    if cores is None or memory is None:
        raise by_usage("vcpu", "memory_gb of its pods together")
    part = ask.tariff.part
    shown = f"{cores} vCPU, {memory} GiB on Fargate"
    pods = item("pods", shown, part("fargate:cpu", cores), part("fargate:ram", memory))
    return Quote(groups=(Group(items=(pods,)),))


def _own_plan(ask: Ask) -> Plan:
    templates = ask.of.blocks("launch_template")
    if templates:
        return template_plan(ask, template_named(ask, templates[0], "launch_template"))
    name = ask.of.hint("launch_configuration")
    found = ask.sibling(("aws_launch_configuration",), "launch_configuration", name)
    if found is None:
        raise CannotTellError(
            "neither its launch template nor its launch configuration is in the files that were"
            " read"
        )
    return instance_plan(ask, found)


def _node_plan(ask: Ask) -> Plan:
    kinds = ask.of.texts("instance_types", computed=not ask.of.values.get("instance_types"))
    templates = ask.of.blocks("launch_template")
    if templates:
        plan = template_plan(ask, template_named(ask, templates[0], "launch_template"))
        return plan.with_types(kinds or plan.types or ("t3.medium",))
    size = ask.of.amount("disk_size", _NODE_DISK_GIB, computed=True)
    return Plan(
        types=kinds or ("t3.medium",),
        spot=False,
        on_host=False,
        extras=(),
        disks=sized(ask.tariff, size, "gp2"),
    )


def _mixed_plan(ask: Ask, policy: Attributes) -> Plan:
    template = policy.block("launch_template")
    named = template.block("launch_template_specification")
    plan = template_plan(ask, template_named(ask, named, "mixed_instances_policy"))
    overrides = template.blocks("override")
    if any(one.has("weighted_capacity") for one in overrides):
        raise CannotTellError("its overrides weigh instance types, so their number is not known")
    if any(one.has("instance_requirements") for one in overrides):
        raise CannotTellError("its override names requirements, not an instance type")
    return plan.with_types(tuple(one.text("instance_type") for one in overrides))


def _mixed_groups(ask: Ask, policy: Attributes, plan: Plan, count: Count) -> tuple[Group, ...]:
    spread = policy.block("instances_distribution")
    base = spread.whole("on_demand_base_capacity", 0, computed=True)
    above = spread.whole("on_demand_percentage_above_base_capacity", 100, computed=True)

    def firm(total: int) -> int:
        fixed = min(base, total)
        # Rounded up, as the group does.
        return fixed + -(-(total - fixed) * min(above, 100) // 100)

    sure = Count(
        low=firm(count.low), expected=firm(count.expected), high=firm(count.high), by=count.by
    )
    rest = Count(
        low=count.low - sure.low,
        expected=count.expected - sure.expected,
        high=count.high - sure.high,
        by=count.by,
    )
    if rest.high == 0:
        return (group_of(ask, plan, sure),)
    return (
        group_of(ask, plan, sure, name="on-demand", spot=False),
        group_of(ask, plan, rest, name="spot", spot=True),
    )


def _scaled(ask: Ask, low: int, expected: int, high: int, by: str) -> Count:
    observed = ask.usage.count("instances")
    return Count.between(low, expected if observed is None else observed, high, by)


def _runs_pods(of: Attributes) -> bool:
    keys = [block.text("key", "", computed=True) for block in of.blocks("tag")]
    tags = of.values.get("tags")
    keys += [key for key in tags if isinstance(key, str)] if isinstance(tags, dict) else []
    return any(key.startswith(_NODE_TAGS) for key in keys)


def _no_windows(ask: Ask) -> None:
    system = ask.usage.figures.get("operating_system", "linux")
    if system != "linux":
        raise CannotTellError(f"no sheet has prices of machines that run {system!s:.40}")
