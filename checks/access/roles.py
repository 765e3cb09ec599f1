"""The rules of Roles and ClusterRoles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from checks.model import Node, Resource
from checks.workloads.pods import mappings

_RBAC = "rbac.authorization.k8s.io"
# Rights over these are rights over all that they give; bindings cannot give more than one has.
_RIGHTS = frozenset({"roles", "clusterroles"})
_PEOPLE = frozenset({"users", "groups", "serviceaccounts", "userextras"})
_LONGEST = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleRule:
    """One rule; `index` is its place. One for URLs has no resources."""

    index: int
    groups: tuple[str, ...]
    resources: tuple[str, ...]
    verbs: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def everything(self) -> bool:
        """Whether it means all that there is."""
        return all("*" in part for part in (self.groups, self.resources, self.verbs))

    @property
    def escalates(self) -> bool:
        """Whether it gives the right to have other rights; not where it names of whom."""
        if self.names:
            return False
        own = {"escalate", "bind"} | ({"*"} if _RBAC in self.groups else set())
        rights = own & {*self.verbs} and self._means(_RIGHTS)
        return bool(rights or ("impersonate" in self.verbs and self._means(_PEOPLE)))

    @property
    def wild(self) -> bool:
        """Whether it has a wildcard for the resources of a group that others bring in as well, or
        for all verbs of resources of the core."""
        if self.names:
            return False
        core = bool({"", "*", "apps", "batch", _RBAC} & {*self.groups})
        changes = bool({*self.verbs} - {"get", "list", "watch"})
        return core and changes and ("*" in self.resources or "*" in self.verbs)

    def may(self, resource: str, *verbs: str) -> bool:
        """Whether it means one of the verbs on all resources of a kind of the core. What is below
        another ("pods/exec") has to be named: who may only read everything hardly means it."""
        if self.names or not {"", "*"} & {*self.groups}:
            return False
        above, slash, _ = resource.partition("/")
        means = {resource, f"{above}/*"} if slash else {resource, "*"}
        return bool(means & {*self.resources} and {"*", *verbs} & {*self.verbs})

    def _means(self, kinds: frozenset[str]) -> bool:
        own = {name.partition("/")[0] for name in self.resources}
        return bool(own & (kinds | {"*"}))

    @property
    def said(self) -> str:
        """The rule in short: "verbs * on * of apps"."""
        groups = ", ".join(group or "core" for group in self.groups)
        text = f"{', '.join(self.verbs)} on {', '.join(self.resources)} of {groups}"
        return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def role_rules(resource: Resource) -> Iterator[RoleRule]:
    """The rules of a role over resources; none of one that others are aggregated into."""
    if resource.get("aggregationRule") is not None:
        return
    for index, body in mappings(resource.get("rules")):
        yield RoleRule(
            index=index,
            groups=_texts(body.get("apiGroups")),
            resources=_texts(body.get("resources")),
            verbs=_texts(body.get("verbs")),
            names=_texts(body.get("resourceNames")),
        )


def _texts(node: Node) -> tuple[str, ...]:
    return tuple(one for one in (node if isinstance(node, list) else ()) if isinstance(one, str))
