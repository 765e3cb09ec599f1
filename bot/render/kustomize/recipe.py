"""The root's own kustomization as it is built: with what points at it laid over, and asked to tell
where everything comes from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.render import paths
from bot.render.limits import Limits
from bot.render.objects import objects
from bot.render.roots.kustomization import NAMES
from bot.render.roots.model import KustomizeOptions, Root
from bot.render.roots.trouble import trouble
from bot.render.yaml_reader import read
from checks.model import Location, Node, RenderFailure

ORIGIN = "originAnnotations"
TRANSFORMERS = "transformerAnnotations"
# Fields whose entries are told apart by this one: the overlay's takes the place of the root's.
_KEYED = {"images": "name", "replicas": "name"}
_NEW = "kustomization.yaml"


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is built. `path` is the kustomization's file, `committed` what stands in it in the
    repository, `told` what of the origins its author asked for himself."""

    path: str
    committed: Mapping[str, bytes]
    told: frozenset[str] = frozenset()
    failures: tuple[RenderFailure, ...] = ()


def prepare(root: Root, folder: Path, limits: Limits) -> Recipe | RenderFailure:
    """Write the kustomization that is built into the root's directory. Raises OSError."""
    options = root.kustomize or KustomizeOptions()
    found = [path for name in NAMES if (folder / (path := _join(root.path, name))).is_file()]
    if not found:
        if options.generated:
            return _generated(root, options, folder, limits)
        at = root.by or Location(path=root.path)
        return trouble("kustomize-missing", at, "the directory has no kustomization")
    path = found[0]
    data = (folder / path).read_bytes()
    documents, failures = read(path, data, limits)
    if failures:
        return failures[0]
    body = documents[0].value if len(documents) == 1 else None
    if not isinstance(body, dict):
        said = "expected one YAML mapping"
        return trouble("kustomize-invalid", Location(path=path), said)
    told = body.get("buildMetadata")
    asked = frozenset(x for x in told if isinstance(x, str)) if isinstance(told, list) else ()
    _write(folder / path, _laid_over(body, options.overlay), asked)
    return Recipe(path, {path: data}, frozenset(asked))


def _generated(root: Root, options: KustomizeOptions, folder: Path, limits: Limits) -> Recipe:
    """As Flux and Argo CD make it: of all manifests below, and the kustomizations among them."""
    below = sorted(_relative(root.path, root.reads))
    directories = {
        directory
        for path in below
        for directory, name in [paths.directory_and_name(path)]
        if name in NAMES
    }
    resources: list[Node] = [*sorted(_outermost(directories))]
    failures: list[RenderFailure] = []
    for path in below:
        if paths.is_manifest(path) and not _is_in(path, directories):
            whole = _join(root.path, path)
            documents, wrong = read(whole, (folder / whole).read_bytes(), limits)
            failures += wrong
            if not wrong and objects(whole, documents)[0]:
                resources.append(path)
    _write(folder / root.path / _NEW, _laid_over({"resources": resources}, options.overlay), ())
    path = _join(root.path, _NEW)
    return Recipe(path, {path: b""}, failures=tuple(failures))


def _relative(directory: str, reads: Iterable[str]) -> Iterable[str]:
    prefix = f"{directory}/" if directory else ""
    return (path.removeprefix(prefix) for path in reads if path.startswith(prefix))


def _is_in(path: str, directories: Iterable[str]) -> bool:
    return any(path.startswith(f"{directory}/") for directory in directories)


def _outermost(directories: set[str]) -> list[str]:
    return [one for one in directories if not _is_in(one, directories - {one})]


def _laid_over(body: Mapping[str, Node], overlay: Mapping[str, Any]) -> dict[str, Any]:
    """The kustomization after what `kustomize edit` would do to it for each field of `overlay`,
    which is how Flux and Argo CD do it."""
    whole: dict[str, Any] = dict(body)
    for name, value in overlay.items():
        before = whole.get(name)
        if isinstance(value, list) and isinstance(before, list):
            key = _KEYED.get(name)
            taken = {one.get(key) for one in value if isinstance(one, dict)} if key else set()
            kept = [one for one in before if not (isinstance(one, dict) and one.get(key) in taken)]
            whole[name] = [*(kept if key else before), *value]
        elif isinstance(value, Mapping) and isinstance(before, dict):
            whole[name] = {**before, **value}
        else:
            whole[name] = value
    return whole


def _write(path: Path, body: dict[str, Any], asked: Iterable[str]) -> None:
    # A wrong shape is left for kustomize to complain of.
    if isinstance(body.get("buildMetadata", []), list):
        body["buildMetadata"] = [*dict.fromkeys((*asked, ORIGIN, TRANSFORMERS))]
    # JSON is YAML, and does not depend on how anybody indents.
    path.write_text(json.dumps(body, ensure_ascii=False), "utf-8", "surrogatepass")


def _join(directory: str, name: str) -> str:
    return f"{directory}/{name}" if directory else name
