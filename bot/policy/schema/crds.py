"""The CustomResourceDefinitions of a repository, by the kinds that they define."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from checks.model import Location, Node, Resource

# (apiVersion, kind)
Kind = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One version of a definition. `schema` is its openAPIV3Schema as it is written, `status`
    whether the status is a subresource, so that nobody can set it in a manifest."""

    kind: Kind
    location: Location
    home: str
    schema: Mapping[str, Node]
    status: bool
    asks_cel: bool


def definitions(inventory: Iterable[Resource]) -> dict[Kind, list[Definition]]:
    """What the definitions among these objects define; of several with the same schema one."""
    found: dict[Kind, list[Definition]] = {}
    for resource in inventory:
        if resource.kind != "CustomResourceDefinition":
            continue
        if resource.api_version == "apiextensions.k8s.io/v1":
            for one in _versions(resource):
                same = found.setdefault(one.kind, [])
                if all(one.schema != other.schema for other in same):
                    same.append(one)
    return found


def _versions(crd: Resource) -> Iterator[Definition]:
    group, kind = crd.get("spec", "group"), crd.get("spec", "names", "kind")
    versions = crd.get("spec", "versions")
    if not isinstance(group, str) or not isinstance(kind, str) or not isinstance(versions, list):
        return
    for at, version in enumerate(versions):
        pointer = ("spec", "versions", at)
        name, schema = crd.get(*pointer, "name"), crd.get(*pointer, "schema", "openAPIV3Schema")
        served = isinstance(version, dict) and version.get("served") is not False
        if served and isinstance(name, str) and isinstance(schema, dict):
            yield Definition(
                kind=(f"{group}/{name}", kind),
                location=crd.locate(*pointer, "schema", "openAPIV3Schema"),
                home=crd.home,
                schema=schema,
                status=isinstance(crd.get(*pointer, "subresources", "status"), dict),
                asks_cel=_names(schema, "x-kubernetes-validations"),
            )


def _names(node: Node, key: str) -> bool:
    """Whether a mapping in the node has the key; what is read is at most 100 deep."""
    if isinstance(node, dict):
        return key in node or any(_names(child, key) for child in node.values())
    return isinstance(node, list) and any(_names(child, key) for child in node)


def nearest(found: list[Definition], resource: Resource) -> list[Definition]:
    """The definitions that may be the object's: of its own home, else all of them."""
    at_home = [one for one in found if one.home == resource.home]
    return at_home or found
