"""Where labels of our domain stand in an object: where they belong, and where people put them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from checks.kube import containers, pod_pointer
from checks.labelling.labels import meant
from checks.model import Node, Pointer, Resource

_KINDS = ("labels", "annotations")
# A kustomization has labels of its own, which it puts where they belong.
_FOREIGN = frozenset({"kustomize.config.k8s.io", "terraform"})
# Pod templates of other kinds stand no deeper (spec.pytorchReplicaSpecs.Worker.template).
_DEEPEST = 6
_WIDEST = 64


class Where(Enum):
    """What is wrong with the place of a label, or with its name."""

    NAME = "name"
    SELECTOR = "selector"
    OUTSIDE = "outside"
    ENV = "env"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stray:
    """A label of ours that is not read as such: `key` is the name it should have, `value` what is
    written there, `place` the right one beside it ("metadata", "labels"), () for none."""

    key: str
    value: Node
    pointer: Pointer
    where: Where
    place: Pointer = ()


def places(resource: Resource) -> Iterator[tuple[Pointer, Mapping[str, Node]]]:
    """The labels and annotations of an object, of the nearest to the pods first: those of its pod
    templates, then its own; labels before annotations."""
    for base in (*pod_metadata(resource), ("spec", "jobTemplate", "metadata"), ("metadata",)):
        for kind in _KINDS:
            values = resource.get(*base, kind)
            if isinstance(values, dict):
                yield (*base, kind), values


def pod_metadata(resource: Resource) -> tuple[Pointer, ...]:
    """Where the metadata of an object's pods stands; of a kind that we do not know, in every pod
    template that it has by its shape."""
    pointer = pod_pointer(resource)
    if pointer is not None:
        return ((*pointer[:-1], "metadata"),) if len(pointer) > 1 else ()
    if not resource.group or resource.group in _FOREIGN:
        return ()
    return tuple(_templates(resource.get("spec"), ("spec",)))


def _templates(node: Node, at: Pointer) -> Iterator[Pointer]:
    if len(at) > _DEEPEST:
        return
    if isinstance(node, dict):
        template = node.get("template")
        if isinstance(template, dict) and isinstance(template.get("spec"), dict):
            yield (*at, "template", "metadata")
        for key, value in list(node.items())[:_WIDEST]:
            if isinstance(value, dict | list) and key != "containers":
                yield from _templates(value, (*at, key))
    elif isinstance(node, list):
        for index, value in enumerate(node[:_WIDEST]):
            if isinstance(value, dict):
                yield from _templates(value, (*at, index))


def strays(resource: Resource, domain: str) -> tuple[Stray, ...]:
    """Every label of ours under a wrong name or in a wrong place, in the order of places."""
    if resource.group in _FOREIGN:
        return ()
    return (
        *_misnamed(resource, domain),
        *_outside(resource, domain),
        *_in_env(resource, domain),
    )


def _misnamed(resource: Resource, domain: str) -> Iterator[Stray]:
    for pointer, values in places(resource):
        for key, value in values.items():
            name = meant(key, domain)
            if name and name != key:
                yield Stray(
                    key=name,
                    value=value,
                    pointer=(*pointer, key),
                    where=Where.NAME,
                    place=pointer,
                )


def _outside(resource: Resource, domain: str) -> Iterator[Stray]:
    for pointer, where, place in _wrong_places(resource):
        values = resource.get(*pointer) if pointer else resource.body
        for key, value in values.items() if isinstance(values, Mapping) else ():
            if name := meant(key, domain):
                yield Stray(
                    key=name, value=value, pointer=(*pointer, key), where=where, place=place
                )


def _wrong_places(resource: Resource) -> Iterator[tuple[Pointer, Where, Pointer]]:
    """Mappings that hold no labels of ours, and what each was mistaken for."""
    own: Pointer = ("metadata", "labels")
    yield (), Where.OUTSIDE, own
    yield ("metadata",), Where.OUTSIDE, own
    for kind in _KINDS:
        yield (kind,), Where.OUTSIDE, ("metadata", kind)
    pointer = pod_pointer(resource)
    if pointer is None:
        return
    if len(pointer) > 1:
        # A Pod's "spec.labels" is in the loop below; a template has these three besides.
        template = pointer[:-1]
        pods = (*template, "metadata")
        yield template, Where.OUTSIDE, (*pods, "labels")
        yield pods, Where.OUTSIDE, (*pods, "labels")
        for kind in _KINDS:
            yield (*template, kind), Where.OUTSIDE, (*pods, kind)
            yield (*pointer, kind), Where.OUTSIDE, (*pods, kind)
        yield ("spec", "selector", "matchLabels"), Where.SELECTOR, own
        yield ("spec", "selector"), Where.SELECTOR, own
    yield ("spec",), Where.OUTSIDE, own
    for kind in _KINDS:
        yield ("spec", kind), Where.OUTSIDE, ("metadata", kind)


def _in_env(resource: Resource, domain: str) -> Iterator[Stray]:
    # An application may well be told what the labels say too.
    said = {key for _, values in places(resource) for key in values}
    for container in containers(resource):
        entries = container.body.get("env")
        for index, entry in enumerate(entries if isinstance(entries, list) else ()):
            name = entry.get("name") if isinstance(entry, dict) else None
            if isinstance(entry, dict) and isinstance(name, str) and "value" in entry:
                key = meant(name, domain)
                if key and key not in said:
                    yield Stray(
                        key=key,
                        value=entry["value"],
                        pointer=(*container.pointer, "env", index, "value"),
                        where=Where.ENV,
                        place=("metadata", "labels"),
                    )
