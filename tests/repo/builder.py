"""A real git repository to test with, written as a user would or through fast-import."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_AUTHOR_NAME": "Alice",
    "GIT_AUTHOR_EMAIL": "alice@example.com",
    "GIT_AUTHOR_DATE": "1767225600 +0000",
    "GIT_COMMITTER_NAME": "Alice",
    "GIT_COMMITTER_EMAIL": "alice@example.com",
    "GIT_COMMITTER_DATE": "1767225600 +0000",
    "LC_ALL": "C.UTF-8",
}


class Builder:
    """A repository with a work tree at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str | bytes, stdin: bytes = b"") -> str:
        """The stripped output of a git command."""
        done = subprocess.run(
            ("git", *arguments),
            cwd=self.path,
            env=ENVIRONMENT,
            input=stdin,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise AssertionError(f"git {arguments!r}: {done.stderr!r}")
        return done.stdout.decode("utf-8", "surrogateescape").strip()

    def write(self, files: Mapping[str, str | bytes]) -> None:
        """Write files into the work tree; names may hold surrogates for bytes that are no UTF-8."""
        for name, content in files.items():
            target = self.path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(self, files: Mapping[str, str | bytes] | None = None, message: str = "x") -> str:
        """Write files and commit everything; the commit's id."""
        self.write(files or {})
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def history(self, branch: str, commits: int, start: str = "") -> str:
        """Add commits to a branch without touching the work tree; the last one's id."""
        parts = []
        for number in range(commits):
            parts.append(f"commit refs/heads/{branch}\n")
            parts.append(f"committer A <a@example.com> {1767225600 + number} +0000\ndata 1\nx\n")
            if number == 0 and start:
                parts.append(f"from {start}\n")
            text = f"{branch} {number}\n"
            parts.append(f"M 100644 inline counter\ndata {len(text)}\n{text}\n")
        self.git("fast-import", "--quiet", "--force", stdin="".join(parts).encode())
        return self.git("rev-parse", f"refs/heads/{branch}")

    def many(self, branch: str, files: Mapping[str, str], start: str = "") -> str:
        """One commit with many files, without touching the work tree; its id."""
        parts = [f"commit refs/heads/{branch}\ncommitter A <a@example.com> 1767225600 +0000\n"]
        parts.append("data 1\nx\n")
        if start:
            parts.append(f"from {start}\n")
        for name, text in files.items():
            parts.append(f"M 100644 inline {name}\ndata {len(text.encode())}\n{text}\n")
        self.git("fast-import", "--quiet", "--force", stdin="".join(parts).encode())
        return self.git("rev-parse", f"refs/heads/{branch}")
