"""Repositories: a bare mirror for each project, or a user's own clone, read with git's plumbing."""

from bot.repo.git import GitError, TooBig, Vanished
from bot.repo.mirrors import Mirrors
from bot.repo.repository import Repository

__all__ = ["GitError", "Mirrors", "Repository", "TooBig", "Vanished"]
