"""A commit of a git repository over https into a folder: one commit, regular files, bounded."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bot.render.remote.address import Allowed, Repository
from bot.render.remote.trouble import NotFetched, shown
from bot.repo.git import Git, GitError

MOST_BYTES = 256 * 1024 * 1024
MOST_FILES = 50_000
_REGULAR = (b"100644", b"100755")
_FETCH = ("fetch", "--quiet", "--no-tags", "--depth=1", "--no-recurse-submodules")
_COMMIT = re.compile(r"[0-9a-f]{40,64}")


def resolve(repository: Repository, allowed: Allowed, seconds: float) -> tuple[str, bool]:
    """The commit that a tag or branch means now, and whether it is a branch. Raises NotFetched."""
    allowed.check(repository.url)
    ref = repository.ref
    # A tag before a branch of its name, as git has it; peeled, if it is annotated.
    wanted = [f"refs/tags/{ref}^{{}}", f"refs/tags/{ref}", f"refs/heads/{ref}", ref] if ref else []
    patterns = [ref] if ref else ["HEAD"]
    with tempfile.TemporaryDirectory(prefix="plumbline-") as folder:
        git = _git(Path(folder), allowed, seconds)
        out = _run(git, repository, "ls-remote", "--", repository.url, *patterns, *_peeled(ref))
    rows = (line.split("\t", 1) for line in out.decode("utf-8", "replace").splitlines())
    found = {row[1]: row[0] for row in rows if len(row) == 2}
    commit = next((found[name] for name in wanted or ["HEAD"] if name in found), "")
    if not _COMMIT.fullmatch(commit):
        said = f"{shown(repository.url)} has no tag or branch {shown(ref or 'HEAD')}"
        raise NotFetched("remote-failed", said)
    return commit, not any(name in found for name in wanted[:2])


def _peeled(ref: str) -> tuple[str, ...]:
    return (f"refs/tags/{ref}^{{}}",) if ref else ()


def checkout(
    repository: Repository, commit: str, into: Path, allowed: Allowed, seconds: float
) -> None:
    """Write the commit's files below `into`. Raises NotFetched.

    Links and submodules are left out; who reads them finds nothing there.
    """
    allowed.check(repository.url)
    with tempfile.TemporaryDirectory(prefix="plumbline-") as folder:
        git = _git(Path(folder), allowed, seconds)
        _run(git, repository, "init", "--quiet", "--bare", ".")
        _run(git, repository, *_FETCH, "--", repository.url, commit)
        for path, data in _files(git, repository, commit):
            target = into / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)


def _files(git: Git, repository: Repository, commit: str) -> Iterator[tuple[str, bytes]]:
    entries = []
    total = 0
    for row in _run(git, repository, "ls-tree", "-r", "-l", "-z", commit).split(b"\0")[:-1]:
        meta, name = row.split(b"\t", 1)
        mode, _, blob, size = meta.split()
        path = name.decode("utf-8", "surrogateescape")
        if mode in _REGULAR and not {"..", ".git", ".", ""} & set(path.split("/")):
            entries.append((path, blob, int(size)))
            total += int(size)
    if total > MOST_BYTES or len(entries) > MOST_FILES:
        said = f"{shown(repository.url)} has more than {MOST_BYTES >> 20} MiB"
        raise NotFetched("remote-too-large", f"{said} or {MOST_FILES:,} files")
    wanted = b"".join(blob + b"\n" for _, blob, _ in entries)
    out = git.run("cat-file", "--batch", "--buffer", stdin=wanted)
    at = 0
    for path, _, length in entries:
        start = out.index(b"\n", at) + 1
        yield path, out[start : start + length]
        at = start + length + 1


def _git(folder: Path, allowed: Allowed, seconds: float) -> Git:
    return Git(
        directory=folder,
        timeout=seconds,
        environment={"GIT_ALLOW_PROTOCOL": ":".join(sorted(allowed.schemes))},
        config={"http.followRedirects": "false", "protocol.version": "2", "core.bare": "true"},
        max_file_bytes=MOST_BYTES,
    )


def _run(git: Git, repository: Repository, *arguments: str) -> bytes:
    try:
        return git.run(*arguments)
    except GitError as error:
        said = f"{shown(repository.url)} cannot be fetched: {error}"
        raise NotFetched("remote-failed", said) from None
