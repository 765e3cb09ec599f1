"""How strictly a place is judged: the first rule of the config that fits names the tier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bot.globs import DEEPEST, Glob, matches
from checks.kube import pod_template_pointer
from checks.model import Resource, Tier

_Values: TypeAlias = Annotated[list[Glob], Field(min_length=1)]


class TierRule(BaseModel):
    """One rule as a repository writes it: everything it names must fit, of each list one entry."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tier: Tier
    paths: _Values | None = None
    namespaces: _Values | None = None
    clusters: _Values | None = None
    # Branches that are merged into.
    branches: _Values | None = None
    labels: Annotated[dict[str, Glob | _Values], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _names_something(self) -> TierRule:
        if not self.model_fields_set - {"tier"}:
            raise ValueError("a rule without paths, namespaces, clusters, branches or labels")
        return self

    @property
    def needs_object(self) -> bool:
        """Whether it looks at more than paths."""
        return bool(self.namespaces or self.clusters or self.labels)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiers:
    """The rules in their order, for pull requests into `branch` ("" where that is not known)."""

    rules: Sequence[TierRule] = ()
    default: Tier = Tier.STAGING
    branch: str = ""
    _seen: dict[tuple[str, ...], Tier] = field(default_factory=dict, repr=False, compare=False)

    def of(self, paths: tuple[str, ...], resource: Resource | None = None) -> Tier:
        """The tier of what stands at `paths`; rules that ask for an object fit none if it is
        None."""
        # Nobody gets out of a tier by hiding a file where no glob looks any more.
        if any(path.count("/") >= DEEPEST for path in paths):
            return Tier.PRODUCTION
        if resource is not None and any(rule.needs_object for rule in self.rules):
            return self._first(paths, resource)
        if paths not in self._seen:
            self._seen[paths] = self._first(paths, resource)
        return self._seen[paths]

    def _first(self, paths: tuple[str, ...], resource: Resource | None) -> Tier:
        fitting = (rule.tier for rule in self.rules if self._fits(rule, paths, resource))
        return next(fitting, self.default)

    def _fits(self, rule: TierRule, paths: tuple[str, ...], resource: Resource | None) -> bool:
        if rule.paths and not any(matches(path, rule.paths) for path in paths):
            return False
        if rule.branches and not matches(self.branch, rule.branches):
            return False
        if not rule.needs_object:
            return True
        return resource is not None and _fits_object(rule, resource)


def _fits_object(rule: TierRule, resource: Resource) -> bool:
    if rule.namespaces and not matches(resource.namespace, rule.namespaces):
        return False
    if rule.clusters and not matches(resource.place.cluster, rule.clusters):
        return False
    labels = _labels(resource) if rule.labels else {}
    return all(
        name in labels and matches(labels[name], [wanted] if isinstance(wanted, str) else wanted)
        for name, wanted in (rule.labels or {}).items()
    )


def _labels(resource: Resource) -> Mapping[str, str]:
    """The object's own labels, over those of its pod template."""
    pointer = pod_template_pointer(resource)
    inner = resource.get(*pointer, "metadata", "labels") if pointer else None
    below = inner if isinstance(inner, dict) else {}
    return {k: v for k, v in below.items() if isinstance(v, str)} | dict(resource.labels())
