"""What the cluster calls the objects of a kind, and whether they live in namespaces."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from checks.model import Resource

_ENDS_ES = ("s", "x", "z", "ch", "sh")
# The groups of Kubernetes itself; every other group is of a custom resource.
BUILT_IN = frozenset(
    [
        "admissionregistration.k8s.io",
        "apiextensions.k8s.io",
        "apiregistration.k8s.io",
        "apps",
        "authentication.k8s.io",
        "authorization.k8s.io",
        "autoscaling",
        "batch",
        "certificates.k8s.io",
        "coordination.k8s.io",
        "discovery.k8s.io",
        "events.k8s.io",
        "flowcontrol.apiserver.k8s.io",
        "internal.apiserver.k8s.io",
        "networking.k8s.io",
        "node.k8s.io",
        "policy",
        "rbac.authorization.k8s.io",
        "resource.k8s.io",
        "scheduling.k8s.io",
        "storage.k8s.io",
        "storagemigration.k8s.io",
    ]
) | {""}
_CLUSTER = frozenset(
    [
        "APIService",
        "CSIDriver",
        "CSINode",
        "CertificateSigningRequest",
        "ClusterRole",
        "ClusterRoleBinding",
        "ClusterTrustBundle",
        "ComponentStatus",
        "CustomResourceDefinition",
        "DeviceClass",
        "FlowSchema",
        "IPAddress",
        "IngressClass",
        "MutatingAdmissionPolicy",
        "MutatingAdmissionPolicyBinding",
        "MutatingWebhookConfiguration",
        "Namespace",
        "Node",
        "PersistentVolume",
        "PriorityClass",
        "PriorityLevelConfiguration",
        "ResourceSlice",
        "RuntimeClass",
        "SelfSubjectAccessReview",
        "SelfSubjectReview",
        "SelfSubjectRulesReview",
        "ServiceCIDR",
        "StorageClass",
        "StorageVersion",
        "StorageVersionMigration",
        "SubjectAccessReview",
        "TokenReview",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
        "VolumeAttachment",
        "VolumeAttributesClass",
    ]
)
# What the cluster serves in several versions, and so converts for a policy that names one.
_SERVED = {"autoscaling": ("v1", "v2"), "events.k8s.io": ("v1",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """`namespaced` is None where that cannot be told."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool | None

    def is_converted_to(self, version: str) -> bool | None:
        """Whether the cluster serves the kind in that version too; None: cannot be told."""
        if self.group in BUILT_IN:
            return version in _SERVED.get(self.group, ())
        return None


class Kinds:
    """Names of kinds: Kubernetes' own, those of the repository's CustomResourceDefinitions, and
    what names usually are."""

    def __init__(self, inventory: Callable[[], Sequence[Resource]]) -> None:
        self._inventory = inventory

    def of(self, resource: Resource) -> Kind:
        """The kind of an object."""
        plural, namespaced = plural_of(resource.kind), None
        if resource.group in BUILT_IN:
            namespaced = resource.kind not in _CLUSTER
        elif found := self._custom.get((resource.group, resource.kind)):
            plural, namespaced = found
        elif resource.namespace:
            namespaced = True
        return Kind(
            group=resource.group,
            version=resource.api_version.rpartition("/")[2],
            kind=resource.kind,
            plural=plural,
            namespaced=namespaced,
        )

    @cached_property
    def _custom(self) -> dict[tuple[str, str], tuple[str, bool]]:
        found = {}
        for one in self._inventory():
            if one.kind == "CustomResourceDefinition":
                group, kind = one.get("spec", "group"), one.get("spec", "names", "kind")
                plural, scope = one.get("spec", "names", "plural"), one.get("spec", "scope")
                found[str(group), str(kind)] = (str(plural), scope != "Cluster")
        return found


def plural_of(kind: str) -> str:
    """The resource of a kind, by the rule that Kubernetes' own names follow."""
    name = kind.lower()
    if name.endswith("endpoints"):
        return name
    if name.endswith(_ENDS_ES):
        return name + "es"
    if name.endswith("y") and name[-2:-1] not in "aeiou":
        return name[:-1] + "ies"
    return name + "s"
