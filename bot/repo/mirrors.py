"""Bare mirrors of projects on disk: fetched into one at a time, thrown away when space runs out."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bot.forges import Remote
from bot.repo.fetch import Fetcher, check_url
from bot.repo.git import Git, GitError, TooBig
from bot.repo.locks import FileLock
from bot.repo.repository import Repository

T = TypeVar("T")

_MIB = 1024 * 1024
# Every fetch leaves a pack, and nothing repacks: fetching anew is cheap, searching packs is not.
_MAX_PACKS = 200
_SHA = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")


@dataclass(frozen=True, slots=True)
class _Mirror:
    """Where a mirror and its locks are. Whoever takes both locks takes the fetch lock first."""

    root: Path
    name: str

    @property
    def directory(self) -> Path:
        return self.root / f"{self.name}.git"

    @property
    def use_path(self) -> Path:
        """Locked, shared, as long as anybody reads; its time is that of the last use."""
        return self.root / f"{self.name}.use"

    def fetching(self) -> FileLock:
        return FileLock(self.root / f"{self.name}.fetch")

    def using(self) -> FileLock:
        return FileLock(self.use_path)


class Mirrors:
    """The mirrors under one folder, shared by threads and processes.

    `max_total_bytes` bounds all of them together where unused ones can make room, `max_repo_bytes`
    each one, `timeout` is in seconds and holds for every single git command.
    """

    def __init__(
        self, root: Path, *, max_total_bytes: int, max_repo_bytes: int, timeout: float
    ) -> None:
        self._root = root
        self._max_total_bytes = max_total_bytes
        self._max_repo_bytes = max_repo_bytes
        self._timeout = timeout

    def fetch(self, project: str, remote: Remote, base: str, head: str) -> Repository:
        """The project with the commits `base` and `head` and their merge base; close it after use.

        Raises Vanished where a commit is no longer there, TooBig where the repository is over its
        limit, else GitError.
        """
        check_url(remote)
        for sha in (base, head):
            if _SHA.fullmatch(sha) is None:
                raise GitError(f"{sha[:80]!r} is no full commit id")
        self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
        mirror = _Mirror(self._root, _name(project, remote.url))
        fetcher = Fetcher(mirror.directory, remote, self._timeout, self._max_repo_bytes)
        use = mirror.using()
        try:
            with mirror.fetching().exclusively(2 * self._timeout):
                self._prepare(mirror, use, len(base))
                merge_base = self._limited(project, mirror, lambda: fetcher.bring(base, head))
            mirror.use_path.touch()
            self._evict()
        except BaseException:
            use.release()
            raise

        def fetch_missing(ids: Collection[str]) -> None:
            with mirror.fetching().exclusively(2 * self._timeout):
                self._limited(project, mirror, lambda: fetcher.blobs(ids))

        return Repository(
            fetcher.local,
            merge_bases={(base, head): merge_base, (head, base): merge_base},
            fetch_missing=fetch_missing,
            on_close=use.release,
        )

    def _prepare(self, mirror: _Mirror, use: FileLock, id_length: int) -> None:
        """Have an empty or a usable mirror, and `use` shared. The fetch lock is held."""
        if use.try_exclusive() and self._is_worn(mirror.directory):
            _remove(mirror.directory)
        use.shared(self._timeout)
        if mirror.directory.exists():
            _sweep(mirror.directory)
            return
        new = mirror.root / f"{mirror.name}.new"
        shutil.rmtree(new, ignore_errors=True)
        kind = "sha1" if id_length == 40 else "sha256"
        Git(directory=mirror.root).run(
            "init", "--quiet", "--bare", "--template=", f"--object-format={kind}", new.name
        )
        new.rename(mirror.directory)

    def _is_worn(self, directory: Path) -> bool:
        """Whether to begin anew: too many packs to search, or hardly room for one more."""
        packs = sum(1 for _ in directory.glob("objects/pack/*.pack"))
        return packs > _MAX_PACKS or _size(directory) > self._max_repo_bytes * 0.8

    def _limited(self, project: str, mirror: _Mirror, bring: Callable[[], T]) -> T:
        """`bring()`; afterwards the mirror is within its limit. Raises TooBig where it is not."""
        said = (
            f"the mirror of {project} needs more than {self._max_repo_bytes // _MIB} MiB; "
            "raise PLUMBLINE_MIRROR_MAX_MIB to judge this project"
        )
        try:
            result = bring()
        except GitError:
            # git is ended where a file reaches the limit, and leaves that file behind.
            reached = _largest_unfinished(mirror.directory) >= self._max_repo_bytes
            _sweep(mirror.directory)
            if reached:
                raise TooBig(said) from None
            raise
        if _size(mirror.directory) > self._max_repo_bytes:
            raise TooBig(said)
        return result

    def _evict(self) -> None:
        """Remove mirrors that nobody uses, the longest unused first, until the rest fits."""
        found = [_Mirror(self._root, path.stem) for path in self._root.glob("*.git")]
        sizes = {mirror: _size(mirror.directory) for mirror in found}
        over = sum(sizes.values()) - self._max_total_bytes
        for mirror in sorted(found, key=_last_use):
            if over <= 0:
                return
            fetching, using = mirror.fetching(), mirror.using()
            try:
                if fetching.try_exclusive() and using.try_exclusive():
                    _remove(mirror.directory)
                    over -= sizes[mirror]
            finally:
                using.release()
                fetching.release()


def _name(project: str, url: str) -> str:
    """A name for the folder: what of it can be read is for people, the hash tells projects apart.

    The URL is in it, since two forges may each have a project of that name.
    """
    readable = re.sub(r"[^a-z0-9]+", "-", project.lower())[:40].strip("-")
    digest = hashlib.sha256(f"{url}\0{project}".encode("utf-8", "surrogatepass")).hexdigest()[:20]
    return f"{readable}-{digest}".lstrip("-")


def _last_use(mirror: _Mirror) -> float:
    try:
        return mirror.use_path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _size(directory: Path) -> int:
    """The bytes of all files below a folder that others may be changing."""
    total = 0
    for folder, _, names in os.walk(directory):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                total += (Path(folder) / name).stat().st_size
    return total


def _remove(directory: Path) -> None:
    """Remove a mirror at once: half of one must never be taken for a whole one."""
    if directory.exists():
        doomed = directory.with_suffix(".old")
        shutil.rmtree(doomed, ignore_errors=True)
        directory.rename(doomed)
        shutil.rmtree(doomed, ignore_errors=True)


def _largest_unfinished(directory: Path) -> int:
    """The size of the largest pack that was not received whole."""
    return max((path.stat().st_size for path in directory.glob("objects/pack/tmp_*")), default=0)


def _sweep(directory: Path) -> None:
    """Remove what a git that was killed left behind. The fetch lock is held: none is running."""
    for pattern in ("*.lock", "refs/**/*.lock", "objects/pack/tmp_*", "objects/pack/.tmp-*"):
        for path in directory.glob(pattern):
            path.unlink(missing_ok=True)
