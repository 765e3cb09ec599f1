"""What a renderer returns: objects with their places in the repository, and what went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from checks.model import Lines, Location, Node, Place, Pointer, RenderFailure


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedObject:
    """One object of a root's output. `source` is the best known place of the object as a whole,
    `origins` that of single fields where it is elsewhere (a patch, a values key); `lines` the line
    tree of `source`'s file where the object stands there as such, else 0."""

    body: Mapping[str, Node]
    source: Location
    lines: Lines = 0
    origins: Mapping[Pointer, Location] = field(default_factory=dict)
    # Where it runs, where the source says so itself (a Terraform provider's region).
    place: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """The output of one root of one commit, in the order of the tool."""

    objects: tuple[RenderedObject, ...] = ()
    failures: tuple[RenderFailure, ...] = ()
