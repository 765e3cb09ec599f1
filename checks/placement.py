"""placement: pods go where the tier wants them, and can go anywhere at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from checks.alignment.workload import devices
from checks.labelling.places import places as label_places
from checks.model import Node, Pointer, Resource
from checks.rule import Check, Rule
from checks.severity import SeverityByTier, TierWord, severity_in
from checks.workloads.nodes import alternatives, impossible, only, tolerates
from checks.workloads.objections import Objection, Place, objection, shown
from checks.workloads.over import over
from checks.workloads.pods import Pods, listed, mappings
from checks.workloads.sides import Side

_ID = "placement"
_WHY = """\
Spot machines cost a third, and are taken away with two minutes' notice. That is fine for what can
start again (Jobs and CronJobs are not asked), and an outage for a service that may run nowhere
else. "Nowhere else" is meant: a preference for spot is fine.

A pod whose selector and affinity contradict each other, or that selects nodes with a taint that it
does not tolerate, is never started, and the old ones stay: a rollout that hangs. What the label
`finops.<domain>/gpu-optimization-policy` says is held against where the pods really go."""
_SPOT = Rule(
    id="placement-spot-only",
    title="A service can run on spot machines alone",
    remedy="Prefer spot machines instead of requiring them"
    " ('preferredDuringSchedulingIgnoredDuringExecution'), or select on-demand ones.",
    setting="spot_only",
)
_NOWHERE = Rule(
    id="placement-contradiction",
    title="No node can have all the labels that are asked for",
    remedy="Take one of the two out.",
    setting="contradiction",
)
_TAINT = Rule(
    id="placement-untolerated",
    title="The selected nodes have a taint that the pods do not tolerate",
    remedy="Add the toleration that the finding names.",
    setting="untolerated",
)
_INVALID = Rule(
    id="placement-toleration-invalid",
    title="A toleration is one that Kubernetes refuses",
    remedy="Write key, operator, value and effect as the finding says.",
    setting="invalid",
)
_ALL = Rule(
    id="placement-tolerates-all",
    title="Pods that are no DaemonSet's tolerate every taint",
    remedy="Name the keys of the taints that are meant: these pods stay on nodes that are broken or"
    " drained.",
    setting="tolerates_all",
)
_POLICY = Rule(
    id="placement-policy",
    title="Pods do not go where their gpu-optimization-policy says",
    remedy="Change the label, or what the pods ask for.",
    setting="policy",
)
_BATCH = frozenset({"Job", "CronJob"})
_EFFECTS = (None, "", "NoSchedule", "PreferNoSchedule", "NoExecute")
_OPERATORS = (None, "", "Equal", "Exists", "Lt", "Gt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Labels of spot and of on-demand machines with their values, labels whose nodes have a taint
    of the same name, the tiers where services may not be on spot machines alone, and how hard
    findings are."""

    on_demand_in: tuple[TierWord, ...] = ("production",)
    spot: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    on_demand: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tainted: tuple[str, ...] = ()
    spot_only: SeverityByTier = "warn"
    contradiction: SeverityByTier = "warn"
    untolerated: SeverityByTier = "warn"
    invalid: SeverityByTier = "warn"
    tolerates_all: SeverityByTier = "info"
    policy: SeverityByTier = "warn"

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}


def inspect(resource: Resource, side: Side, config: Config) -> Iterator[Objection]:
    """One finding for each rule that a workload breaks."""
    pods = side.pods.get(resource.id)
    if pods is None:
        return
    yield from _spot(pods, config)
    yield from _contradiction(pods, config)
    yield from _taints(pods, config)
    yield from _tolerations(pods, config)
    yield from _policy(pods, side, config)


def _spot(pods: Pods, config: Config) -> Iterator[Objection]:
    resource = pods.resource
    wish = only(pods, config.spot)
    if wish and resource.kind not in _BATCH and resource.tier.value in config.on_demand_in:
        value = f"{wish.label}: {listed(sorted(wish.values))}"
        yield objection(
            _ID,
            resource,
            _SPOT,
            severity_in(config.spot_only, resource.tier),
            [Place(key=wish.label, label="the node", pointer=wish.pointer, value=value)],
            f"the pods can go to spot machines alone ({value})",
            threshold=f"on-demand machines as well in {resource.tier.value}",
        )


