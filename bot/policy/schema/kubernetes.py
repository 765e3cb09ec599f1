"""Kubernetes' own schemas, mended where they say less or more than the API server does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from bot.policy.schema.removed import since

BASE = "https://kubernetes.io/api/_definitions.json"
_QUANTITY = r"^\s*[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?\s*$"
_BASE64 = r"^[A-Za-z0-9+/=\r\n]*$"
_MENDED: dict[str, dict[str, Any]] = {
    # Neither is what its `oneOf` says: null is one of both kinds.
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": {"type": ["integer", "string"]},
    "io.k8s.apimachinery.pkg.api.resource.Quantity": {
        "type": ["number", "string"],
        "pattern": _QUANTITY,
    },
}
# Marked as required because Go has no way to leave them out; the API server fills them in.
_FILLED_IN = {
    "CSINodeSpec": {"drivers"},
    "ControllerRevision": {"revision"},
    "CustomResourceDefinitionVersion": {"served", "storage"},
    "EndpointSlice": {"endpoints"},
    "HTTPHeader": {"value"},
    "ISCSIPersistentVolumeSource": {"lun"},
    "ISCSIVolumeSource": {"lun"},
    "NetworkPolicySpec": {"podSelector"},
    "PodFailurePolicyRule": {"onPodConditions"},
    "PriorityClass": {"value"},
    "RoleRef": {"apiGroup"},
    "StatefulSetSpec": {"serviceName"},
    "Sysctl": {"value"},
}
_INTEGERS = {"int32": 2**31, "int64": 2**63}
# Manifests of the group "" that no API server knows: files of kubectl.
_NOT_SERVED = {("v1", "Config"), ("v1", "List")}
# Fits most of what is written with a letter too many, too few or exchanged.
_ALIKE = 0.88


class Definitions:
    """The schemas of one version of Kubernetes. `folder` is that of the version, beside those of
    the others."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        document = json.loads((folder / "_definitions.json").read_bytes())
        self.version = _minor(folder)
        self.document: dict[str, Any] = document
        self.parts: dict[str, dict[str, Any]] = document["$defs"]
        for name, part in self.parts.items():
            _mend(name, part)
        self._names = {
            (_api(one), one["kind"]): name
            for name, part in self.parts.items()
            for one in part.get("x-kubernetes-group-version-kind", ())
            if "properties" in part
        }
        self._groups = {api.rpartition("/")[0] for api, _ in self._names}

    @property
    def kinds(self) -> list[tuple[str, str]]:
        """(apiVersion, kind) of everything that there is."""
        return sorted(self._names)

    def schema(self, api_version: str, kind: str) -> dict[str, Any] | None:
        """The schema of a kind, None where this version does not have it."""
        name = self._names.get((api_version, kind))
        return {"$ref": f"{BASE}#/$defs/{name}"} if name else None

    def absent(self, api_version: str, kind: str) -> tuple[str, str] | None:
        """Why no API server of this version takes an object of a kind that it does not have, and
        what to write; None where it may be of somebody else's definition."""
        if (api_version, kind) in _NOT_SERVED:
            return None
        said = f"Kubernetes {self.version} has no {kind} of {api_version}"
        gone = since(api_version, kind)
        if gone is not None:
            remedy = f"Write apiVersion: {gone[1]}." if gone[1] in self._apis(kind) else ""
            return f"{said}: it is gone since {gone[0]}", remedy or self._elsewhere(kind)
        group = api_version.rpartition("/")[0]
        if group not in self._groups:
            return None
        known = self._known(group, kind, api_version.rpartition("/")[2])
        elsewhere = self._elsewhere(kind)
        near = "" if elsewhere else self._near(api_version, kind)
        if not group and not (known or elsewhere or near):
            return None
        return said + known, elsewhere or near

    def _apis(self, kind: str) -> list[str]:
        return [api for api, other in self._names if other == kind]

    def _elsewhere(self, kind: str) -> str:
        found = sorted(self._apis(kind), key=lambda api: ("alpha" in api, "beta" in api, api))
        return f"Write apiVersion: {found[0]}." if found else ""

    def _near(self, api_version: str, kind: str) -> str:
        kinds = [other for api, other in self._names if api == api_version]
        near = get_close_matches(kind, kinds, 1, _ALIKE)
        return f"Did you mean {near[0]}?" if near else ""

    def _known(self, group: str, kind: str, version: str) -> str:
        """In which other versions it is, as the end of a sentence."""
        parts = (kind.lower(), group.partition(".")[0], version)
        name = "-".join(part for part in parts if part) + ".json"
        own = int(self.version.partition(".")[2])
        there = [
            int(_minor(folder).partition(".")[2])
            for folder in self._folder.parent.glob("v1.*-local-strict")
            if _is_file_name(name) and (folder / name).is_file()
        ]
        if there and max(there) < own:
            return f": the last with it is 1.{max(there)}"
        return f": it comes with 1.{min(there)}" if there else ""


def _is_file_name(name: str) -> bool:
    return all(letter.isalnum() or letter in ".-" for letter in name) and len(name) < 200


def _minor(folder: Path) -> str:
    """ "1.34" of the folder v1.34.0-local-strict."""
    return ".".join(folder.name.removeprefix("v").split(".")[:2])


def _api(one: Mapping[str, str]) -> str:
    return f"{one['group']}/{one['version']}" if one["group"] else one["version"]


def _mend(name: str, part: dict[str, Any]) -> None:
    if name in _MENDED:
        part.clear()
        part.update(_MENDED[name])
        return
    filled = _FILLED_IN.get(name.rpartition(".")[2], set())
    if "required" in part:
        part["required"] = [one for one in part["required"] if one not in filled]
    for field in part.get("properties", {}).values():
        _bound(field)
        for inner in (field.get("items"), field.get("additionalProperties")):
            if isinstance(inner, dict):
                _bound(inner)


def _bound(field: dict[str, Any]) -> None:
    """Say what the format does: how large a whole number may be, that bytes are base64."""
    form = field.get("format")
    if form in _INTEGERS:
        field["minimum"], field["maximum"] = -_INTEGERS[form], _INTEGERS[form] - 1
    elif form == "byte":
        field["pattern"] = _BASE64
