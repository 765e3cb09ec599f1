"""rbac_wildcards: nobody is given more of the cluster than a job needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

from checks.access.bindings import Grant, grants_of
from checks.access.roles import RoleRule, role_rules
from checks.model import Resource, Tier
from checks.rule import Check, Rule
from checks.severity import SeverityByTier, severity_in
from checks.workloads.objections import Objection, Place, objection
from checks.workloads.over import over
from checks.workloads.sides import Side

_ID = "rbac_wildcards"
_WHY = """\
Whoever gets into a pod has all that its service account may do. A role that may do everything, that
may read every secret or that may give itself more makes of one broken container a broken cluster.
A wildcard also means what will be added later: new resources, new verbs. Roles that others are
aggregated into, and Kubernetes' own (`system:…`), are not looked at."""
_EVERYTHING = Rule(
    id="rbac-everything",
    title="A role may do everything with everything",
    remedy="Name the API groups, resources and verbs that are needed.",
    setting="dangerous",
)
_ESCALATION = Rule(
    id="rbac-escalation",
    title="A role may give itself other rights (escalate, bind, impersonate)",
    remedy="Take the verb away, or name the roles or users it is for in 'resourceNames'.",
    setting="dangerous",
)
_NODES = Rule(
    id="rbac-node-proxy",
    title="A role may reach into every pod through the nodes (nodes/proxy)",
    remedy="Ask for nodes/metrics, nodes/stats or nodes/log instead of nodes/proxy.",
    setting="dangerous",
)
_SECRETS = Rule(
    id="rbac-secrets",
    title="A role may read the secrets of every namespace",
    remedy="Use a Role in the namespaces that need it, or name the secrets in 'resourceNames'.",
)
_EXEC = Rule(
    id="rbac-pod-exec",
    title="A role may run commands in every pod (pods/exec, pods/attach)",
    remedy="Use a Role in the namespaces that need it.",
)
_WILDCARD = Rule(
    id="rbac-wildcard",
    title="A role has a wildcard for verbs or resources",
    remedy="Name the verbs and resources that are needed.",
)
_ADMIN = Rule(
    id="rbac-cluster-admin",
    title="Somebody is bound to cluster-admin",
    remedy="Bind a role that has what is needed, or bind it in one namespace (RoleBinding).",
    setting="dangerous",
)
_ANYBODY = Rule(
    id="rbac-anybody",
    title="A role is given to people who have not logged in",
    remedy="Name the group or service account that needs it.",
    setting="anybody",
)
_MASTERS = Rule(
    id="rbac-masters",
    title="A role is bound to system:masters, which may do everything already",
    remedy="Bind a group of your own: membership of system:masters cannot be taken back.",
    setting="dangerous",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """How hard findings are: `severity` of broad roles, `dangerous` of those that lead to the whole
    cluster, `anybody` of what nobody has to log in for. `public_roles` may be given to anybody."""

    severity: SeverityByTier = field(
        default_factory=lambda: {"experiment": "info", "staging": "info", "production": "warn"}
    )
    dangerous: SeverityByTier = field(
        default_factory=lambda: {"experiment": "info", "staging": "warn", "production": "fail"}
    )
    anybody: SeverityByTier = field(
        default_factory=lambda: {"experiment": "warn", "staging": "fail", "production": "fail"}
    )
    public_roles: tuple[str, ...] = (
        "system:discovery",
        "system:public-info-viewer",
        "system:service-account-issuer-discovery",
    )

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}


class _Test(NamedTuple):
    rule: Rule
    fits: Callable[[RoleRule], bool]
    dangerous: bool
    said: str
    # Where the rule says it.
    field: str
    cluster_only: bool = False


