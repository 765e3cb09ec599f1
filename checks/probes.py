"""probes: what answers requests says when it can, and its probes do what they are meant to."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, TypeAlias

from checks.kube import Container
from checks.model import Node, Pointer, Resource
from checks.pricing.scale import whole
from checks.rule import Check, Rule
from checks.severity import SeverityByTier, TierWord, severity_in
from checks.workloads.objections import Objection, Place, objection, shown
from checks.workloads.over import over
from checks.workloads.pods import Pods, inner, listed, mappings
from checks.workloads.sides import Side

_ID = "probes"
Probe: TypeAlias = Literal["readiness", "liveness"]
_WHY = """\
A Service sends requests to every pod that is ready, and without a readiness probe a pod is ready as
soon as it is started: each rollout then loses requests. A liveness probe restarts what hangs. Asked
for are the probes of containers that a Service beside them sends requests to, by its target ports;
who is told to publish pods that are not ready is not asked.

A probe can do harm as well. One that names a port that its container does not have never succeeds.
A liveness probe that asks the same as the readiness probe, as often, restarts a pod at the very
moment at which it should only be left alone: under load that takes one pod after the other."""
_NO_READINESS = Rule(
    id="probe-readiness-missing",
    title="A container that a Service sends requests to has no readiness probe",
    remedy="Add a 'readinessProbe' that asks the port of the Service.",
    setting="readiness",
)
_NO_LIVENESS = Rule(
    id="probe-liveness-missing",
    title="A container that a Service sends requests to has no liveness probe",
    remedy="Add a 'livenessProbe' that fails only where a restart helps, with a larger"
    " 'failureThreshold' than the readiness probe's.",
    setting="liveness",
)
_PORT = Rule(
    id="probe-port-unknown",
    title="A probe names a port that its container does not have",
    remedy="Name a port of 'ports' of the same container, or write its number.",
    setting="unknown_port",
)
_SLOW = Rule(
    id="probe-timeout",
    title="A probe may take longer than the time between two",
    remedy="Set 'timeoutSeconds' to no more than 'periodSeconds'.",
    setting="timeout",
)
_SAME = Rule(
    id="probe-liveness-as-readiness",
    title="A liveness probe asks the same as the readiness probe, and is as impatient",
    remedy="Give the liveness probe a larger 'failureThreshold', or let it ask something simpler.",
    setting="same",
)
_PROBES = ("readinessProbe", "livenessProbe", "startupProbe")
_ACTIONS = ("httpGet", "tcpSocket", "exec", "grpc")
# What Kubernetes takes where a probe does not say.
_TIMEOUT, _PERIOD, _FAILURES = 1, 10, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Which probes are asked for in which tier, parts of the names of ports and Services that
    nobody waits for, and how hard each kind of finding is."""

    require: Mapping[TierWord, tuple[Probe, ...]] = field(default_factory=dict)
    not_serving: tuple[str, ...] = ()
    readiness: SeverityByTier = "warn"
    liveness: SeverityByTier = "info"
    unknown_port: SeverityByTier = "warn"
    timeout: SeverityByTier = "info"
    same: SeverityByTier = "info"

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}


def inspect(resource: Resource, side: Side, config: Config) -> Iterator[Objection]:
    """One finding for each rule that a workload breaks."""
    pods = side.pods.get(resource.id)
    if pods is None:
        return
    yield from _missing(pods, side, config)
    for rule, severity, places, threshold in (
        (_PORT, config.unknown_port, list(_ports(pods)), "a name among the container's ports"),
        (_SLOW, config.timeout, list(_slow(pods)), "timeoutSeconds up to periodSeconds"),
        (_SAME, config.same, list(_same(pods)), "a liveness probe that waits longer"),
    ):
        if places:
            said = "; ".join(dict.fromkeys(f"{p.label}: {p.value}" for p in places))
            hard = severity_in(severity, resource.tier)
            yield objection(_ID, resource, rule, hard, places, said, threshold=threshold)


def _missing(pods: Pods, side: Side, config: Config) -> Iterator[Objection]:
    resource = pods.resource
    wanted = config.require.get(resource.tier.value, ())
    # Gates decide about readiness without any probe.
    if not wanted or resource.kind in ("Job", "CronJob", "Pod") or pods.get("readinessGates"):
        return
    served = _served(pods, side, config.not_serving)
    for probe, rule, severity in (
        ("readiness", _NO_READINESS, config.readiness),
        ("liveness", _NO_LIVENESS, config.liveness),
    ):
        places = [
            Place(key=one.key, label=one.label, pointer=(*one.pointer, f"{probe}Probe"))
            for one, _ in served
            if one.body.get(f"{probe}Probe") is None
        ]
        if probe in wanted and places:
            who = listed([place.label for place in places])
            by = listed([name for one, name in served if one.body.get(f"{probe}Probe") is None])
            yield objection(
                _ID,
                resource,
                rule,
                severity_in(severity, resource.tier),
                places,
                f"{by} sends requests to {who}, without a {probe} probe",
                threshold=f"a {probe}Probe in {resource.tier.value}",
            )