def _contradiction(pods: Pods, config: Config) -> Iterator[Objection]:
    resource, kinds = pods.resource, alternatives(pods)
    clashes = [clash for wishes in kinds if (clash := impossible(wishes))]
    if not clashes or len(clashes) < len(kinds):
        return
    one, other = clashes[0]
    said = [
        Place(
            key=f"{wish.label} {wish.operator} {sorted(wish.values)}",
            label=wish.label,
            pointer=wish.pointer,
            value=wish.words,
        )
        for wish in (other, one)
    ]
    yield objection(
        _ID,
        resource,
        _NOWHERE,
        severity_in(config.contradiction, resource.tier),
        said,
        f"{one.label} must be {said[1].value}, and {said[0].value}: no node is both",
        threshold="labels that one node can have",
    )


def _taints(pods: Pods, config: Config) -> Iterator[Objection]:
    resource = pods.resource
    for label in config.tainted:
        wish = only(pods, {label: config.spot.get(label, ())})
        if wish is None:
            continue
        value = min(wish.values)
        if not tolerates(pods, label, value):
            toleration = f"{{key: {label}, operator: Equal, value: {value}, effect: NoSchedule}}"
            yield objection(
                _ID,
                resource,
                _TAINT,
                severity_in(config.untolerated, resource.tier),
                [Place(key=label, label="the node", pointer=wish.pointer, value=value)],
                f"nodes with {label}: {value} have a taint of that name, which the pods do not"
                " tolerate",
                threshold=f"the toleration {toleration}",
                remedy=f"Add the toleration {toleration}.",
            )


def _tolerations(pods: Pods, config: Config) -> Iterator[Objection]:
    resource = pods.resource
    refused: list[Place] = []
    every: list[Place] = []
    for index, one in mappings(pods.get("tolerations")):
        pointer = pods.at("tolerations", index)
        fault = _fault(one)
        if fault:
            key = f"{shown(one.get('key'))} {fault}"
            refused.append(Place(key=key, label="a toleration", pointer=pointer, value=fault))
        elif not one.get("key") and resource.kind != "DaemonSet":
            value = shown(one.get("effect") or "every effect")
            every.append(Place(key=value, label="a toleration", pointer=pointer, value=value))
    for rule, setting, found, message in (
        (_INVALID, config.invalid, refused, "Kubernetes refuses a toleration: "),
        (_ALL, config.tolerates_all, every, "a toleration without a key is for every taint of "),
    ):
        if found:
            said = message + listed([place.value for place in found])
            severity = severity_in(setting, resource.tier)
            yield objection(_ID, resource, rule, severity, found, said, threshold="a key")


def _fault(one: Mapping[str, Node]) -> str:
    """Why Kubernetes refuses a toleration, "" where it does not."""
    operator, effect = one.get("operator"), one.get("effect")
    if not one.get("key") and operator != "Exists":
        return "one without a key has the operator Exists"
    if operator == "Exists" and one.get("value"):
        return "one with the operator Exists has no value"
    if one.get("tolerationSeconds") is not None and effect != "NoExecute":
        return "tolerationSeconds is for the effect NoExecute alone"
    if effect not in _EFFECTS or operator not in _OPERATORS:
        return f"there is no effect {shown(effect)} with the operator {shown(operator)}"
    return ""


def _policy(pods: Pods, side: Side, config: Config) -> Iterator[Objection]:
    resource = pods.resource
    key = f"finops.{side.domain}/gpu-optimization-policy"
    found = _stated(resource, key)
    if found is None:
        return
    pointer, value = found
    spot, on_demand = only(pods, config.spot), only(pods, config.on_demand)
    gpus = [one.label for one in pods.containers if devices(one)]
    wrong = {
        "none": f"{listed(gpus)} asks for accelerators" if gpus else "",
        "spot": f"{on_demand.label} keeps the pods on on-demand machines" if on_demand else "",
        "on-demand": f"{spot.label} keeps the pods on spot machines" if spot else "",
    }.get(value, "")
    if wrong:
        yield objection(
            _ID,
            resource,
            _POLICY,
            severity_in(config.policy, resource.tier),
            [Place(key=wrong, label="the policy", pointer=pointer, value=value)],
            f"gpu-optimization-policy is {value}, and {wrong}",
            threshold=f"pods as {value} says",
        )


def _stated(resource: Resource, key: str) -> tuple[Pointer, str] | None:
    for pointer, values in label_places(resource):
        value = values.get(key)
        if isinstance(value, str):
            return (*pointer, key), value.strip().casefold()
    return None


CHECK = Check(
    id=_ID,
    domain="policy",
    title="Pods go where the tier wants them, and can go somewhere",
    config=Config,
    judge=over(_ID, inspect),
    why=_WHY,
    rules=(_SPOT, _NOWHERE, _TAINT, _INVALID, _ALL, _POLICY),
)
