"""resource_limits: every container says how much CPU and memory it needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, TypeAlias

from checks.kube import Container, containers, pod_pointer
from checks.model import Finding, Input, Node, Patch, Resource, ResourceRef, Trace
from checks.rule import Check, Rule, by_resource
from checks.severity import SeverityByTier, severity_in

_ID = "resource_limits"
Requirement: TypeAlias = Literal["requests.cpu", "requests.memory", "limits.cpu", "limits.memory"]
_RULE_OF: Mapping[Requirement, str] = {
    "requests.cpu": "cpu-request-missing",
    "requests.memory": "memory-request-missing",
    "limits.cpu": "cpu-limit-missing",
    "limits.memory": "memory-limit-missing",
}
_WHY = """\
A container without a request takes part in scheduling as if it needed nothing: its node fills up,
it is the first to be evicted, an autoscaler that looks at utilisation cannot scale it, and its cost
cannot be told. A limit without a request counts, because Kubernetes then requests the limit; so do
the `resources` of the pod as a whole. A `LimitRange` in the cluster is not looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What every container must say, and how hard it is when it does not."""

    severity: SeverityByTier = field(
        default_factory=lambda: {"experiment": "info", "staging": "warn", "production": "fail"}
    )
    require: tuple[Requirement, ...] = ("requests.cpu", "requests.memory")

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}


def inspect(resource: Resource, config: Config) -> Iterator[Finding]:
    """One finding for each requirement that a container does not meet."""
    pointer = pod_pointer(resource)
    if pointer is None:
        return
    whole = resource.get(*pointer, "resources")
    for container in containers(resource):
        for requirement in config.require:
            if not any(_says(r, requirement) for r in (container.body.get("resources"), whole)):
                yield _finding(resource, container, requirement, config)


def _says(resources: Node, requirement: Requirement) -> bool:
    kind, _, name = requirement.partition(".")
    # A limit without a request is a request of the same amount.
    kinds = ("requests", "limits") if kind == "requests" else (kind,)
    asked = [resources.get(kind) for kind in kinds] if isinstance(resources, dict) else []
    return any(isinstance(part, dict) and part.get(name) is not None for part in asked)


# What small services ask for; any amount would pass.
_FOR_EXAMPLE = {"cpu": "100m", "memory": "128Mi"}


def _finding(
    resource: Resource, container: Container, requirement: Requirement, config: Config
) -> Finding:
    location = resource.locate(*container.pointer, "resources")
    kind, _, name = requirement.partition(".")
    return Finding(
        check=_ID,
        rule=_RULE_OF[requirement],
        severity=severity_in(config.severity, resource.tier),
        message=f"{container.label} has no {name} {kind.removesuffix('s')}",
        location=location,
        subject=f"{resource.id} {container.key} {requirement}",
        resource=ResourceRef.of(resource),
        trace=Trace(
            inputs=(
                Input(
                    location=location,
                    pointer=".".join(map(str, (*container.pointer, "resources", kind, name))),
                    value="not given",
                ),
            ),
            predicate=f"every container has resources.{requirement}",
            observed="not given",
            threshold=f"required in {resource.tier.value}",
        ),
        remedy=f"Add resources.{requirement} to the {container.label}.",
        patches=(
            Patch(pointer=(*container.pointer, "resources", kind, name), value=_FOR_EXAMPLE[name]),
        ),
    )


def _rule(requirement: Requirement) -> Rule:
    kind, _, name = requirement.partition(".")
    noun = kind.removesuffix("s")
    return Rule(
        id=_RULE_OF[requirement],
        title=f"A container has no {name} {noun}",
        remedy=f"Add 'resources.{requirement}'; what the container uses is a good start.",
    )


CHECK = Check(
    id=_ID,
    domain="policy",
    title="Containers say how much CPU and memory they need",
    config=Config,
    judge=by_resource(_ID, inspect),
    why=_WHY,
    rules=tuple(_rule(requirement) for requirement in _RULE_OF),
)
