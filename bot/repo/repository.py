"""One object store, a user's own or a mirror, read with git's plumbing."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType

from bot.model import FileChange, TooLarge, TreeEntry
from bot.repo import output
from bot.repo.git import Git, GitError
from bot.repo.worktree import WorktreeTree, snapshot_worktree

_ID = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_REGULAR = ("100644", "100755")
# More arguments than this go into several runs; the system's limit is some megabytes.
_ARGUMENT_BYTES = 100_000
# A single file that is asked for by name is configuration, which is small.
_FILE_BYTES = 16 * 1024 * 1024


class Repository:
    """Reads commits, trees and blobs. Wherever a commit is asked for, a tree's id will do too.

    Every method raises GitError where git fails. `fetch_missing` brings blobs that a partial mirror
    left out; `on_close` gives back what the repository holds.
    """

    def __init__(
        self,
        git: Git,
        *,
        merge_bases: dict[tuple[str, str], str] | None = None,
        fetch_missing: Callable[[Collection[str]], None] | None = None,
        on_close: Callable[[], None] | None = None,
    ) -> None:
        self._git = git
        self._merge_bases = dict(merge_bases or {})
        self._fetch_missing = fetch_missing
        self._on_close = on_close
        self._worktree: WorktreeTree | None = None

    @classmethod
    def local(cls, path: str | Path) -> Repository:
        """An existing repository, bare or the one whose work tree `path` is in."""
        start = Path(path).resolve()
        if not start.is_dir():
            raise GitError(f"{path} is no directory")
        git = Git(directory=start)
        try:
            found = git.run("rev-parse", "--absolute-git-dir").removesuffix(b"\n")
            _, up = git.attempt("rev-parse", "--show-cdup", accept=(0, 128))
        except GitError:
            raise GitError(f"{path} is not in a git repository") from None
        # In a .git folder there is nowhere up; it is then read like a bare repository.
        root = start / os.fsdecode(up.removesuffix(b"\n"))
        return cls(Git(directory=root.resolve(), environment={"GIT_DIR": os.fsdecode(found)}))

    def __enter__(self) -> Repository:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give back locks and temporary files. Safe to call twice."""
        if self._worktree is not None:
            self._worktree.discard()
            self._worktree = None
        if self._on_close is not None:
            self._on_close()
            self._on_close = None

    def resolve(self, rev: str) -> str:
        """The full id of the commit that `rev` names."""
        if rev and not rev.startswith("-") and "\0" not in rev:
            asked = os.fsencode(rev) + b"^{commit}"
            code, out = self._git.attempt(
                "rev-parse", "--verify", "--quiet", asked, accept=(0, 1, 128)
            )
            if code == 0:
                return out.decode("ascii").strip()
        raise GitError(f"there is no commit {rev!r} here; {self._remedy()}")

    def remote_url(self, name: str) -> str:
        """The URL that the repository's own config has for a remote; "" where it has none."""
        code, out = self._git.attempt("config", "--get", f"remote.{name}.url", accept=(0, 1))
        return os.fsdecode(out).strip() if code == 0 else ""

    def merge_base(self, a: str, b: str) -> str:
        """The newest commit that both have in their history."""
        if self._worktree is not None:
            a, b = (self._worktree.head if x == self._worktree.tree else x for x in (a, b))
        known = self._merge_bases.get((a, b))
        if known is not None:
            return known
        code, out = self._git.attempt("merge-base", _checked(a), _checked(b), accept=(0, 1))
        if code == 0:
            return out.decode("ascii").split()[0]
        raise GitError(f"{a[:12]} and {b[:12]} have no commit in common; {self._remedy()}")

    def _remedy(self) -> str:
        shallow = self._git.run("rev-parse", "--is-shallow-repository").strip() == b"true"
        if shallow:
            return "the clone is shallow: fetch more of the history (git fetch --unshallow)"
        return "check the name, or fetch it first (git fetch)"

    def changed_files(self, a: str, b: str) -> tuple[FileChange, ...]:
        """Every path whose content or mode differs; a renamed file is two of them."""
        out = self._git.run(
            *("diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev"),
            *("--ignore-submodules=none", _checked(a), _checked(b)),
        )
        return tuple(output.raw_diff(out))

    def changed_lines(
        self, a: str, b: str, paths: Collection[str]
    ) -> dict[str, tuple[tuple[int, int], ...]]:
        """For each of `paths` the line ranges (first, last) on b's side that a did not have."""
        changes = [
            change
            for change in (self.changed_files(a, b) if paths else ())
            if change.path in set(paths)
            and change.new_mode in _REGULAR
            and change.old_mode in ("", *_REGULAR)
        ]
        self._complete([i for c in changes for i in (c.old_blob, c.new_blob) if i])
        added: dict[tuple[str, str], tuple[tuple[int, int], ...]] = {}
        for part in _portions(os.fsencode(change.path) for change in changes):
            out = self._git.run(
                *("diff-tree", "-r", "-p", "-U0", "--full-index", "--no-renames", "--text"),
                *("--no-ext-diff", "--no-textconv", "--no-color", "--no-relative"),
                *(_checked(a), _checked(b), "--"),
                *part,
            )
            added.update(output.added_lines(out))
        absent = "0" * len(a)
        return {
            change.path: added.get((change.old_blob or absent, change.new_blob), ())
            for change in changes
        }

    def tree(
        self, sha: str, directories: Collection[str], recursive: bool = False
    ) -> tuple[TreeEntry, ...]:
        """The files in these directories ("" is the top one), with `recursive` also below them.

        A directory that does not exist has none.
        """
        wanted = set(directories)
        listing = ("ls-tree", "-z", "--full-tree", *(("-r",) if recursive else ()))
        entries: dict[str, TreeEntry] = {}
        runs: list[Sequence[bytes]] = [()] if "" in wanted else []
        if not (recursive and "" in wanted):
            runs += _portions(os.fsencode(name) + b"/" for name in sorted(wanted) if name)
        for part in runs:
            out = self._git.run(*listing, "--", _checked(sha), *part)
            entries.update((entry.path, entry) for entry in output.tree_entries(out))
        return tuple(
            entry
            for entry in entries.values()
            if recursive or entry.path.rpartition("/")[0] in wanted
        )

    def file(self, sha: str, path: str) -> bytes | None:
        """The content of a regular file, None where there is none of that path."""
        out = self._git.run("ls-tree", "-z", "--full-tree", "--", _checked(sha), os.fsencode(path))
        for entry in output.tree_entries(out):
            if entry.path == path and entry.mode in _REGULAR:
                content = self.blobs([entry.blob], _FILE_BYTES).get(entry.blob)
                if isinstance(content, bytes):
                    return content
                problem = "is too large" if content else "is missing in the object store"
                raise GitError(f"{path} at {sha[:12]} {problem}")
        return None

    def blobs(
        self, ids: Collection[str], max_bytes: int, max_total_bytes: int | None = None
    ) -> dict[str, bytes | TooLarge]:
        """The content of each blob, in one batch; of those over a size only the size is read.

        With `max_total_bytes`, blobs that do not fit in with the ones before them are TooLarge as
        well. Ids of nothing, or of no blob, are left out.
        """
        found: dict[str, bytes | TooLarge] = {}
        fitting: list[str] = []
        room = max_total_bytes
        for info in self._complete(ids):
            if info.size < 0:
                continue
            if info.size > max_bytes or (room is not None and info.size > room):
                found[info.id] = TooLarge(size=info.size)
                continue
            room = None if room is None else room - info.size
            fitting.append(info.id)
        if fitting:
            found.update(output.batch(self._git.run("cat-file", "--batch", stdin=_lines(fitting))))
        return found

    def _complete(self, ids: Collection[str]) -> list[output.BlobInfo]:
        """What is known of these blobs, after the missing ones were fetched if they can be."""
        known = self._sizes(ids)
        missing = [info.id for info in known if info.size < 0]
        if missing and self._fetch_missing is not None:
            self._fetch_missing(missing)
            known = self._sizes(ids)
        return known

    def _sizes(self, ids: Collection[str]) -> list[output.BlobInfo]:
        wanted = [_checked(i) for i in dict.fromkeys(ids)]
        if not wanted:
            return []
        return list(
            output.batch_check(self._git.run("cat-file", "--batch-check", stdin=_lines(wanted)))
        )

    def worktree_tree(self) -> str:
        """The id of a tree of the work tree as it is now: tracked files and untracked ones that are
        not ignored. Nothing is written into the user's repository; this Repository can read it."""
        if self._worktree is not None:
            self._worktree.discard()
            self._git = self._worktree.before
        self._worktree = snapshot_worktree(self._git, self.resolve("HEAD"))
        self._git = self._worktree.git
        return self._worktree.tree


def _checked(sha: str) -> str:
    if _ID.fullmatch(sha) is None:
        raise GitError(f"{sha[:80]!r} is no full object id")
    return sha


def _lines(ids: Iterable[str]) -> bytes:
    return "".join(f"{i}\n" for i in ids).encode("ascii")


def _portions(arguments: Iterable[bytes]) -> Iterator[list[bytes]]:
    """The arguments in portions that fit on a command line."""
    part: list[bytes] = []
    size = 0
    for argument in arguments:
        if part and size + len(argument) > _ARGUMENT_BYTES:
            yield part
            part, size = [], 0
        part.append(argument)
        size += len(argument) + 1
    if part:
        yield part