# A rule of a role is objected to for the first of these that fits.
_TESTS: tuple[_Test, ...] = (
    _Test(_EVERYTHING, lambda r: r.everything, True, "may do everything with everything", "verbs"),
    _Test(_ESCALATION, lambda r: r.escalates, True, "may give itself other rights", "verbs"),
    _Test(_NODES, lambda r: r.may("nodes/proxy", "get", "create"), True,
          "may reach into every pod through nodes/proxy", "resources", True),
    _Test(_SECRETS, lambda r: r.may("secrets", "get", "list", "watch"), False,
          "may read the secrets of every namespace", "resources", True),
    _Test(_EXEC, lambda r: r.may("pods/exec", "create", "get") or r.may("pods/attach", "create"),
          False, "may run commands in every pod", "resources", True),
    _Test(_WILDCARD, lambda r: r.wild, False, "has a wildcard", "resources"),
)  # fmt: skip


def inspect(resource: Resource, side: Side, config: Config) -> Iterator[Objection]:  # noqa: ARG001
    """One objection for each rule that a role breaks, or that whom it is given to does."""
    if resource.group != "rbac.authorization.k8s.io" or resource.name.startswith("system:"):
        return
    if resource.kind in ("Role", "ClusterRole"):
        yield from _role(resource, config)
    elif resource.kind in ("RoleBinding", "ClusterRoleBinding"):
        yield from _binding(resource, config)


def _role(resource: Resource, config: Config) -> Iterator[Objection]:
    broken: dict[str, list[RoleRule]] = {}
    tests: Mapping[str, _Test] = {test.rule.id: test for test in _TESTS}
    for one in role_rules(resource):
        test = next((t for t in _TESTS if _applies(t, resource) and t.fits(one)), None)
        if test is not None:
            broken.setdefault(test.rule.id, []).append(one)
    for name, rules in broken.items():
        test = tests[name]
        places = [
            Place(
                key=one.said,
                label=f"rule {one.index + 1}",
                pointer=("rules", one.index, test.field),
                value=one.said,
            )
            for one in rules
        ]
        yield objection(
            _ID,
            resource,
            test.rule,
            severity_in(config.dangerous if test.dangerous else config.severity, resource.tier),
            places,
            f"{resource.kind} {resource.name} {test.said}: {rules[0].said}",
            threshold="what is needed, by name",
        )


def _applies(test: _Test, resource: Resource) -> bool:
    return resource.kind == "ClusterRole" or not test.cluster_only


def _binding(resource: Resource, config: Config) -> Iterator[Objection]:
    for rule, grants in _broken(resource, config).items():
        subjects = ", ".join(dict.fromkeys(grant.subject for grant in grants))
        yield objection(
            _ID,
            resource,
            rule,
            _severity(rule, config, resource.tier),
            [
                Place(key=one.subject, label=one.subject, pointer=one.pointer, value=one.role)
                for one in grants
            ],
            f"{resource.kind} {resource.name} gives {grants[0].role} to {subjects}",
            threshold="a role that has what is needed, for those who need it",
        )


def _severity(rule: Rule, config: Config, tier: Tier) -> Any:
    return severity_in(config.anybody if rule is _ANYBODY else config.dangerous, tier)


def _broken(resource: Resource, config: Config) -> dict[Rule, list[Grant]]:
    broken: dict[Rule, list[Grant]] = {}
    for grant in grants_of(resource):
        if grant.anybody and grant.role not in config.public_roles:
            broken.setdefault(_ANYBODY, []).append(grant)
        elif grant.masters and grant.role != "cluster-admin":
            broken.setdefault(_MASTERS, []).append(grant)
        elif grant.role == "cluster-admin" and resource.kind == "ClusterRoleBinding":
            broken.setdefault(_ADMIN, []).append(grant)
    return broken


CHECK = Check(
    id=_ID,
    domain="policy",
    title="Roles give no more than is needed",
    config=Config,
    judge=over(_ID, inspect),
    why=_WHY,
    rules=(
        _EVERYTHING,
        _ESCALATION,
        _NODES,
        _SECRETS,
        _EXEC,
        _WILDCARD,
        _ADMIN,
        _ANYBODY,
        _MASTERS,
    ),
)
