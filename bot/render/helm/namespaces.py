"""The release's namespace, given to the objects that name none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from checks.model import Node

# Kinds of Kubernetes itself that are in no namespace; most others begin with "Cluster".
_CLUSTER = frozenset(
    (
        "APIService",
        "CSIDriver",
        "CSINode",
        "CertificateSigningRequest",
        "CustomResourceDefinition",
        "DeviceClass",
        "FlowSchema",
        "GatewayClass",
        "IngressClass",
        "IPAddress",
        "MutatingAdmissionPolicy",
        "MutatingAdmissionPolicyBinding",
        "MutatingWebhookConfiguration",
        "Namespace",
        "Node",
        "NodePool",
        "EC2NodeClass",
        "PersistentVolume",
        "PriorityClass",
        "PriorityLevelConfiguration",
        "ResourceFlavor",
        "ResourceSlice",
        "RuntimeClass",
        "ServiceCIDR",
        "StorageClass",
        "StorageVersionMigration",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
        "VolumeAttachment",
        "VolumeAttributesClass",
        "VolumeSnapshotClass",
        "VolumeSnapshotContent",
    )
)


def in_namespace(bodies: Sequence[Mapping[str, Node]], namespace: str) -> list[Mapping[str, Node]]:
    """The objects with the namespace that an installation puts them in, in the same order."""
    if namespace in ("", "default"):
        return list(bodies)
    cluster = _CLUSTER | set(_declared(bodies))
    return [_placed(body, namespace, cluster) for body in bodies]


def _declared(bodies: Iterable[Mapping[str, Node]]) -> Iterable[str]:
    """The kinds that CRDs among the objects say are in no namespace."""
    for body in bodies:
        spec = body.get("spec")
        if body.get("kind") == "CustomResourceDefinition" and isinstance(spec, dict):
            names = spec.get("names")
            kind = names.get("kind") if isinstance(names, dict) else None
            if spec.get("scope") == "Cluster" and isinstance(kind, str):
                yield kind


def _placed(
    body: Mapping[str, Node], namespace: str, cluster: frozenset[str]
) -> Mapping[str, Node]:
    kind, metadata = str(body.get("kind")), body.get("metadata")
    if kind in cluster or kind.startswith("Cluster") or not isinstance(metadata, dict):
        return body
    if metadata.get("namespace"):
        return body
    return {**body, "metadata": {**metadata, "namespace": namespace}}
