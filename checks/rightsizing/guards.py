"""When rightsizing keeps its hands off: each guard is "" or the reason why nothing is proposed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import TypeAlias

from checks.kube import Container
from checks.model import (
    ContainerUsage,
    CpuUsage,
    MemoryUsage,
    Node,
    Resource,
    ResourceName,
)
from checks.pricing.cost import number
from checks.pricing.scale import shown
from checks.rightsizing.config import Guards
from checks.rightsizing.context import Context

# "" lets it through.
Reason: TypeAlias = str

_NEVER = "kube-system"
_ON = frozenset({"on", "true", "yes", "enabled"})
_OFF = frozenset({"off", "false", "no", "disabled"})
_DAY = timedelta(days=1)
# An image's name or a variable that only a JVM reads.
_JVM_IMAGE = re.compile(
    r"(?:^|[/\-_.])(?:java|jdk|jre|openjdk|temurin|corretto|zulu|tomcat|jetty|wildfly|keycloak"
    r"|kafka|elasticsearch|opensearch|cassandra|spark|jenkins|neo4j|solr|zookeeper)\d*(?:[:/\-_.@]|$)"
)
_JVM_VARIABLES = frozenset({"JAVA_OPTS", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "JVM_OPTS"})
_JVM_VARIABLES |= {"CATALINA_OPTS", "KAFKA_HEAP_OPTS", "ES_JAVA_OPTS", "MAX_HEAP_SIZE"}


def out_of_scope(workload: Resource, namespace: str, guards: Guards, context: Context) -> Reason:
    """Namespaces that are never touched, and the owner's opt-out."""
    for name in {workload.namespace, namespace}:
        if name == _NEVER or name in guards.never_namespaces:
            return f"workloads in {name} are never touched"
    annotation = f"ai.{context.label_domain}/rightsizing"
    for pointer in (("metadata",), ("spec", "template", "metadata")):
        value = workload.get(*pointer, "annotations", annotation)
        if value is not None and _word(value) in _OFF:
            return f"its annotation {annotation} is {shown(value)}"
        if value is not None and _word(value) not in _ON:
            return f'its annotation {annotation} is {shown(value)}, which is neither "on" nor "off"'
    return ""


def _word(value: Node) -> str:
    return str(value).strip().lower()


def steered(
    workload: Resource, usage: ContainerUsage, name: ResourceName, context: Context
) -> Reason:
    """Something else, in the repository or the cluster, that sets the request or scales by it."""
    vpas = context.active_vpas(workload)
    if vpas:
        return f"the VerticalPodAutoscaler {vpas[0]} sets its requests"
    for scaler in context.scalers(workload):
        if name in _scales_by(scaler):
            return (
                f"the {scaler.kind} {scaler.name} scales by {name}: another request would move the"
                " number of its replicas"
            )
    if name in usage.scaled_by:
        return f"a HorizontalPodAutoscaler in the cluster scales it by {name}"
    return ""


def _scales_by(scaler: Resource) -> Iterator[str]:
    """The names of the resources that an autoscaler goes by; CPU where it does not say."""
    if scaler.kind == "ScaledObject":
        yield from _names(scaler.get("spec", "triggers"), ("type",))
        return
    metrics = scaler.get("spec", "metrics")
    yield from _names(metrics, ("resource", "name"))
    yield from _names(metrics, ("containerResource", "name"))
    if not metrics:
        # Kubernetes: an autoscaler without metrics goes by 80% of the CPU request.
        yield "cpu"


def _names(entries: Node, path: tuple[str, ...]) -> Iterator[str]:
    for entry in entries if isinstance(entries, list) else ():
        for step in path:
            entry = entry.get(step) if isinstance(entry, dict) else None
        if isinstance(entry, str):
            yield entry


