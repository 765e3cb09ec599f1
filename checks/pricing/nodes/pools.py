"""Node pools that the snapshot declares: what their nodes are, and which pods land on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from checks.model import Node, Place, Resource
from checks.pricing.near import Objects
from checks.pricing.nodes.wishes import INSTANCE_TYPES, Wishes, both, expressions

_TYPE = INSTANCE_TYPES[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """A node pool: the labels that only its nodes have (`own`), and everything that is known of
    them (`nodes`, the own ones included)."""

    name: str
    place: Place
    own: Wishes
    nodes: Wishes
    id: str = ""

    def takes(self, wanted: Wishes) -> bool:
        """Whether pods with these demands can run on its nodes."""
        return all(wanted[key] & values for key, values in self.nodes.items() if key in wanted)

    def named_by(self, wanted: Wishes) -> bool:
        """Whether pods with these demands ask for this pool."""
        return any(key in wanted for key in self.own) and self.takes(wanted)


def same_cluster(one: Place, other: Place) -> bool:
    """Whether two places may be the same cluster. What was rendered from Terraform knows its
    provider and region, a manifest only what config says: a place nobody described may be any."""
    if one.cluster != other.cluster:
        return False
    anywhere = "default" in (one.provider, other.provider)
    if anywhere or one.provider != other.provider:
        return anywhere
    return one.region == other.region or not (one.region and other.region)


def pools_of(objects: Objects) -> tuple[Pool, ...]:
    """All of a snapshot, ordered by id."""
    found: list[tuple[str, Pool]] = []
    for kind, reader in _READERS.items():
        for resource in objects.kind(kind):
            found += ((resource.id, pool) for pool in reader(resource))
    return tuple(pool for _, pool in sorted(found, key=lambda pair: pair[0]))


def joined(wanted: Wishes, pools: tuple[Pool, ...]) -> Wishes:
    """The demands together with what is known of the one pool that they ask for."""
    named = [pool for pool in pools if pool.named_by(wanted)]
    return both(wanted, named[0].nodes) if len(named) == 1 else wanted


def _karpenter(resource: Resource) -> Iterator[Pool]:
    if resource.group != "karpenter.sh":
        return
    labels = _labels(resource.get("spec", "template", "metadata", "labels"))
    own = {
        "karpenter.sh/nodepool": frozenset({resource.name}),
        "karpenter.sh/provisioner-name": frozenset({resource.name}),
        **labels,
    }
    spec = ("spec", "template", "spec") if resource.kind == "NodePool" else ("spec",)
    asked = expressions(resource.get(*spec, "requirements"))
    yield Pool(
        name=resource.name, place=resource.place, own=own, nodes=both(asked, own), id=resource.id
    )


def _eks(resource: Resource) -> Iterator[Pool]:
    types = _texts(resource.get("spec", "instance_types"))
    capacity = resource.get("spec", "capacity_type")
    extra = {"eks.amazonaws.com/capacityType": capacity}
    name = {"eks.amazonaws.com/nodegroup": resource.get("spec", "node_group_name")}
    yield _terraform(resource, name, resource.get("spec", "labels"), types, extra)


def _gke(resource: Resource) -> Iterator[Pool]:
    config = _block(resource.get("spec", "node_config"))
    spot = "true" if config.get("spot") or config.get("preemptible") else None
    accelerator = _block(config.get("guest_accelerator")).get("type")
    extra = {"cloud.google.com/gke-accelerator": accelerator, "cloud.google.com/gke-spot": spot}
    name = {"cloud.google.com/gke-nodepool": resource.get("spec", "name")}
    types = _texts([config.get("machine_type")])
    yield _terraform(resource, name, config.get("labels"), types, extra)


def _aks(resource: Resource) -> Iterator[Pool]:
    priority = resource.get("spec", "priority")
    extra = {"kubernetes.azure.com/scalesetpriority": "spot" if priority == "Spot" else None}
    pool = resource.get("spec", "name")
    name = {"kubernetes.azure.com/agentpool": pool, "agentpool": pool}
    types = _texts([resource.get("spec", "vm_size")])
    yield _terraform(resource, name, resource.get("spec", "node_labels"), types, extra)


def _terraform(
    resource: Resource,
    names: Mapping[str, Node],
    labels: Node,
    types: frozenset[str],
    extra: Mapping[str, Node],
) -> Pool:
    own = {**_labels(dict(names)), **_labels(labels)}
    nodes = {**own, **_labels(dict(extra))}
    if types:
        nodes[_TYPE] = types
    return Pool(name=resource.name, place=resource.place, own=own, nodes=nodes, id=resource.id)


def _labels(node: Node) -> dict[str, frozenset[str]]:
    if not isinstance(node, dict):
        return {}
    return {key: frozenset({v}) for key, v in node.items() if isinstance(v, str) and v}


def _texts(node: Node) -> frozenset[str]:
    return (
        frozenset(v for v in node if isinstance(v, str)) if isinstance(node, list) else frozenset()
    )


def _block(node: Node) -> Mapping[str, Node]:
    """A block of Terraform: a mapping, or a list of one."""
    if isinstance(node, list) and node:
        node = node[0]
    return node if isinstance(node, dict) else {}


_READERS: Mapping[str, Callable[[Resource], Iterator[Pool]]] = {
    "NodePool": _karpenter,
    "Provisioner": _karpenter,
    "aws_eks_node_group": _eks,
    "google_container_node_pool": _gke,
    "azurerm_kubernetes_cluster_node_pool": _aks,
}
