"""Kinds that nobody wrote a rule for: by a path in config, or by the shape of a pod template."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from checks.model import Node, Pointer, Resource
from checks.pricing.assume import KindRule
from checks.pricing.cost import Unknown
from checks.pricing.kinds.pieces import Answer, Piece, priced
from checks.pricing.kinds.runs import Runs, run_cost
from checks.pricing.market import Market
from checks.pricing.scale import Replicas, counted

# What a template of a pod stands in, and what says how many of it there are.
_SPECS = frozenset({"spec", "podSpec", "podTemplate", "template", "pod"})
_COUNTS = ("replicas", "size", "instances", "replicaCount", "numReplicas", "nodeCount", "count")
# Kinds that describe pods without running any.
_PATTERNS = (
    "Policy",
    "Template",
    "Runtime",
    "Config",
    "Configuration",
    "Definition",
    "Application",
    "ApplicationSet",
    "Composition",
    "HelmRelease",
    "Kustomization",
    "Constraint",
    "Assign",
    "List",
)
_PATTERN_GROUPS = ("gatekeeper.sh", "kyverno.io", "kueue.x-k8s.io")
_DEEPEST = 12


def by_rule(resource: Resource, rule: KindRule, market: Market) -> Answer:
    """By the paths that config gives for this kind."""
    pieces = []
    for spec in _matches(resource.body, _steps(rule.pods), ()):
        indices = [step for step in spec if isinstance(step, int)]
        where = _filled(_steps(rule.replicas), indices) if rule.replicas else ()
        count = counted(resource, where, default=1) if where else 1
        exact = count if isinstance(count, Unknown) else Replicas.exact(count)
        pieces.append(Piece(spec=resource.get(*spec), pointer=spec, count=exact))
    return _together(resource, market, pieces, per_run=rule.per_run)


def _together(
    resource: Resource, market: Market, pieces: list[Piece], *, per_run: bool = False
) -> Answer:
    if len(pieces) > 1:
        pieces = [
            Piece(spec=one.spec, pointer=one.pointer, count=one.count, name=f"pods #{number}")
            for number, one in enumerate(pieces, start=1)
        ]
    if per_run:
        return run_cost(resource, market, pieces, Runs())
    return priced(resource, market, pieces)


def _steps(path: str) -> list[str]:
    return path.replace("[*]", ".*").split(".")


def _filled(steps: list[str], indices: list[int]) -> Pointer:
    left = list(indices)
    return tuple(left.pop(0) if step == "*" and left else step for step in steps)


def _matches(node: Node | Mapping[str, Node], steps: list[str], at: Pointer) -> Iterator[Pointer]:
    """Where the steps lead; "*" is every entry of a list."""
    if not steps:
        yield at
    elif steps[0] == "*" and isinstance(node, list):
        for index, entry in enumerate(node):
            yield from _matches(entry, steps[1:], (*at, index))
    elif isinstance(node, dict) and steps[0] in node:
        yield from _matches(node[steps[0]], steps[1:], (*at, steps[0]))


def by_shape(resource: Resource, market: Market) -> Answer | None:
    """By anything in it that looks like the spec of a pod; None where nothing does."""
    if resource.kind.endswith(_PATTERNS) or resource.group.endswith(_PATTERN_GROUPS):
        return None
    found = list(_pod_specs(resource.get("spec"), ("spec",)))
    if not found:
        return None
    pieces = []
    for pointer in found:
        where = _nearby(resource, pointer)
        count = counted(resource, where, default=1) if where else 1
        exact = count if isinstance(count, Unknown) else Replicas.exact(count)
        pieces.append(Piece(spec=resource.get(*pointer), pointer=pointer, count=exact))
    return _together(resource, market, pieces)


def _pod_specs(node: Node, at: Pointer) -> Iterator[Pointer]:
    if len(at) > _DEEPEST:
        return
    if isinstance(node, dict):
        if at[-1] in _SPECS and _has_containers(node):
            yield at
            return
        for key, child in node.items():
            if isinstance(child, dict | list):
                yield from _pod_specs(child, (*at, key))
    elif isinstance(node, list):
        for index, child in enumerate(node):
            if isinstance(child, dict):
                yield from _pod_specs(child, (*at, index))


def _has_containers(node: dict[str, Node]) -> bool:
    containers = node.get("containers")
    if not isinstance(containers, list) or not containers:
        return False
    named = all(isinstance(one, dict) and isinstance(one.get("name"), str) for one in containers)
    return named and any(isinstance(one, dict) and "image" in one for one in containers)


def _nearby(resource: Resource, pointer: Pointer) -> Pointer:
    """Where the number stands that is nearest above a pod spec; () for none."""
    for length in range(len(pointer), 0, -1):
        for name in _COUNTS:
            where = (*pointer[:length], name)
            value = resource.get(*where)
            if isinstance(value, int) and not isinstance(value, bool):
                return where
    return ()
