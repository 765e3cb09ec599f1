"""Kustomizations as files in a folder, built by the real tool."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from pathlib import Path
from textwrap import dedent

import pytest

from bot.model import TreeEntry
from bot.render.kustomize import render, version
from bot.render.kustomize.render import Box
from bot.render.rendered import Rendered, RenderedObject
from bot.render.roots.model import KustomizeOptions, Rendering, Root, RootKind
from checks.model import Location, Pointer, Resource

needs_kustomize = pytest.mark.skipif(
    not version(), reason="neither kustomize >= 5.0 nor kubectl >= 1.27 is on the PATH"
)


class Committed:
    """A commit's files as a renderer asks for them."""

    def __init__(self, files: Mapping[str, str | bytes], modes: Mapping[str, str] = {}) -> None:
        self._files = {
            path: data if isinstance(data, bytes) else dedent(data).encode()
            for path, data in files.items()
        }
        self._modes = modes

    @property
    def entries(self) -> Mapping[str, TreeEntry]:
        return {
            path: TreeEntry(
                path=path,
                mode=self._modes.get(path, "100644"),
                blob=hashlib.sha1(data, usedforsecurity=False).hexdigest(),
            )
            for path, data in self._files.items()
        }

    def read(self, paths: Collection[str]) -> Mapping[str, bytes]:
        return {
            path: self._files[path]
            for path in paths
            if path in self._files and self._modes.get(path, "100644") == "100644"
        }


def root(path: str, files: Collection[str] = (), **options: object) -> Root:
    """A root in the directory `path` made of `files`."""
    kustomize = KustomizeOptions(**options) if options else None  # type: ignore[arg-type]
    by = Location(path="apps/app.yaml", line=7) if options else None
    return Root(
        kind=RootKind.KUSTOMIZE,
        path=path,
        key=path,
        reads=frozenset(files),
        by=by,
        kustomize=kustomize,
    )


def built(
    folder: Path,
    files: Mapping[str, str | bytes],
    path: str,
    box: Box = Box(),  # noqa: B008
    **options: object,
) -> Rendered:
    """What the kustomization in `path` renders to."""
    for name, data in files.items():
        at = folder / name
        at.parent.mkdir(parents=True, exist_ok=True)
        at.write_bytes(data if isinstance(data, bytes) else dedent(data).encode())
    return render(root(path, files, **options), folder, Rendering(), box)


def resource(rendered: Rendered, kind: str) -> Resource:
    """The only object of a kind, as the checks see it."""
    assert rendered.failures == ()
    (one,) = [o for o in rendered.objects if o.body["kind"] == kind]
    return as_resource(one)


def as_resource(one: RenderedObject) -> Resource:
    return Resource(
        id="",
        api_version="",
        kind=str(one.body["kind"]),
        namespace="",
        name="",
        body=one.body,
        source=one.source,
        lines=one.lines,
        origins=one.origins,
    )


def place(one: Resource, *pointer: str | int) -> tuple[str, int]:
    """Where a field is said to be from."""
    steps: Pointer = pointer
    at = one.locate(*steps)
    return at.path, at.line
