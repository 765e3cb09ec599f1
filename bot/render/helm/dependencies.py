"""What a chart depends on: which charts, of which version, and whether its values ask for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.render.helm.refusal import Refusal
from bot.render.helm.values import at

_FILE = "file://"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One dependency. `version` is the locked one where Chart.lock has it, else what is `asked`
    for; `called` is its alias, `enabled` what its condition and tags say."""

    name: str
    version: str
    asked: str
    repository: str
    called: str
    enabled: bool

    @property
    def folder(self) -> str:
        """Where it is in the repository, from the chart; "" where it is not there."""
        return self.repository[len(_FILE) :] if self.repository.startswith(_FILE) else ""

    @property
    def missing(self) -> str:
        """What to say where it is not there."""
        of = f" of {self.repository}" if self.repository else ""
        return f"the chart depends on {self.name} {self.version}{of}, which is not in its charts/"


def wanted(
    metadata: Mapping[str, Any], lock: Mapping[str, Any], values: Mapping[str, Any], path: str
) -> list[Wanted]:
    """The dependencies of Chart.yaml, each told whether its condition and tags switch it on.

    Raises Refusal where Chart.yaml has them in another shape.
    """
    entries = metadata.get("dependencies") or []
    if not isinstance(entries, list) or not all(
        isinstance(entry, dict) and isinstance(entry.get("name"), str) for entry in entries
    ):
        raise Refusal("helm-chart", path, "dependencies is not a list of named charts")
    locked = {
        entry.get("name"): str(entry.get("version", ""))
        for entry in lock.get("dependencies") or []
        if isinstance(entry, dict)
    }
    return [
        Wanted(
            name=entry["name"],
            version=locked.get(entry["name"]) or str(entry.get("version", "")),
            asked=str(entry.get("version", "")),
            repository=str(entry.get("repository") or ""),
            called=str(entry.get("alias") or entry["name"]),
            enabled=_enabled(entry, values),
        )
        for entry in entries
    ]


def _enabled(entry: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    """As Helm decides: the first condition that is there, else any of the tags, else yes."""
    for condition in str(entry.get("condition") or "").split(","):
        value = at(values, condition.strip()) if condition.strip() else None
        if isinstance(value, bool):
            return value
    tags = entry.get("tags")
    if isinstance(tags, Sequence) and not isinstance(tags, str):
        said = [at(values, f"tags.{tag}") for tag in tags]
        known = [value for value in said if isinstance(value, bool)]
        if known:
            return any(known)
    return True
