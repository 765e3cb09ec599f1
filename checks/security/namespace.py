"""Which level of the Pod Security Standards a namespace asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from checks.model import Resource
from checks.pricing.near import together
from checks.workloads.sides import Side

ENFORCE = "pod-security.kubernetes.io/enforce"
_VERSION = f"{ENFORCE}-version"
_MINOR = re.compile(r"v?1\.(\d{1,3})(?:\.\d{1,3})?")
# From the mildest to the strictest.
_LEVELS = ("privileged", "baseline", "restricted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A level and the version of the standards, "1.34"; `by` names the namespace that asks."""

    level: str
    version: str
    by: str = ""

    @property
    def minor(self) -> int:
        """The minor version: 34."""
        match = _MINOR.fullmatch(self.version)
        return int(match[1]) if match else 0

    @property
    def whose(self) -> str:
        """Who asks for it, where it is not the tier."""
        return f" (the namespace {self.by} asks for {self.level})" if self.by else ""


def allows(mild: str, strict: str) -> bool:
    """Whether the level `mild` lets in everything that `strict` does."""
    return _LEVELS.index(mild) <= _LEVELS.index(strict)


def level_of(level: str, version: str, by: str = "") -> Declared | None:
    """The level and version as they are written; None where either is none."""
    if level not in _LEVELS or not _MINOR.fullmatch(version):
        return None
    return Declared(level=level, version=version, by=by)


def declared(resource: Resource, side: Side, newest: str) -> Declared | None:
    """What the namespace of a workload asks for, None where the repository does not say.

    Of several namespaces of the name the one that is rolled out with the workload counts, else the
    strictest of its cluster. `newest` is the version of the cluster, which is "latest".
    """
    if not resource.namespace:
        return None
    them = [
        one
        for one in side.objects.kind("Namespace", "")
        if one.name == resource.namespace and one.place == resource.place
    ]
    beside = [one for one in them if together(one, resource)]
    found = [said for one in beside or them if (said := _said(one, newest)) is not None]
    # One that says nothing asks for nothing.
    if len(found) < len(beside or them):
        return None
    return max(found, key=lambda said: _LEVELS.index(said.level), default=None)


def _said(namespace: Resource, newest: str) -> Declared | None:
    labels = namespace.labels()
    version = labels.get(_VERSION, "latest")
    match = _MINOR.fullmatch(version)
    top = _MINOR.fullmatch(newest)
    older = match is not None and top is not None and int(match[1]) <= int(top[1])
    return level_of(labels.get(ENFORCE, ""), version if older else newest, namespace.name)
