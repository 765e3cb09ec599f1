"""What a repository declares: objects, where they stand, and what could not be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from checks.model.prices import NOWHERE, Place

# One value of a parsed manifest. Integers, floats and booleans follow Kubernetes' scalar rules.
Node: TypeAlias = "bool | int | float | str | list[Node] | dict[str, Node] | None"


# Where each node of a manifest starts, shaped like the manifest: a scalar is its line, a
# container is (its line, its children's lines). Lines count from 1.
Lines: TypeAlias = "int | tuple[int, dict[str, Lines] | list[Lines]]"


# A path into a manifest: ("spec", "containers", 0, "image").
Pointer: TypeAlias = "tuple[str | int, ...]"


class Tier(Enum):
    """How strictly a place is judged; each is stricter than the one before."""

    EXPERIMENT = "experiment"
    STAGING = "staging"
    PRODUCTION = "production"


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A place in a repository; `line` counts from 1, 0 means the file as a whole."""

    path: str
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One Kubernetes object as the repository declares it.

    `id` is the same on both sides of a change for what is the same object there, also when its
    file was renamed; it is unique within a snapshot. `changed` is False for an object that was
    read only for context (an HPA beside a changed Deployment).
    """

    id: str
    api_version: str
    kind: str
    namespace: str
    name: str
    body: Mapping[str, Node]
    source: Location
    lines: Lines = 0
    tier: Tier = Tier.STAGING
    changed: bool = True
    # The root it was rendered from: "kustomize overlays/prod", "helm charts/web"; "plain" for none.
    rendered_from: str = "plain"
    place: Place = NOWHERE
    # The paths that decide tier and place of what was rendered: its root, what points at it, its
    # values files. Empty where the source's own path does.
    placed_by: tuple[str, ...] = ()
    # What a rendered field's line is, where it does not come from `source`; the nearest ancestor
    # counts. Empty for what was read as it stands.
    origins: Mapping[Pointer, Location] = field(default_factory=dict)

    @property
    def group(self) -> str:
        """The API group: "apps" of "apps/v1", "" for the core group."""
        return self.api_version.rpartition("/")[0]

    @property
    def home(self) -> str:
        """What is deployed together with it: the root it was rendered from, else its folder."""
        if self.rendered_from != "plain":
            return self.rendered_from
        return self.source.path.rpartition("/")[0]

    def get(self, *pointer: str | int) -> Node:
        """The value at `pointer`, None where any step of it is absent or of another shape."""
        node: Node = self.body  # type: ignore[assignment]
        for step in pointer:
            if isinstance(node, dict) and isinstance(step, str):
                node = node.get(step)
            elif isinstance(node, list) and isinstance(step, int) and step < len(node):
                node = node[step]
            else:
                return None
        return node

    def locate(self, *pointer: str | int) -> Location:
        """The line of the value at `pointer`, or of its deepest ancestor that exists."""
        for length in range(len(pointer), 0, -1) if self.origins else ():
            if pointer[:length] in self.origins:
                return self.origins[pointer[:length]]
        return Location(
            path=self.source.path, line=line_of(self.lines, pointer) or self.source.line
        )

    def labels(self) -> Mapping[str, str]:
        """metadata.labels, string values only."""
        return _strings(self.get("metadata", "labels"))

    def annotations(self) -> Mapping[str, str]:
        """metadata.annotations, string values only."""
        return _strings(self.get("metadata", "annotations"))


def line_of(lines: Lines, pointer: Sequence[str | int]) -> int:
    """The line at `pointer` in a line tree, or of its deepest ancestor that exists."""
    for step in pointer:
        if not isinstance(lines, tuple):
            return lines
        here, children = lines
        if isinstance(children, dict) and isinstance(step, str) and step in children:
            lines = children[step]
        elif isinstance(children, list) and isinstance(step, int) and step < len(children):
            lines = children[step]
        else:
            return here
    return lines[0] if isinstance(lines, tuple) else lines


def _strings(node: Node) -> Mapping[str, str]:
    if not isinstance(node, dict):
        return {}
    return {key: value for key, value in node.items() if isinstance(value, str)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceRef:
    """The name of an object, without its content."""

    kind: str
    namespace: str
    name: str

    @classmethod
    def of(cls, resource: Resource) -> ResourceRef:
        """The reference to `resource`."""
        return cls(kind=resource.kind, namespace=resource.namespace, name=resource.name)

    def __str__(self) -> str:
        where = f"{self.namespace}/" if self.namespace else ""
        return f"{self.kind} {where}{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderFailure:
    """A file or root that could not be read or rendered, so nothing in it was judged.

    `code` is stable ("yaml-syntax", "duplicate-key", "too-large", …) and names a row of the docs;
    `error` says what is wrong, `remedy` what to do. `broken` is False where the input is fine but
    plumbline has no way to read it (a Helm template without a renderer).
    """

    location: Location
    code: str
    error: str
    remedy: str
    broken: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What a repository declares at one commit, as far as the change reaches."""

    sha: str
    resources: Mapping[str, Resource] = field(default_factory=dict)
    unreadable: tuple[RenderFailure, ...] = ()
