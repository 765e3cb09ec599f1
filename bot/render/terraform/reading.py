"""The files of a module from a folder, as far as they are text and of a reasonable size."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from itertools import islice
from pathlib import Path

from bot.render.terraform.trouble import trouble
from checks.model import RenderFailure

_MOST_BYTES = 2 * 1024 * 1024
_MOST_TOTAL = 32 * 1024 * 1024
_MOST_FILES = 20_000
_TERRAFORM = (".tf", ".tf.json", ".tfvars", ".tfvars.json")


def files_at(folder: Path, paths: Collection[str]) -> tuple[dict[str, str], list[RenderFailure]]:
    """The texts of these files of `folder` by path. What is no text is left out, Terraform's own
    files not without a failure."""
    found: dict[str, str] = {}
    failures: list[RenderFailure] = []
    total = 0
    for path in sorted(paths):
        file = folder / path
        if file.is_symlink() or not file.is_file():
            continue
        size = file.stat().st_size
        own = path.endswith(_TERRAFORM)
        if size > _MOST_BYTES or total + size > _MOST_TOTAL:
            if own:
                said = f"it has {size:,} bytes, with the others more than are read"
                failures.append(trouble("terraform-too-large", path, 0, said))
            continue
        try:
            found[path] = file.read_bytes().decode("utf-8-sig")
            total += size
        except UnicodeDecodeError:
            if own:
                failures.append(trouble("terraform-syntax", path, 0, "it is not UTF-8"))
    return found, failures


def module_files(folder: Path) -> dict[str, str]:
    """All .tf files below a folder, hidden folders left out: to find where things are declared."""
    return files_at(folder, list(islice(_below(folder), _MOST_FILES)))[0]


def _below(folder: Path) -> Iterator[str]:
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.endswith(".tf"):
                yield (Path(here) / name).relative_to(folder).as_posix()
