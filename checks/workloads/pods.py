"""The pods of a workload: its pod spec, every container of it, and the labels they get."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from checks.kube import Container, pod_pointer, pod_template_pointer
from checks.model import Node, Pointer, Resource

_ROLES = (
    ("initContainers", "init container"),
    ("containers", "container"),
    ("ephemeralContainers", "ephemeral container"),
)
# How many names a sentence gives.
_NAMED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Pods:
    """The pods that a workload makes: `body` is their spec, `pointer` leads to it, `containers` are
    all of them in the order of starting."""

    resource: Resource
    pointer: Pointer
    body: Mapping[str, Node]
    containers: tuple[Container, ...]

    def get(self, *pointer: str | int) -> Node:
        """A value of the pod spec, None where it is not there."""
        return self.resource.get(*self.pointer, *pointer)

    def at(self, *pointer: str | int) -> Pointer:
        """Where a value of the pod spec stands in the whole object."""
        return (*self.pointer, *pointer)

    @property
    def metadata(self) -> Pointer:
        """Where the metadata of the pods stands."""
        template = pod_template_pointer(self.resource)
        return (*template, "metadata") if template else ("metadata",)

    @property
    def labels(self) -> Mapping[str, str]:
        """The labels of the pods, texts only."""
        return texts(self.resource.get(*self.metadata, "labels"))

    @property
    def running(self) -> tuple[Container, ...]:
        """What runs as long as the pod does: its containers and its sidecars."""
        return tuple(
            one
            for one in self.containers
            if one.key.startswith("containers") or one.body.get("restartPolicy") == "Always"
        )


def pods_of(resource: Resource) -> Pods | None:
    """The pods of a workload; None for a kind that makes none, and for a broken shape."""
    pointer = pod_pointer(resource)
    body = resource.get(*pointer) if pointer else None
    if pointer is None or not isinstance(body, dict):
        return None
    found = tuple(_containers(body, pointer))
    return Pods(resource=resource, pointer=pointer, body=body, containers=found)


def _containers(body: Mapping[str, Node], pointer: Pointer) -> Iterator[Container]:
    for role, noun in _ROLES:
        entries = body.get(role)
        for index, entry in enumerate(entries if isinstance(entries, list) else ()):
            if isinstance(entry, dict):
                name = entry.get("name")
                name = name if isinstance(name, str) and name else f"#{index + 1}"
                yield Container(
                    label=f"{noun} {name}",
                    key=f"{role}[{name}]",
                    body=entry,
                    pointer=(*pointer, role, index),
                )


def inner(node: Node | Mapping[str, Node], *keys: str) -> Node:
    """A value behind keys of nested mappings, None where a step is missing."""
    found: Node = node  # type: ignore[assignment]
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def mappings(node: Node) -> Iterator[tuple[int, Mapping[str, Node]]]:
    """The mappings of a list with their places in it."""
    for index, entry in enumerate(node if isinstance(node, list) else ()):
        if isinstance(entry, dict):
            yield index, entry


def texts(node: Node) -> Mapping[str, str]:
    """The entries of a mapping whose values are texts."""
    found = node if isinstance(node, dict) else {}
    return {key: value for key, value in found.items() if isinstance(value, str)}


def listed(names: Sequence[str], word: str = "and") -> str:
    """Names in a sentence: "a, b and c"; of many only the first."""
    unique = list(dict.fromkeys(names))
    if len(unique) > _NAMED + 1:
        unique = [*unique[:_NAMED], f"{len(unique) - _NAMED} more"]
    head, last = unique[:-1], unique[-1:]
    return f" {word} ".join([", ".join(head), *last] if head else last)
