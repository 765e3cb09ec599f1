"""A bare repository of a simulated forge, through git's own plumbing."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

ZERO = "0" * 40
# git knows this object in every repository.
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
# 2026-01-01T00:00:00Z.
_TIME = 1767225600
_DATE = f"{_TIME} +0000"
ALICE = "Alice <alice@example.com>"
# Nothing of the machine's or the user's git configuration may reach the fake.
ENVIRONMENT = {
    "PATH": os.environ.get("PATH", os.defpath),
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_AUTHOR_NAME": "Alice",
    "GIT_AUTHOR_EMAIL": "alice@example.com",
    "GIT_COMMITTER_NAME": "Alice",
    "GIT_COMMITTER_EMAIL": "alice@example.com",
    "GIT_AUTHOR_DATE": _DATE,
    "GIT_COMMITTER_DATE": _DATE,
    "LC_ALL": "C.UTF-8",
}
_CONFIG = """[core]
\trepositoryformatversion = 0
\tfilemode = true
\tbare = true
[http]
\treceivepack = true
[uploadpack]
\tallowFilter = true
\tallowAnySHA1InWant = true
[receive]
\thideRefs = {hidden}
\tautogc = false
[gc]
\tauto = 0
"""


@dataclass(frozen=True, slots=True)
class Executable:
    """A file with the executable bit."""

    content: bytes | str


@dataclass(frozen=True, slots=True)
class Symlink:
    """A symbolic link, wherever it points."""

    target: bytes | str


@dataclass(frozen=True, slots=True)
class Gitlink:
    """A submodule: the commit it is pinned at."""

    sha: str


# None deletes the path. A path may hold anything but NUL; surrogate escapes stand for bytes that
# are not UTF-8.
Content: TypeAlias = bytes | str | Executable | Symlink | Gitlink | None
Files: TypeAlias = Mapping[str, Content]


class GitError(Exception):
    """A git command failed; the message is its stderr."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GitCommit:
    """A commit's own fields; `time` in seconds since 1970."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    name: str
    email: str
    time: int
    message: str


class GitRepo:
    """One bare repository at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def create(
        self, default_branch: str, borrow_from: GitRepo | None = None, hidden: str = "refs/pull"
    ) -> None:
        """Make it. A fork borrows its parent's objects, as on GitHub. Written by hand: git init
        takes 5 ms and copies the machine's hook templates. Nobody may push under `hidden`."""
        for part in ("objects/info", "objects/pack", "refs/heads", "refs/tags"):
            (self.path / part).mkdir(parents=True)
        (self.path / "config").write_text(_CONFIG.format(hidden=hidden))
        (self.path / "HEAD").write_text(f"ref: refs/heads/{default_branch}\n")
        if borrow_from is not None:
            alternates = self.path / "objects/info/alternates"
            alternates.write_text(f"{borrow_from.path.resolve() / 'objects'}\n")

    def run(self, *args: str, stdin: bytes = b"", index: Path | None = None) -> bytes:
        """The stdout of one git command, on an index file of its own. Raises GitError."""
        done = subprocess.run(
            ("git", "--git-dir", str(self.path), *args),
            input=stdin,
            capture_output=True,
            env=ENVIRONMENT | ({"GIT_INDEX_FILE": str(index)} if index else {}),
            check=False,
        )
        if done.returncode:
            raise GitError(f"git {args[0]}: {done.stderr.decode('utf-8', 'replace').strip()}")
        return done.stdout

    def text(self, *args: str, stdin: bytes = b"", index: Path | None = None) -> str:
        """The stdout of one git command as stripped text."""
        return self.run(*args, stdin=stdin, index=index).decode("utf-8", "replace").strip()

    def resolve(self, revision: str) -> str | None:
        """The commit that a SHA, branch or ref names."""
        if revision.startswith("-"):
            return None
        try:
            return self.text("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
        except GitError:
            return None

    def branch(self, name: str) -> str | None:
        """The tip of a branch."""
        return self.resolve(f"refs/heads/{name}")

    def refs(self, prefix: str = "refs/heads/") -> dict[str, str]:
        """Ref (without the prefix) → SHA."""
        lines = self.text("for-each-ref", "--format=%(objectname) %(refname)", prefix).splitlines()
        pairs = (line.split(" ", 1) for line in lines)
        return {name.removeprefix(prefix): sha for sha, name in pairs}

    def set_ref(self, ref: str, sha: str) -> None:
        """Point a ref at a commit, whatever it was; the zero SHA deletes it."""
        if sha == ZERO:
            self.run("update-ref", "-d", ref)
        else:
            self.run("update-ref", ref, sha)

    def fetch(self, source: GitRepo, ref: str, to: str) -> None:
        """Copy a ref of another repository, objects included."""
        self.run("fetch", "--quiet", "--no-tags", str(source.path), f"+{ref}:{to}")

    def commit(
        self,
        branch: str,
        files: Files,
        parents: tuple[str, ...],
        message: str,
        author: str = ALICE,
        later: int = 0,
    ) -> str:
        """A commit of `files` over its first parent, at the tip of `branch`; its SHA. `author` is
        "name <address>"; the date is 2026-01-01 and `later` seconds."""
        by = f"{author} {_TIME + later} +0000".encode()
        stream = b"".join(_stream(branch, files, parents, message, by))
        return self.text("fast-import", "--quiet", "--force", "--date-format=raw", stdin=stream)

    def describe(self, *revisions: str) -> list[GitCommit]:
        """The commits of a rev-list expression, newest first."""
        form = "--format=%H%x00%T%x00%P%x00%an%x00%ae%x00%at%x00%B%x01"
        records = self.text("log", form, *revisions, "--").split("\x01")[:-1]
        return [_commit(record.lstrip("\n")) for record in records]

    def merge_base(self, base: str, head: str) -> str | None:
        """The best common ancestor."""
        try:
            return self.text("merge-base", base, head)
        except GitError:
            return None

    def count(self, revisions: str) -> int:
        """How many commits a range holds."""
        return int(self.text("rev-list", "--count", revisions))

    def numstat(self, *revisions: str) -> list[tuple[int, int]]:
        """(added, deleted) lines of each changed file; 0 for binary ones."""
        lines = self.run("diff", "--numstat", "--no-renames", *revisions).splitlines()
        return [
            (int(add) if add.isdigit() else 0, int(cut) if cut.isdigit() else 0)
            for add, cut, _ in (line.split(b"\t", 2) for line in lines)
        ]

    def changed(self, base: str, head: str) -> list[tuple[str, str, str]]:
        """(status letter, blob, path) of each path that differs."""
        fields = self.run("diff", "--raw", "-z", "--no-renames", "--no-abbrev", base, head)
        parts = fields.decode("utf-8", "replace").split("\0")[:-1]
        rows = zip(parts[::2], parts[1::2], strict=True)
        return [(meta.split(" ")[4], _blob(meta), path) for meta, path in rows]


def _blob(meta: str) -> str:
    _, _, before, after, _ = meta.split(" ")
    return before if after == ZERO else after


def _commit(record: str) -> GitCommit:
    sha, tree, parents, name, email, time, message = record.split("\0")
    return GitCommit(
        sha=sha,
        tree=tree,
        parents=tuple(parents.split()),
        name=name,
        email=email,
        time=int(time),
        message=message.rstrip("\n"),
    )


def _stream(
    branch: str, files: Files, parents: tuple[str, ...], message: str, by: bytes
) -> Iterator[bytes]:
    text = message.encode()
    yield b"commit refs/heads/%b\nmark :1\n" % branch.encode()
    yield b"author %b\ncommitter %b\n" % (by, by)
    yield b"data %d\n%b\n" % (len(text), text)
    if parents:
        yield b"from %b\n" % parents[0].encode()
    else:
        yield b"deleteall\n"
    for other in parents[1:]:
        yield b"merge %b\n" % other.encode()
    for path, content in files.items():
        yield _entry(_quoted(path), content)
    yield b"get-mark :1\n"


def _entry(path: bytes, content: Content) -> bytes:
    if content is None:
        return b"D %b\n" % path
    if isinstance(content, Gitlink):
        return b"M 160000 %b %b\n" % (content.sha.encode(), path)
    mode, data = b"100644", content
    if isinstance(content, Executable):
        mode, data = b"100755", content.content
    elif isinstance(content, Symlink):
        mode, data = b"120000", content.target
    raw = data.encode() if isinstance(data, str) else data
    assert isinstance(raw, bytes)
    return b"M %b inline %b\ndata %d\n%b\n" % (mode, path, len(raw), raw)


def _quoted(path: str) -> bytes:
    raw = path.encode("utf-8", "surrogateescape")
    return b'"%b"' % b"".join(
        bytes([byte]) if 32 <= byte < 127 and byte not in b'"\\' else b"\\%03o" % byte
        for byte in raw
    )
