"""Whom RoleBindings and ClusterRoleBindings give a role to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from checks.model import Pointer, Resource
from checks.workloads.pods import mappings

_ANYBODY = frozenset({"system:anonymous", "system:unauthenticated"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A role given to one subject: "ServiceAccount ops/tiller", "Group system:masters"."""

    role: str
    subject: str
    name: str
    pointer: Pointer

    @property
    def anybody(self) -> bool:
        """Whether nobody has to log in for it."""
        return self.name in _ANYBODY

    @property
    def masters(self) -> bool:
        """Whether it is for those who may do everything already."""
        return self.name == "system:masters"


def grants_of(resource: Resource) -> Iterator[Grant]:
    """The grants of a binding."""
    role = resource.get("roleRef", "name")
    if not isinstance(role, str):
        return
    for index, body in mappings(resource.get("subjects")):
        kind, name, namespace = (str(body.get(key) or "") for key in ("kind", "name", "namespace"))
        # A service account may be called as it likes.
        own = name if kind in ("User", "Group") else ""
        shown = f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"
        yield Grant(role=role, subject=shown, name=own, pointer=("subjects", index, "name"))
