"""pod_security: pods keep to the Pod Security Standards, as the cluster's admission asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, TypeAlias

from checks.model import Resource, Severity, Tier
from checks.rule import Check, Rule
from checks.security.baseline import BASELINE
from checks.security.control import Control
from checks.security.namespace import ENFORCE, Declared, allows, declared, level_of
from checks.security.restricted import RESTRICTED
from checks.severity import SeverityByTier, TierWord, severity_in
from checks.workloads.objections import NOT_GIVEN, Objection, Place, objection
from checks.workloads.over import over
from checks.workloads.pods import Pods, listed
from checks.workloads.sides import Side

_ID = "pod_security"
Level: TypeAlias = Literal["privileged", "baseline", "restricted"]
_WHY = """\
Most containers need no right beyond those that they are started with. One that shares the kernel's
namespaces with its node, mounts its directories or is privileged is root there, and with that has
the secrets of every other pod. These are the
[Pod Security Standards](https://kubernetes.io/docs/concepts/security/pod-security-standards/)
`baseline` and `restricted`, control by control as Kubernetes' own admission has them, for all
kinds of containers and with its exceptions for Windows and user namespaces.

Which level holds is said by tier. Where the repository declares the namespace with the label
`pod-security.kubernetes.io/enforce` the cluster will ask for that, so a stricter one holds instead
and breaking it is a refusal foretold. A milder one (node agents need `privileged`) holds from the
change after the one that brings it: nobody lets himself out."""
_UNSET = Rule(
    id="pod-security-unset",
    title="A container does not give up rights that it need not have",
    remedy="Set 'allowPrivilegeEscalation: false' and 'capabilities.drop: [ALL]' of each container,"
    " 'runAsNonRoot: true' and 'seccompProfile.type: RuntimeDefault' of the pod.",
    setting="restricted",
)
# What the level restricted wants to be said, by the last part of where it stands.
_WANTED = {
    "allowPrivilegeEscalation": "allowPrivilegeEscalation: false",
    "drop": "capabilities.drop: [ALL]",
    "runAsNonRoot": "runAsNonRoot: true",
    "seccompProfile": "seccompProfile.type: RuntimeDefault",
}
_LOWERED = Rule(
    id="pod-security-namespace",
    title="A namespace lets in pods of a milder level than its tier has",
    remedy="Name the level of the tier in 'pod-security.kubernetes.io/enforce', or keep what needs"
    " more rights in a namespace of its own.",
    setting="namespaces",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Which level holds in which tier, of which version of the standards, and how hard it is where
    a control of each level is broken, or (`escapes`) one that keeps containers from being root on
    their node; `enforced` where the cluster itself will refuse."""

    levels: Mapping[TierWord, Level] = field(default_factory=dict)
    escapes: SeverityByTier = "warn"
    baseline: SeverityByTier = "warn"
    restricted: SeverityByTier = "warn"
    enforced: SeverityByTier = "warn"
    namespaces: SeverityByTier = "info"
    version: str = "1.34"
    exempt_namespaces: tuple[str, ...] = ()

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    def __post_init__(self) -> None:
        if level_of("baseline", self.version) is None:
            raise ValueError("version is one of Kubernetes, such as 1.34")

    def level(self, tier: Tier) -> str:
        """The level of a tier; one that is not named has none."""
        return self.levels.get(tier.value, "privileged")


def inspect(resource: Resource, side: Side, config: Config) -> Iterator[Objection]:
    """One finding for each control that a workload breaks, and one for a namespace that is too
    mild."""
    if resource.kind == "Namespace" and not resource.group:
        yield from _namespace(resource, config)
        return
    pods = side.pods.get(resource.id)
    if pods is None or resource.namespace in config.exempt_namespaces:
        return
    asked = declared(resource, side, config.version)
    rules = _rules(resource, asked, side, config)
    unset: list[tuple[Severity, Place]] = []
    for control in _controls(rules):
        severity = _severity(control, resource, asked, config)
        places = list(control.ask(pods, rules.minor))
        unset += ((severity, place) for place in places if place.value == NOT_GIVEN)
        broken = [place for place in places if place.value != NOT_GIVEN]
        if broken:
            yield _broken(pods, control, severity, broken, rules)
    if unset:
        yield _unset(pods, max(severity for severity, _ in unset), [p for _, p in unset], rules)


def _rules(resource: Resource, asked: Declared | None, side: Side, config: Config) -> Declared:
    """What is asked of a workload: what its tier or its namespace does, whichever is stricter. A
    milder namespace counts where it was as mild before the change."""
    tier = Declared(level=config.level(resource.tier), version=config.version)
    if asked is None:
        return tier
    if not allows(asked.level, tier.level):
        return asked
    was = declared(resource, side.previous or side, config.version)
    stood = was is not None and allows(was.level, asked.level) and was.minor <= asked.minor
    return asked if stood else tier


def _controls(rules: Declared) -> Iterator[Control]:
    baseline = BASELINE if rules.level != "privileged" else ()
    restricted = RESTRICTED if rules.level == "restricted" else ()
    for control in (*baseline, *restricted):
        if control.since <= rules.minor:
            yield control


def _severity(
    control: Control, resource: Resource, asked: Declared | None, config: Config
) -> Severity:
    level = _level(control)
    setting = config.escapes if control.escape else getattr(config, level)
    own = severity_in(setting, resource.tier)
    if asked is None or not allows(level, asked.level):
        return own
    # Kubernetes itself will refuse these pods.
    return max(own, severity_in(config.enforced, resource.tier))


def _level(control: Control) -> str:
    return "restricted" if control in RESTRICTED else "baseline"


def _broken(
    pods: Pods, control: Control, severity: Severity, places: list[Place], rules: Declared
) -> Objection:
    who = listed([place.label for place in places])
    what = listed([place.value for place in places])
    return objection(
        _ID,
        pods.resource,
        control.rule,
        severity,
        places,
        f"{who}: {what}, which the level {_level(control)} does not allow{rules.whose}",
        threshold=control.allowed,
    )


def _unset(pods: Pods, severity: Severity, places: list[Place], rules: Declared) -> Objection:
    fields = {place.pointer[-1] for place in places}
    wanted = [said for name, said in _WANTED.items() if name in fields]
    labels = dict.fromkeys(place.label for place in places)
    verb = "does" if len(labels) == 1 else "do"
    return objection(
        _ID,
        pods.resource,
        _UNSET,
        severity,
        places,
        f"{listed(list(labels))} {verb} not say {listed(wanted)}, as the level {rules.level}"
        f" asks{rules.whose}",
        observed="; ".join(f"{place.label}: no {place.pointer[-1]}" for place in places),
        threshold=", ".join(wanted),
        remedy=f"Set {listed(wanted)} in 'securityContext'.",
    )


def _namespace(resource: Resource, config: Config) -> Iterator[Objection]:
    value = resource.labels().get(ENFORCE)
    wanted = config.level(resource.tier)
    asked = level_of(value or "", config.version)
    if asked is None or not allows(asked.level, wanted) or asked.level == wanted:
        return
    place = Place(
        key=asked.level,
        label="the namespace",
        pointer=("metadata", "labels", ENFORCE),
        value=asked.level,
    )
    yield objection(
        _ID,
        resource,
        _LOWERED,
        severity_in(config.namespaces, resource.tier),
        [place],
        f"the namespace lets in pods of the level {asked.level}; in {resource.tier.value} it is"
        f" {wanted}",
        threshold=wanted,
    )


def _related(resource: Resource, side: Side) -> Iterator[Resource]:
    """The namespace of a workload decides what is asked of it."""
    if resource.namespace:
        yield from (
            one for one in side.objects.kind("Namespace", "") if one.name == resource.namespace
        )


CHECK = Check(
    id=_ID,
    domain="policy",
    title="Pods keep to the Pod Security Standards",
    config=Config,
    judge=over(_ID, inspect, _related),
    why=_WHY,
    rules=(*(control.rule for control in (*BASELINE, *RESTRICTED)), _UNSET, _LOWERED),
)
