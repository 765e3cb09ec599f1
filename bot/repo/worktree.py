"""A user's work tree as a git tree, made beside the repository and not in it."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from bot.repo.git import Git, GitError


@dataclass(frozen=True, slots=True, kw_only=True)
class WorktreeTree:
    """The tree, the commit that the work tree began at, and how to run git so that it is seen."""

    tree: str
    head: str
    git: Git
    before: Git
    folder: Path

    def discard(self) -> None:
        """Remove the temporary objects; the tree cannot be read any more."""
        shutil.rmtree(self.folder, ignore_errors=True)


def snapshot_worktree(git: Git, head: str) -> WorktreeTree:
    """The work tree of `git` as a tree. Raises GitError, for a bare repository too."""
    if git.run("rev-parse", "--is-inside-work-tree").strip() != b"true":
        raise GitError("there is no work tree here; name the head commit to judge")
    folder = Path(tempfile.mkdtemp(prefix="plumbline-"))
    try:
        beside = _beside(git, folder)
        # Its stat data spares hashing every file again.
        index = _git_path(git, "index")
        if index.exists():
            shutil.copyfile(index, folder / "index")
        beside.run("add", "--all", "--ignore-errors", "--", ".", accept=(0, 1))
        tree = beside.run("write-tree").decode("ascii").strip()
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return WorktreeTree(tree=tree, head=head, git=beside, before=git, folder=folder)


def _beside(git: Git, folder: Path) -> Git:
    """git with an index and an object folder of its own, which also sees the repository's."""
    (folder / "objects" / "info").mkdir(parents=True)
    alternates = folder / "objects" / "info" / "alternates"
    alternates.write_bytes(os.fsencode(_git_path(git, "objects")) + b"\n")
    environment = {
        **git.environment,
        "GIT_INDEX_FILE": str(folder / "index"),
        "GIT_OBJECT_DIRECTORY": str(folder / "objects"),
    }
    config = {**git.config, **_without_filters(git), "core.looseCompression": "0"}
    return replace(git, environment=environment, config=config)


def _without_filters(git: Git) -> dict[str, str]:
    """Configuration that switches the repository's own filters off: they are programs to run."""
    out = git.run("config", "--null", "--name-only", "--get-regexp", r"^filter\.", accept=(0, 1))
    config: dict[str, str] = {}
    for raw in out.split(b"\0")[:-1]:
        name = os.fsdecode(raw).rpartition(".")[0]
        config |= {f"{name}.clean": "", f"{name}.process": "", f"{name}.required": "false"}
    return config


def _git_path(git: Git, name: str) -> Path:
    out = git.run("rev-parse", "--path-format=absolute", "--git-path", name)
    return Path(os.fsdecode(out.removesuffix(b"\n")))
