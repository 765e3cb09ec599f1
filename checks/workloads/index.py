"""What means what in one snapshot, found without looking at every pair."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from checks.model import Node, Resource
from checks.pricing.scale import Target, target_of
from checks.workloads.pods import Pods, inner, texts

# A namespace, and one label that a selector asks for; None for a selector that asks for no label.
_Key: TypeAlias = tuple[str, tuple[str, str] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class BySelector:
    """Objects with a selector, by their namespace and one label that it asks for."""

    found: Mapping[_Key, Sequence[Resource]]
    means: Callable[[Node, Mapping[str, str]], bool]

    @classmethod
    def of(
        cls, them: Iterable[Resource], means: Callable[[Node, Mapping[str, str]], bool]
    ) -> BySelector:
        """The index of these; `means` says whether a selector means labels."""
        found: dict[_Key, list[Resource]] = {}
        for one in them:
            selector = one.get("spec", "selector")
            labels = texts(inner(selector, "matchLabels")) or texts(selector)
            label = min(labels.items(), default=None)
            found.setdefault((one.namespace, label), []).append(one)
        return cls(found=found, means=means)

    def over(self, pods: Pods) -> tuple[Resource, ...]:
        """Those that mean these pods, by id; of the same cluster, and not of another root's
        environment."""
        labels, resource = pods.labels, pods.resource
        near = [one for key in _keys(resource, labels) for one in self.found.get(key, ())]
        fitting = (
            one
            for one in near
            if one.place == resource.place
            and _of_one_environment(one, resource)
            and self.means(one.get("spec", "selector"), labels)
        )
        return tuple(sorted(fitting, key=lambda one: one.id))


def _keys(resource: Resource, labels: Mapping[str, str]) -> Iterator[_Key]:
    yield resource.namespace, None
    for label in labels.items():
        yield resource.namespace, label


def _of_one_environment(one: Resource, other: Resource) -> bool:
    """What another root renders is another environment's; what is read as it stands may be any."""
    roots = {one.rendered_from, other.rendered_from}
    return len(roots) == 1 or "plain" in roots


def by_target(scalers: Iterable[Resource]) -> Mapping[Target, Sequence[Resource]]:
    """The autoscalers of each target."""
    found: dict[Target, list[Resource]] = {}
    for one in scalers:
        target = target_of(one)
        if target is not None:
            found.setdefault(target, []).append(one)
    return found


def by_name(resources: Iterable[Resource]) -> Mapping[Target, Sequence[Resource]]:
    """The objects of each namespace, kind and name."""
    found: dict[Target, list[Resource]] = {}
    for one in resources:
        found.setdefault((one.namespace, one.kind, one.name), []).append(one)
    return found
