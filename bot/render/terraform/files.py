"""The files that a module's functions may read: those of the repository, by name, and no others."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass

from bot.render.terraform.values import UNKNOWN, EvalError, Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleFiles:
    """Files by their path in the repository. `root` is the directory that Terraform is run in,
    from which relative paths count. Nothing is ever read from a disk."""

    files: Mapping[str, str]
    root: str

    def read(self, path: str) -> str:
        """The text of a file. Raises EvalError where the repository has none there."""
        name = self._name(path)
        if name not in self.files:
            raise EvalError(f"{path!r} is no file of the repository that can be read here")
        return self.files[name]

    def exists(self, path: str) -> bool | Unknown:
        """Whether there is such a file: what is not there may still be made before a plan."""
        return True if self._name(path) in self.files else UNKNOWN

    def _name(self, path: str) -> str:
        if path.startswith("/"):
            raise EvalError(f"{path!r} is outside of the repository")
        name = posixpath.normpath(posixpath.join(self.root, path))
        if name == ".." or name.startswith("../"):
            raise EvalError(f"{path!r} is outside of the repository")
        return "" if name == "." else name
