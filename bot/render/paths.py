"""What a path says about a file, before anything of it is read."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

_YAML = (".yaml", ".yml")
# The one manifest that may go without an extension.
_BARE = "Kustomization"
_VALUES = re.compile(r"values[^/]*\.ya?ml", re.IGNORECASE)


def is_json(path: str) -> bool:
    """Whether it is a JSON file: read only where it looks like a Kubernetes object."""
    return path.lower().endswith(".json")


def is_manifest(path: str) -> bool:
    """Whether the file is read at all. Templates by other extensions (.yaml.tmpl, .j2) are not."""
    name = directory_and_name(path)[1]
    return name.lower().endswith(_YAML) or is_json(name) or name == _BARE


def directory_and_name(path: str) -> tuple[str, str]:
    """("a/b", "c.yaml") of "a/b/c.yaml"; the top directory is ""."""
    directory, _, name = path.rpartition("/")
    return directory, name


def chart_roots(path: str) -> Iterator[str]:
    """The directories that put the file into the hands of Helm, where one of them is a chart.

    They are any directory above a `templates` folder, the one that holds a `charts` folder, and
    that of a values file.
    """
    directory, name = directory_and_name(path)
    parts = directory.split("/")
    for depth, part in enumerate(parts):
        if part == "templates":
            yield from ("/".join(parts[:above]) for above in range(depth + 1))
        elif part == "charts":
            yield "/".join(parts[:depth])
    if _VALUES.fullmatch(name):
        yield directory


def needs_helm(path: str, charts: Collection[str]) -> bool:
    """Whether only Helm can tell what the file declares; `charts` are directories with a chart."""
    return any(root in charts for root in chart_roots(path))