def _served(pods: Pods, side: Side, ignored: Collection[str]) -> list[tuple[Container, str]]:
    """The containers that Services send requests to, and the names of these."""
    found: dict[str, tuple[Container, str]] = {}
    for service in side.services(pods):
        if service.get("spec", "publishNotReadyAddresses") is True:
            continue
        for _, port in mappings(service.get("spec", "ports")):
            wanted = port.get("targetPort")
            names = (service.name, port.get("name"), wanted)
            if any(isinstance(name, str) and part in name for name in names for part in ignored):
                continue
            for one in _listening(pods, port.get("port") if wanted is None else wanted):
                found.setdefault(one.key, (one, f"Service {service.name}"))
    return list(found.values())


def _listening(pods: Pods, target: Node) -> tuple[Container, ...]:
    """The containers of a target port; of a number that none declares, the only container."""
    key = "name" if isinstance(target, str) else "containerPort"
    named = tuple(
        one
        for one in pods.running
        if any(port.get(key) == target for _, port in mappings(one.body.get("ports")))
    )
    if named or isinstance(target, str):
        return named
    return pods.running if len(pods.running) == 1 else ()


def _each(pods: Pods) -> Iterator[tuple[Container, str, Pointer, Mapping[str, Node]]]:
    for one in pods.running:
        for name in _PROBES:
            probe = one.body.get(name)
            if isinstance(probe, dict):
                yield one, name, (*one.pointer, name), probe


def _ports(pods: Pods) -> Iterator[Place]:
    for one, name, pointer, probe in _each(pods):
        declared = [port.get("name") for _, port in mappings(one.body.get("ports"))]
        for action in ("httpGet", "tcpSocket"):
            port = inner(probe, action, "port")
            if isinstance(port, str) and _is_name(port) and port not in declared:
                yield Place(
                    key=f"{one.key} {name} {port}",
                    label=one.label,
                    pointer=(*pointer, action, "port"),
                    value=f"the {name} asks for the port {shown(port)}, which it does not have",
                )


def _is_name(port: str) -> bool:
    """Whether it is a name; Kubernetes reads "8080" as the number, and some tools fill in later."""
    return not port.isdigit() and port.replace("-", "").isalnum()


def _slow(pods: Pods) -> Iterator[Place]:
    for one, name, pointer, probe in _each(pods):
        timeout = whole(probe.get("timeoutSeconds"), default=_TIMEOUT)
        period = whole(probe.get("periodSeconds"), default=_PERIOD)
        if timeout and period and timeout > period:
            yield Place(
                key=f"{one.key} {name}",
                label=one.label,
                pointer=(*pointer, "timeoutSeconds"),
                value=f"the {name} may take {timeout} s and runs every {period} s",
            )


def _same(pods: Pods) -> Iterator[Place]:
    for one in pods.running:
        ready, live = one.body.get("readinessProbe"), one.body.get("livenessProbe")
        if not isinstance(ready, dict) or not isinstance(live, dict):
            continue
        asked = {name: live.get(name) for name in _ACTIONS if live.get(name) is not None}
        same = asked and asked == {n: ready.get(n) for n in _ACTIONS if ready.get(n) is not None}
        patience = _patience(ready), _patience(live)
        if same and None not in patience and (patience[1] or 0) <= (patience[0] or 0):
            yield Place(
                key=one.key,
                label=one.label,
                pointer=(*one.pointer, "livenessProbe"),
                value=f"the livenessProbe asks what the readinessProbe does and gives up after"
                f" {patience[1]} s, as that does after {patience[0]} s",
            )


def _patience(probe: Mapping[str, Node]) -> int | None:
    """For how many seconds a probe may fail; None where it cannot be told."""
    period = whole(probe.get("periodSeconds"), default=_PERIOD)
    failures = whole(probe.get("failureThreshold"), default=_FAILURES)
    return None if period is None or failures is None else period * failures


def _related(resource: Resource, side: Side) -> Iterator[Resource]:
    """A Service makes a workload one that gets requests."""
    pods = side.pods.get(resource.id)
    if pods is not None:
        yield from side.services(pods)


CHECK = Check(
    id=_ID,
    domain="policy",
    title="What answers requests says when it can",
    config=Config,
    judge=over(_ID, inspect, _related),
    why=_WHY,
    rules=(_NO_READINESS, _NO_LIVENESS, _PORT, _SLOW, _SAME),
)
