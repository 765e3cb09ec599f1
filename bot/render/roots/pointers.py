"""The objects of Argo CD and Flux in a commit's manifests, found without parsing all of these."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from bot.render.objects import objects
from bot.render.roots.files import Files
from bot.render.roots.reading import At, documents
from bot.render.roots.trouble import trouble
from checks.model import Location, RenderFailure

# A file without one of these holds no such object, whatever else is in it.
_GROUPS = (b"argoproj.io/", b"toolkit.fluxcd.io/")
_OBJECT = re.compile(
    rb"^[ \t{-]*[\"']?apiVersion[\"']?[ \t]*:[ \t]*[\"']?"
    rb"(?:argoproj\.io|(?:kustomize|helm|source)\.toolkit\.fluxcd\.io)/",
    re.MULTILINE,
)
_KINDS = {
    "argoproj.io": ("Application", "ApplicationSet"),
    "kustomize.toolkit.fluxcd.io": ("Kustomization",),
    "helm.toolkit.fluxcd.io": ("HelmRelease",),
    "source.toolkit.fluxcd.io": ("GitRepository", "HelmRepository", "OCIRepository", "HelmChart"),
}
# Parsing takes a fifth of a second for a megabyte: a repository is not to take minutes.
_MOST_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Pointer:
    """One such object."""

    group: str
    kind: str
    namespace: str
    name: str
    at: At


def pointers(
    files: Files, leave_out: Collection[str]
) -> tuple[Mapping[str, Sequence[Pointer]], list[RenderFailure]]:
    """All of them by kind, in the order of paths; a kustomization of Flux is "Kustomization".
    `leave_out` are files that hold no objects of their own (patches, templates of charts)."""
    yaml = [
        path for path in files.paths if path.endswith((".yaml", ".yml")) and path not in leave_out
    ]
    sizes = files.made("pointers", yaml, _size_if_any)
    chosen: list[str] = []
    failures: list[RenderFailure] = []
    room = _MOST_BYTES
    for path, size in sizes.items():
        if size > room:
            said = f"more than {_MOST_BYTES:,} bytes of manifests are of Argo CD or Flux"
            failures.append(trouble("too-many", Location(path=path), said))
            break
        room -= size
        if size:
            chosen.append(path)
    found: dict[str, list[Pointer]] = {}
    for path, parsed in documents(files, chosen).items():
        # What cannot be read or is misshapen is said where the manifest itself is read.
        for item in objects(path, parsed.documents)[0]:
            if item.kind in _KINDS.get(item.group, ()):
                at = At(path, item.body, item.lines)
                one = Pointer(item.group, item.kind, item.namespace, item.name, at)
                found.setdefault(item.kind, []).append(one)
    return found, failures


def _size_if_any(data: bytes) -> int:
    """The size of a file that may hold such an object, 0 for one that cannot."""
    if any(group in data for group in _GROUPS) and _OBJECT.search(data):
        return len(data)
    return 0