def stale(usage: ContainerUsage, guards: Guards) -> Reason:
    """Measurements too old to act on."""
    if usage.age > timedelta(minutes=guards.stale_minutes):
        minutes = int(usage.age.total_seconds() // 60)
        return f"the newest sample is {minutes} minutes old, over {guards.stale_minutes}"
    return ""


def too_little(usage: ContainerUsage, guards: Guards, *, decrease: bool) -> Reason:
    """Not enough measured for a step in that direction."""
    if usage.points < guards.min_points:
        return f"there are {usage.points} points, under {guards.min_points}"
    if Decimal(str(usage.coverage)) < guards.min_coverage:
        return (
            f"{usage.coverage:.0%} of the points since {usage.first_seen:%Y-%m-%d %H:%M} UTC are"
            f" there, under {guards.min_coverage:.0%}"
        )
    needed = _DAY * guards.decrease_days if decrease else timedelta(hours=guards.increase_hours)
    if usage.history < needed:
        word = "a decrease" if decrease else "an increase"
        return (
            f"it was measured for {days(usage.history)}, and {word} needs {days(needed)} of history"
        )
    if decrease and not usage.has_weekend:
        return "there is no weekend in what was measured, and a decrease needs one"
    return ""


def unsettled(usage: ContainerUsage, measured: CpuUsage | MemoryUsage, guards: Guards) -> Reason:
    """A change so recent that the window is about something else; against a decrease only."""
    if measured.shift is not None and abs(Decimal(str(measured.shift))) > guards.shift:
        return (
            f"its level shifted: the median of the last 7 days is {measured.shift:+.0%} against the"
            " 7 days before"
        )
    if usage.last_rollout and usage.now - usage.last_rollout < _DAY * guards.settle_days:
        ago = days(usage.now - usage.last_rollout)
        return f"its newest version was rolled out {ago} ago, under {guards.settle_days} days"
    return ""


def cpu_decrease(cpu: CpuUsage, guards: Guards, *, limited: bool) -> Reason:
    """What speaks against a smaller CPU request; `limited` where the container has a CPU limit."""
    if cpu.throttled_share is None and limited:
        return "it has a CPU limit, and Prometheus does not say how much it is throttled"
    if is_throttled(cpu, guards):
        return f"it is throttled in {cpu.throttled_share:.1%} of its periods at busy hours"
    return ""


def is_throttled(cpu: CpuUsage, guards: Guards) -> bool:
    """Whether its CPU limit holds it back."""
    share = cpu.throttled_share
    return share is not None and Decimal(str(share)) > guards.throttled


def memory_decrease(memory: MemoryUsage, container: Container, guards: Guards) -> Reason:
    """What speaks against a smaller memory request."""
    if memory.oom_kills is None:
        return "Prometheus does not say whether it was killed for memory (kube-state-metrics)"
    if memory.oom_kills:
        return f"it was killed for memory {times(memory.oom_kills)} in the window"
    if memory.slope_per_day is None:
        return "there are too few days to tell whether its memory grows"
    if Decimal(str(memory.slope_per_day)) > guards.memory_slope:
        return f"its memory grows by {memory.slope_per_day:.1%} a day"
    if is_jvm(container) and not memory.heap_metrics:
        return "it runs a JVM, and there are no heap metrics (jvm_memory_used_bytes)"
    return ""


def is_jvm(container: Container) -> bool:
    """Whether its image, command or environment is one of a Java virtual machine."""
    image = container.body.get("image")
    if isinstance(image, str) and _JVM_IMAGE.search(image.lower()):
        return True
    environment = container.body.get("env")
    for entry in environment if isinstance(environment, list) else ():
        if isinstance(entry, dict) and entry.get("name") in _JVM_VARIABLES:
            return True
    return any(w.rpartition("/")[2] == "java" or w.startswith("-Xmx") for w in _words(container))


def _words(container: Container) -> Iterator[str]:
    for part in (container.body.get("command"), container.body.get("args")):
        for text in part if isinstance(part, list) else ():
            if isinstance(text, str):
                yield from text.split()


def negligible(current: Decimal, proposed: Decimal, guards: Guards) -> bool:
    """Whether the step is too small to be worth a person's look."""
    return abs(proposed - current) < current * guards.ignore_share


def within_step(current: Decimal, target: Decimal, step: Decimal) -> Decimal:
    """`target`, or as far towards it as one step may go."""
    return min(max(target, current * (1 - step)), current * (1 + step))


def times(kills: int) -> str:
    """How often a container was killed; a restart for another reason may be among them."""
    return "once" if kills == 1 else f"up to {kills} times"


def days(span: timedelta) -> str:
    """A span of time for people: "3.5 days", "20 hours"."""
    if span < _DAY:
        hours = Decimal(str(round(span.total_seconds() / 3600, 1)))
        return f"{number(hours)} hour{'' if hours == 1 else 's'}"
    count = Decimal(str(round(span / _DAY, 1)))
    return f"{number(count)} day{'' if count == 1 else 's'}"
