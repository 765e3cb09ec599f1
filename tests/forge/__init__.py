"""A simulated GitHub for tests: REST API, git over HTTP, webhooks, faults, in this process."""

from __future__ import annotations

from tests.forge.fake import FakeGitHub, Pull, Repo
from tests.forge.gitrepo import Executable, Gitlink, Symlink

__all__ = ["Executable", "FakeGitHub", "Gitlink", "Pull", "Repo", "Symlink"]
