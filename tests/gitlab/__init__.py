"""A simulated GitLab for tests: REST API v4, git over HTTP, webhooks, faults, in this process."""

from __future__ import annotations

from tests.gitlab.fake import FakeGitLab, MergeRequest, Project

__all__ = ["FakeGitLab", "MergeRequest", "Project"]
