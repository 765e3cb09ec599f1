"""Everything a commit declares that has to do with workloads, with where each object is written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bot.model import TooLarge, TreeEntry
from bot.render import paths
from bot.render.build import Document
from bot.render.collector import without_collector
from bot.render.identity import Key, identify
from bot.render.limits import Limits
from bot.render.objects import Object, objects
from bot.render.select import Trees
from bot.render.yaml_reader import read
from bot.rightsizing.kustomize import NAMES, Kustomize, kustomizations
from checks.model import Location, Pointer, Resource, Snapshot

_MIB = 1024 * 1024
# A whole repository, not a change: more is read, but only what can matter is parsed.
LIMITS = Limits(max_file_bytes=32 * _MIB, max_total_bytes=256 * _MIB)
_REGULAR = ("100644", "100755")
# Kinds that are sized, or that say something about the size of others.
_KINDS = re.compile(
    rb"Deployment|StatefulSet|DaemonSet|PodAutoscaler|ScaledObject|PodDisruptionBudget"
    rb"|LimitRange|ResourceQuota"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One object and where it is written: document number `document` (from 0) of a file, under
    `prefix` there (an item of a List), else at its top."""

    resource: Resource
    blob: str
    mode: str
    document: int
    prefix: Pointer = ()

    @property
    def path(self) -> str:
        """The file."""
        return self.resource.source.path


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What was found. `broken` maps files that cannot be read to why, `templates` are files that
    only Helm can read, `charts` the folders with a chart."""

    sha: str
    places: tuple[Place, ...]
    kustomize: Kustomize
    charts: frozenset[str]
    templates: frozenset[str]
    broken: Mapping[str, str]
    files: Mapping[str, bytes] = field(repr=False)

    def raw(self, path: str) -> bytes:
        """The content of a file that was read."""
        return self.files[path]

    def snapshot(self) -> Snapshot:
        """The objects as judges see them."""
        return Snapshot(sha=self.sha, resources={p.resource.id: p.resource for p in self.places})

    def hidden(self, kind: str, name: str) -> str:
        """A file that cannot be read and may declare such an object, in words; "" for none."""
        for path, why in self.broken.items():
            raw = self.files.get(path)
            if raw is None or _mentions(raw, kind, name):
                return f"{path} cannot be read ({why})"
        return ""

    def template(self, kind: str, name: str) -> str:
        """The Helm template that seems to declare such an object, "" for none."""
        seen = (p for p in sorted(self.templates) if _mentions(self.files.get(p, b""), kind, name))
        return next(seen, "")


def declared(repo: Trees, sha: str, limits: Limits = LIMITS) -> Declared:
    """Read the whole tree of a commit. Raises what `repo` raises."""
    entries = sorted(
        (e for e in repo.tree(sha, [""], recursive=True) if e.mode in _REGULAR),
        key=lambda entry: entry.path,
    )
    charts = frozenset(
        paths.directory_and_name(e.path)[0]
        for e in entries
        if paths.directory_and_name(e.path)[1] == "Chart.yaml"
    )
    manifests = [e for e in entries if paths.is_manifest(e.path)]
    contents = repo.blobs(
        {e.blob for e in manifests}, limits.max_file_bytes, limits.max_total_bytes
    )
    files: dict[str, bytes] = {}
    broken: dict[str, str] = {}
    for entry in manifests:
        content = contents.get(entry.blob)
        if isinstance(content, bytes):
            files[entry.path] = content
        else:
            size = f"{content.size:,} bytes are too many" if isinstance(content, TooLarge) else ""
            broken[entry.path] = size or "its content is missing"
    templates = frozenset(e.path for e in manifests if paths.needs_helm(e.path, charts))
    plain = [e for e in manifests if e.path in files and e.path not in templates]
    with without_collector():
        found = [place for entry in plain for place in _parsed(entry, files, broken, limits)]
        overlays = kustomizations({path: files[path] for path in _for_kustomize(files)})
    return Declared(
        sha=sha,
        places=tuple(_identified(found)),
        kustomize=overlays,
        charts=charts,
        templates=templates,
        broken=broken,
        files=files,
    )


def _for_kustomize(files: Mapping[str, bytes]) -> Iterator[str]:
    """Kustomizations, and all that may be their patches."""
    folders = any(paths.directory_and_name(path)[1] in NAMES for path in files)
    return iter(files if folders else ())


_Found = tuple[TreeEntry, int, Pointer, Object]


def _parsed(
    entry: TreeEntry, files: Mapping[str, bytes], broken: dict[str, str], limits: Limits
) -> Iterator[_Found]:
    raw = files[entry.path]
    if not _KINDS.search(raw):
        return
    documents, failures = read(entry.path, raw, limits)
    for index, document in enumerate(documents):
        items, misshapen = objects(entry.path, [document])
        failures = failures + misshapen
        for item in items:
            prefix = _prefix(document, item)
            if prefix is not None:
                yield entry, index, prefix, item
            else:
                broken[entry.path] = f"line {item.line}: it is inside of nested lists"
    if failures:
        broken[entry.path] = f"line {failures[0].location.line}: {failures[0].error}"


def _prefix(document: Document, item: Object) -> Pointer | None:
    """Where in its document an object is, None where it is not written there as it is."""
    body = document.value
    if body is item.body:
        return ()
    inner = body.get("items") if isinstance(body, dict) else None
    for index, candidate in enumerate(inner if isinstance(inner, list) else ()):
        if candidate is item.body:
            return ("items", index)
    return None


def _identified(found: list[_Found]) -> Iterator[Place]:
    keys = [Key(e.path, o.group, o.kind, o.namespace, o.name) for e, _, _, o in found]
    _, ids = identify([], keys)
    for name, (entry, index, prefix, item) in zip(ids, found, strict=True):
        resource = Resource(
            id=name,
            api_version=item.api_version,
            kind=item.kind,
            namespace=item.namespace,
            name=item.name,
            body=item.body,
            source=Location(path=entry.path, line=item.line),
            lines=item.lines,
        )
        yield Place(
            resource=resource, blob=entry.blob, mode=entry.mode, document=index, prefix=prefix
        )


def _mentions(raw: bytes, kind: str, name: str) -> bool:
    """Whether a text that cannot be read as YAML seems to declare an object of that name."""
    says_kind = re.search(rb"kind[\"']?:\s*[\"']?%b\b" % re.escape(kind.encode()), raw)
    says_name = re.search(
        rb"name[\"']?:\s*[\"']?%b[\"']?\s*(?:[,#}]|$)" % re.escape(name.encode()), raw, re.MULTILINE
    )
    return bool(says_kind and says_name)
