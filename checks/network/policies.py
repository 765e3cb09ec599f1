"""Network policies of every make, as far as it matters which pods they shut off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from checks.model import Node, Pointer, Resource
from checks.network import calico
from checks.workloads.pods import mappings
from checks.workloads.selectors import selects

_KUBERNETES = frozenset({"networking.k8s.io", "extensions"})
_CALICO = frozenset({"projectcalico.org", "crd.projectcalico.org"})
_CILIUM = "cilium.io"
_ADMIN = "policy.networking.k8s.io"
# Those that are not of one namespace.
_WIDE = frozenset(
    {
        "GlobalNetworkPolicy",
        "CiliumClusterwideNetworkPolicy",
        "AdminNetworkPolicy",
        "BaselineAdminNetworkPolicy",
        "ClusterNetworkPolicy",
    }
)
KINDS = ("NetworkPolicy", "CiliumNetworkPolicy", *sorted(_WIDE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Pods that a policy shuts off but for what it lets in: those of `selector` (a label selector
    or Calico's expression). `open` says that it lets in everything; `pointer` leads to the
    selector."""

    selector: Node
    open: bool
    pointer: Pointer

    def means(self, labels: Mapping[str, str]) -> bool:
        """Whether pods with these labels are among them."""
        if isinstance(self.selector, str):
            return calico.selects(self.selector, labels)
        return selects(self.selector, labels)

    @property
    def everybody(self) -> bool:
        """Whether every pod of the namespace is, and not everything is let in."""
        if isinstance(self.selector, str):
            every = calico.selects_all(self.selector)
        else:
            every = isinstance(self.selector, dict) and not any(self.selector.values())
        return every and not self.open


def is_wide(resource: Resource) -> bool:
    """Whether a policy is of the whole cluster."""
    return resource.kind in _WIDE


def reaches(resource: Resource) -> Iterator[Reach]:
    """The pods whose incoming connections a policy shuts off; none for any other object."""
    if resource.group in _KUBERNETES and resource.kind == "NetworkPolicy":
        yield from _kubernetes(resource)
    elif resource.group in _CALICO and resource.kind in ("NetworkPolicy", "GlobalNetworkPolicy"):
        yield from _calico(resource)
    elif resource.group == _CILIUM and resource.kind in KINDS:
        yield from _cilium(resource)
    elif resource.group == _ADMIN and resource.kind in _WIDE:
        # Its subject may name namespaces by labels that are not known here.
        yield Reach(selector={}, open=True, pointer=("spec", "subject"))


def _kubernetes(resource: Resource) -> Iterator[Reach]:
    types = resource.get("spec", "policyTypes")
    selector = resource.get("spec", "podSelector")
    if isinstance(types, list) and "Ingress" not in types:
        return
    # It is required, but the API server takes a null for an empty one.
    yield Reach(
        selector={} if selector is None else selector,
        open=_lets_all_in(resource.get("spec", "ingress")),
        pointer=("spec", "podSelector"),
    )


def _lets_all_in(rules: Node) -> bool:
    return any(not body.get("from") and not body.get("ports") for _, body in mappings(rules))


def _calico(resource: Resource) -> Iterator[Reach]:
    types = resource.get("spec", "types")
    egress = resource.get("spec", "egress") and not resource.get("spec", "ingress")
    if "Ingress" not in types if isinstance(types, list) else egress:
        return
    selector = resource.get("spec", "selector")
    rules = mappings(resource.get("spec", "ingress"))
    yield Reach(
        selector=selector if isinstance(selector, str) else "",
        open=any(body.get("action") == "Allow" and len(body) == 1 for _, body in rules),
        pointer=("spec", "selector"),
    )


def _cilium(resource: Resource) -> Iterator[Reach]:
    spec = resource.get("spec")
    parts: list[tuple[Pointer, Mapping[str, Node]]] = [
        (("specs", index), body) for index, body in mappings(resource.get("specs"))
    ]
    if isinstance(spec, dict):
        parts.append((("spec",), spec))
    for pointer, body in parts:
        deny = body.get("enableDefaultDeny")
        if isinstance(deny, dict) and deny.get("ingress") is False:
            continue
        if "endpointSelector" in body and ("ingress" in body or "ingressDeny" in body):
            entities = (one.get("fromEntities") for _, one in mappings(body.get("ingress")))
            yield Reach(
                selector=_without_sources(body["endpointSelector"]),
                open=any(isinstance(one, list) and "all" in one for one in entities),
                pointer=(*pointer, "endpointSelector"),
            )


def _without_sources(selector: Node) -> Node:
    """Cilium's selector as Kubernetes has it: without where labels come from (k8s:app), and without
    namespaces, whose labels are not known here."""
    if not isinstance(selector, dict):
        return {}
    labels = selector.get("matchLabels")
    named = labels if isinstance(labels, dict) else {}
    pairs = {key.removeprefix("k8s:").removeprefix("any:"): value for key, value in named.items()}
    found: dict[str, Node] = {
        "matchLabels": {
            key: value
            for key, value in pairs.items()
            if not key.startswith("io.kubernetes.pod.") and not key.startswith("io.cilium.k8s.")
        }
    }
    rules = [
        {**body, "key": str(body.get("key")).removeprefix("k8s:").removeprefix("any:")}
        for _, body in mappings(selector.get("matchExpressions"))
        if not str(body.get("key")).removeprefix("k8s:").startswith("io.")
    ]
    return {**found, "matchExpressions": [*rules]} if rules else found
