"""Kubernetes' schemas as the package `kubernetes-validate` carries them: files, never imported."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

EXTRA = "schemas"
_FOLDER = re.compile(r"v1\.(\d+)\.0-local-strict")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """Where the schemas of each minor version of Kubernetes 1.x are, by that minor."""

    folders: dict[int, Path]

    @property
    def said(self) -> str:
        """The versions that there are, in words."""
        return f"1.{min(self.folders)} to 1.{max(self.folders)}"

    def of(self, kube_version: str) -> Path | None:
        """The folder of a version such as "1.34.0", None where it is not there."""
        major, _, rest = kube_version.removeprefix("v").partition(".")
        minor = rest.partition(".")[0]
        if major != "1" or not minor.isdecimal():
            return None
        return self.folders.get(int(minor))


@cache
def installed() -> Bundle | None:
    """The schemas on this machine, None where the extra is not installed."""
    package = find_spec("kubernetes_validate")
    if package is None or package.origin is None or find_spec("jsonschema_rs") is None:
        return None
    return bundle_in(Path(package.origin).parent / "kubernetes-json-schema")


def bundle_in(root: Path) -> Bundle | None:
    """The schemas in a folder, None where there are none."""
    folders = {
        int(found[1]): path
        for path in (root.iterdir() if root.is_dir() else ())
        if (found := _FOLDER.fullmatch(path.name)) and (path / "_definitions.json").is_file()
    }
    return Bundle(folders=folders) if folders else None
