"""Charts to render, written for a test, and what came of them by short names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

from bot.render.helm.release import render
from bot.render.rendered import Rendered, RenderedObject
from bot.render.roots.model import HelmOptions, Rendering, Root, RootKind
from checks.model import Location, Node

CHART = """\
apiVersion: v2
name: web
version: 0.1.0
"""


def written(folder: Path, files: Mapping[str, str]) -> Path:
    """The folder with these files, their common indentation taken away."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
    return folder


def installed(
    folder: Path,
    path: str = "web",
    *,
    options: HelmOptions | None = None,
    by: Location | None = None,
    rendering: Rendering | None = None,
    seconds: float = 30.0,
) -> Rendered:
    """The chart at `path` of the folder, installed as "demo"."""
    reads = (p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    root = Root(
        kind=RootKind.HELM,
        path=path,
        key=path,
        reads=frozenset(reads),
        by=by,
        helm=options or HelmOptions(release="demo"),
    )
    return render(root, folder, rendering or Rendering(), seconds)


def one(rendered: Rendered) -> RenderedObject:
    """The only object."""
    assert rendered.failures == ()
    (item,) = rendered.objects
    return item


def data(rendered: Rendered) -> Mapping[str, Node]:
    """The data of the only object, a ConfigMap."""
    found = one(rendered).body["data"]
    assert isinstance(found, dict)
    return found


def names(rendered: Rendered) -> list[str]:
    """Kind/name of all objects, in order."""
    found = []
    for item in rendered.objects:
        metadata: Any = item.body["metadata"]
        found.append(f"{item.body['kind']}/{metadata['name']}")
    return found


def at(item: RenderedObject, *pointer: str | int) -> tuple[str, int]:
    """Where a field is said to be from: (path, line)."""
    for length in range(len(pointer), 0, -1):
        if place := item.origins.get(pointer[:length]):
            return place.path, place.line
    return item.source.path, item.source.line


def config_map(body: str, name: str = "x") -> str:
    """The template of a ConfigMap with this data, one line of it a line."""
    lines = "".join(f"  {line}\n" for line in dedent(body).strip().split("\n"))
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n{lines}"
