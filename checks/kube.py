"""Where things stand in Kubernetes objects: the pod spec of a workload and its containers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from checks.model import Node, Pointer, Resource

_IN_TEMPLATE: Pointer = ("spec", "template", "spec")
# By API group as well: other groups have a Job or a Deployment of their own, of another shape.
_POD_SPECS: Mapping[tuple[str, str], Pointer] = {
    ("", "Pod"): ("spec",),
    ("", "ReplicationController"): _IN_TEMPLATE,
    ("apps", "Deployment"): _IN_TEMPLATE,
    ("apps", "StatefulSet"): _IN_TEMPLATE,
    ("apps", "DaemonSet"): _IN_TEMPLATE,
    ("apps", "ReplicaSet"): _IN_TEMPLATE,
    ("extensions", "Deployment"): _IN_TEMPLATE,
    ("extensions", "DaemonSet"): _IN_TEMPLATE,
    ("extensions", "ReplicaSet"): _IN_TEMPLATE,
    ("batch", "Job"): _IN_TEMPLATE,
    ("batch", "CronJob"): ("spec", "jobTemplate", *_IN_TEMPLATE),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """One container of a pod. `label` is its name for people, `pointer` leads to it, and `key`
    names it independently of its place."""

    label: str
    key: str
    body: Mapping[str, Node]
    pointer: Pointer


def pod_pointer(resource: Resource) -> Pointer | None:
    """Where the pod spec of a workload stands, None for a kind that has none."""
    return _POD_SPECS.get((resource.group, resource.kind))


def pod_template_pointer(resource: Resource) -> Pointer | None:
    """Where the pod template of a workload stands, None for a kind that has none."""
    pointer = pod_pointer(resource)
    return pointer[:-1] if pointer and len(pointer) > 1 else None


def containers(resource: Resource) -> Iterator[Container]:
    """The init containers and containers of a workload; none for any other kind or shape."""
    pointer = pod_pointer(resource)
    if pointer is None:
        return
    for role, noun in (("initContainers", "init container"), ("containers", "container")):
        entries = resource.get(*pointer, role)
        for index, body in enumerate(entries if isinstance(entries, list) else ()):
            if isinstance(body, dict):
                name = body.get("name")
                name = name if isinstance(name, str) and name else f"#{index + 1}"
                yield Container(
                    label=f"{noun} {name}",
                    key=f"{role}[{name}]",
                    body=body,
                    pointer=(*pointer, role, index),
                )
