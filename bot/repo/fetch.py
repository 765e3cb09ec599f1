"""Bringing commits of a forge's repository into a mirror: by id, shallow, without blobs."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from bot.forges import Remote
from bot.repo.git import Git, GitError, Vanished

# How much history is asked for, until the two commits are seen to meet. The last is all of it.
_DEPTHS = (50, 500, 5_000, 2**31 - 1)
# From this depth on, the common commit that is seen is taken for the newest one.
_DEEP_ENOUGH = 5_000
_HELD = "refs/held/"
# Refs spare fetching again what is here; beyond this many they only slow down.
_MAX_HELD = 64
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_FETCH = (
    *("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules"),
    "--no-auto-maintenance",
)
# For a server that gives out nothing but its refs.
_EVERY_REF = (
    "+refs/heads/*:refs/all/heads/*",
    "+refs/pull/*/head:refs/all/pull/*",
    "+refs/merge-requests/*/head:refs/all/merge-requests/*",
)
_GONE = "not our ref"
_BY_REF_ONLY = "unadvertised object"
_REFUSED = ("could not read Username", "Authentication failed", "error: 401", "error: 403")


class Fetcher:
    """Fetches into one bare repository. Its caller holds the mirror's fetch lock.

    The token is in git's environment only. So is that the mirror is partial: `local`, which reads,
    does not know it, takes what is missing for missing and never fetches objects one by one.
    """

    def __init__(self, directory: Path, remote: Remote, timeout: float, max_bytes: int) -> None:
        check_url(remote)
        config = {
            "protocol.version": "2",
            "remote.origin.url": remote.url,
            "remote.origin.promisor": "true",
            "remote.origin.partialclonefilter": "blob:none",
            "http.followRedirects": "false",
            "fetch.unpackLimit": "1",
        }
        if remote.header:
            config[f"http.{remote.url}.extraHeader"] = remote.header
        self._directory = directory
        self.local = Git(directory=directory, timeout=timeout)
        self._remote = replace(
            self.local,
            environment={"GIT_ALLOW_PROTOCOL": "https:http"},
            config=config,
            secrets=_secrets(remote.header),
            max_file_bytes=max_bytes,
        )

    def bring(self, base: str, head: str) -> str:
        """Have both commits, and return their merge base.

        Raises Vanished where one of them is not there any more, else GitError.
        """
        found = self._merge_base(base, head, sure=True)
        if found is not None:
            return found
        for depth in (depth for depth in _DEPTHS if depth >= self._depth):
            self._fetch_commits((base, head), depth)
            found = self._merge_base(base, head, sure=depth < _DEEP_ENOUGH)
            if found is not None:
                self._depth = depth
                return found
            if not self._boundary():
                break
        raise GitError(
            f"{base[:12]} and {head[:12]} have no commit in common, so nothing can be compared; "
            "rebase the branch onto its base"
        )

    def blobs(self, ids: Collection[str]) -> None:
        """Have these blobs, all by one request."""
        # What is here has no blobs to speak of: there is nothing to negotiate.
        git = replace(self._remote, config={**self._remote.config, _NEGOTIATION: "noop"})
        wanted = "".join(f"{i}\n" for i in ids).encode("ascii")
        try:
            git.run(*_FETCH, "--filter=blob:none", "origin", "--stdin", stdin=wanted)
        except GitError as error:
            if _BY_REF_ONLY not in str(error):
                raise _explained(error) from None
            everything = (*_FETCH, "--no-filter", "--refetch", f"--depth={self._depth}", "origin")
            self._run(*everything, *_EVERY_REF)

    def _fetch_commits(self, shas: Collection[str], depth: int) -> None:
        self._forget_old()
        shallow = (*_FETCH, "--filter=blob:none", f"--depth={depth}", "origin")
        try:
            self._remote.run(*shallow, *(f"+{sha}:{_HELD}{sha}" for sha in dict.fromkeys(shas)))
        except GitError as error:
            if _GONE in str(error):
                gone = [sha for sha in shas if sha in str(error)] or shas
                raise Vanished(_vanished(gone)) from None
            if _BY_REF_ONLY not in str(error):
                raise _explained(error) from None
            self._run(*shallow, *_EVERY_REF)
            gone = [sha for sha in shas if not self._has(sha)]
            if gone:
                raise Vanished(_vanished(gone)) from None

    def _run(self, *arguments: str) -> None:
        try:
            self._remote.run(*arguments)
        except GitError as error:
            raise _explained(error) from None

    def _has(self, sha: str) -> bool:
        return self.local.attempt("cat-file", "-e", f"{sha}^{{commit}}", accept=(0, 1, 128))[0] == 0

    def _merge_base(self, base: str, head: str, *, sure: bool) -> str | None:
        """The merge base as far as history is here; `sure` asks that no more of it could tell of a
        newer one: that where history is cut off lies behind the merge base."""
        code, out = self.local.attempt("merge-base", base, head, accept=(0, 1, 128))
        if code != 0:
            return None
        found = out.decode("ascii").split()[0]
        boundary = self._boundary()
        if sure and boundary:
            ahead = self.local.run("rev-list", base, head, f"^{found}").decode("ascii").split()
            if boundary.intersection(ahead):
                return None
        return found

    def _boundary(self) -> set[str]:
        """The commits whose parents were not fetched."""
        try:
            return set((self._directory / "shallow").read_text(encoding="ascii").split())
        except FileNotFoundError:
            return set()

    @property
    def _depth(self) -> int:
        """The depth that was needed last: to ask for less would cut off history that is here."""
        try:
            return int((self._directory / "plumbline-depth").read_text(encoding="ascii"))
        except (FileNotFoundError, ValueError):
            return _DEPTHS[0]

    @_depth.setter
    def _depth(self, depth: int) -> None:
        (self._directory / "plumbline-depth").write_text(str(depth), encoding="ascii")

    def _forget_old(self) -> None:
        newest_first = ("for-each-ref", "--sort=-committerdate", "--format=%(refname)")
        refs = self.local.run(*newest_first, _HELD).decode("ascii").split()
        if len(refs) > _MAX_HELD:
            delete = "".join(f"delete {ref}\n" for ref in refs[_MAX_HELD // 4 :])
            self.local.run("update-ref", "--stdin", stdin=delete.encode("ascii"))


_NEGOTIATION = "fetch.negotiationAlgorithm"


def check_url(remote: Remote) -> None:
    """Raises GitError for a URL that a token must not be sent to, or that has one in it."""
    parts = urlsplit(remote.url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise GitError("a project is fetched over https only; check the forge's git URL")
    if parts.username is not None or parts.password is not None:
        raise GitError("a project's URL must hold no user name or token")
    if parts.scheme == "http" and remote.header and parts.hostname not in _LOOPBACK:
        raise GitError(f"no token is sent to {parts.hostname} over plain http; use https")


def _secrets(header: str) -> tuple[str, ...]:
    """The header, and each part of it that could be a token."""
    words = [word for word in header.replace(":", " ").split() if len(word) >= 8]
    return (header, *sorted(words, key=len, reverse=True)) if header else ()


def _vanished(shas: Iterable[str]) -> str:
    names = " and ".join(sha[:12] for sha in shas)
    return f"the commit {names} is not in the repository any more; it was force-pushed away"


def _explained(error: GitError) -> GitError:
    said = str(error)
    if any(sign in said for sign in _REFUSED):
        return GitError(f"{said}; check that the app is installed on the project and may read it")
    if "not found" in said:
        return GitError(f"{said}; check that the project exists and the app may read it")
    return error
