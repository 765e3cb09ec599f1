"""What kustomize says of an object's origin, in annotations that are taken off again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from bot.render.kustomize.recipe import ORIGIN, TRANSFORMERS
from bot.render.roots.paths import join
from bot.render.yaml_reader import read
from checks.model import Node

_KEYS = {
    "config.kubernetes.io/origin": ORIGIN,
    "alpha.config.kubernetes.io/transformations": TRANSFORMERS,
}


@dataclass(frozen=True, slots=True)
class Told:
    """`path` is the file that declares the object, or, with a `generator` (its kind), that which
    generates it; "" where that is not in the repository. `through` are the files that transformed
    it, the last to do so first."""

    path: str = ""
    generator: str = ""
    through: tuple[str, ...] = ()


def take(body: dict[str, Node], directory: str, asked: Collection[str]) -> Told:
    """Take off what kustomize added to an object of the root in `directory`, but leave what its
    author `asked` for."""
    metadata = body.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    if not isinstance(metadata, dict) or not isinstance(annotations, dict):
        return Told()
    origin, transformations = (annotations.get(key) for key in _KEYS)
    for key, name in _KEYS.items():
        if name not in asked:
            annotations.pop(key, None)
    if not annotations:
        del metadata["annotations"]
    where = _parsed(origin) if isinstance(origin, str) else None
    steps = _parsed(transformations) if isinstance(transformations, str) else None
    path, generator = _origin(where, directory)
    return Told(path, generator, _through(steps, directory))


def _origin(where: Node, directory: str) -> tuple[str, str]:
    if not isinstance(where, dict) or "repo" in where:
        return "", ""
    path = where.get("path")
    if isinstance(path, str):
        return join(directory, path) or "", ""
    path, by = where.get("configuredIn"), where.get("configuredBy")
    kind = by.get("kind") if isinstance(by, dict) else None
    # A transformer makes nothing: it took the annotation away, and was then taken for the origin.
    if isinstance(path, str) and isinstance(kind, str) and not kind.endswith("Transformer"):
        return join(directory, path) or "", kind
    return "", ""


def _through(steps: Node, directory: str) -> tuple[str, ...]:
    if not isinstance(steps, list):
        return ()
    found: dict[str, None] = {}
    for step in reversed(steps):
        path = step.get("configuredIn") if isinstance(step, dict) else None
        joined = join(directory, path) if isinstance(path, str) else None
        if joined:
            found[joined] = None
    return tuple(found)


@lru_cache(maxsize=256)
def _parsed(text: str) -> Node:
    """The YAML in an annotation; most objects of a root have the same."""
    documents, _ = read("", text.encode())
    return documents[0].value if documents else None
