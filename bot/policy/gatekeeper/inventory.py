"""`data.inventory`: the objects of the repository, as Gatekeeper lays out those of the cluster."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bot.engines.admission import as_json

Tree = dict[str, Any]


def inventory(bodies: Iterable[Mapping[str, Any]]) -> str:
    """The data of Rego as JSON: cluster[apiVersion][kind][name] and
    namespace[namespace][apiVersion][kind][name]."""
    tree: Tree = {"cluster": {}, "namespace": {}}
    for body in bodies:
        meta = body.get("metadata")
        name = meta.get("name") if isinstance(meta, dict) else None
        if not isinstance(meta, dict) or not isinstance(name, str):
            continue
        place = meta.get("namespace")
        branch = tree["namespace"].setdefault(place, {}) if place else tree["cluster"]
        version = branch.setdefault(str(body.get("apiVersion")), {})
        version.setdefault(str(body.get("kind")), {})[name] = body
    return as_json({"inventory": tree})
