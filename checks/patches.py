"""A manifest with some of its values set to others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from checks.model import Node, Patch, Pointer, Resource


def patched(resource: Resource, patches: Iterable[Patch]) -> Resource:
    """A copy of `resource` in which every patch is made; mappings that a pointer lacks are added.

    What no patch touches is shared with the original. Raises ValueError for a pointer that leads
    through a list item that is not there.
    """
    body: Node = dict(resource.body)
    for patch in patches:
        body = _set(body, patch.pointer, patch.value)
    return replace(resource, body=body)  # type: ignore[arg-type]


def _set(node: Node, pointer: Pointer, value: Node) -> Node:
    if not pointer:
        return value
    step, rest = pointer[0], pointer[1:]
    if isinstance(step, int):
        if not isinstance(node, list) or step >= len(node):
            raise ValueError(f"there is no item {step} in what the patch points at")
        return [*node[:step], _set(node[step], rest, value), *node[step + 1 :]]
    copy = dict(node) if isinstance(node, dict) else {}
    if not rest and value is None:
        copy.pop(step, None)
    else:
        copy[step] = _set(copy.get(step), rest, value)
    return copy
