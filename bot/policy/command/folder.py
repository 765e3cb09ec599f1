"""A folder of this machine as the commands for policies read it: regular files only, and nothing
that a link leads out of it."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bot.policy.files import Files, documents_of, is_policy
from bot.policy.model import Document, Problem, Source

_MOST_FILES = 100_000
_FILE_BYTES = 4 * 1024 * 1024
_ANY = ("**/*",)
_SKIPPED = frozenset((".git", "node_modules", ".terraform", ".venv"))


class Unreadable(Exception):  # noqa: N818 - what happened, told in words
    """A file that is not read; the message names it and says why."""


@dataclass(frozen=True)
class Folder:
    """A folder and all below it. Paths are from `root`, with slashes."""

    root: Path

    @classmethod
    def around(cls, path: Path) -> Folder:
        """The repository that a path is in; without one, where we are, if the path is below; else
        the folder that it is or is in. Raises Unreadable where there is nothing."""
        if not path.exists():
            raise Unreadable(f"{path}: there is no such file or folder")
        start = path.resolve() if path.is_dir() else path.resolve().parent
        above = (start, *start.parents)
        found = next((one for one in above if (one / ".git").exists()), None)
        here = Path.cwd().resolve()
        return cls(found or (here if here in above else start))

    def inside(self, path: Path) -> str:
        """A path of this machine as one from the root, "" for the root. Raises Unreadable."""
        try:
            below = path.resolve().relative_to(self.root)
        except ValueError:
            raise Unreadable(f"{path} is not in {self.root}") from None
        return "" if below == Path() else below.as_posix()

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """Every regular file, in order; links are left out."""
        return tuple(sorted(self._walk()))

    @cached_property
    def links(self) -> tuple[str, ...]:
        """Every link, in order."""
        return tuple(sorted(self._walk(links=True)))

    def _walk(self, *, links: bool = False) -> Iterator[str]:
        count = 0
        for here, folders, files in os.walk(self.root):
            folders[:] = sorted(name for name in folders if name not in _SKIPPED)
            for name in files:
                path = Path(here, name)
                if path.is_symlink() is links:
                    count += 1
                    if count > _MOST_FILES:
                        raise Unreadable(f"{self.root}: it has more than {_MOST_FILES:,} files")
                    yield path.relative_to(self.root).as_posix()

    def read(self, path: str) -> bytes:
        """The content of a regular file. Raises Unreadable, also for what a link leads to."""
        whole = self.root / path
        if whole.resolve() != whole:
            raise Unreadable(f"{path}: a link, or a way out of the folder, is not followed")
        if not whole.is_file():
            raise Unreadable(f"{path}: there is no such file")
        if whole.stat().st_size > _FILE_BYTES:
            raise Unreadable(f"{path}: has more than {_FILE_BYTES:,} bytes")
        try:
            return whole.read_bytes()
        except OSError as error:
            raise Unreadable(f"{path}: {error.strerror}") from None

    def policies(self, wanted: Callable[[str], bool]) -> Files:
        """The policy files whose paths are wanted, as the bot reads them of a commit."""
        sources: list[Source] = []
        documents: list[Document] = []
        problems: list[Problem] = []
        for path in self.links:
            if _may_be_policy(path) and wanted(path):
                said = "is no regular file, so it is not followed"
                problems.append(Problem(path=path, line=0, message=said))
        for path in self.paths:
            if not (_may_be_policy(path) and wanted(path)):
                continue
            try:
                data = self.read(path)
                if path.endswith(".rego"):
                    sources.append(Source(path=path, text=data.decode("utf-8-sig")))
                else:
                    read, failed = documents_of(path, data)
                    documents += read
                    problems += failed
            except UnicodeDecodeError:
                problems.append(Problem(path=path, line=0, message="is not UTF-8"))
            except Unreadable as error:
                said = str(error).removeprefix(f"{path}: ")
                problems.append(Problem(path=path, line=0, message=said))
        return Files(
            sources=tuple(sources), documents=tuple(documents), problems=tuple(sorted(problems))
        )


def _may_be_policy(path: str) -> bool:
    return is_policy(path, _ANY)


def joined(folder: str, path: str) -> str:
    """A path that a file in `folder` names, from the root. Raises Unreadable where it leads out."""
    whole = posixpath.normpath(posixpath.join(folder, path))
    if whole == ".." or whole.startswith(("../", "/")):
        raise Unreadable(f"{path}: leads out of the repository")
    return "" if whole == "." else whole
