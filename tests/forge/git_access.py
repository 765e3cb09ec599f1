"""Whom GitHub lets in with git."""

from __future__ import annotations

from pathlib import Path

from tests.forge import auth
from tests.forge.git_http import Denied, Visit, basic_password
from tests.forge.http import Refusal
from tests.forge.hub import Hub
from tests.forge.state import Repository, Token


class GitHubGit:
    """GitHub's side of git, for installation tokens and, where it is public, for anyone."""

    realm = "GitHub"

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self.root: Path = hub.root

    def admit(self, name: str, authorization: str, pushing: bool) -> Visit:
        """Let a client in. Raises Denied."""
        try:
            repo, user = self._authorise(name, authorization, pushing)
        except Refusal as refusal:
            raise Denied(refusal.answer.status, str(refusal)) from None
        return Visit(
            git=repo.git,
            user=user,
            pushed=lambda before: self._hub.pushed(repo, before, user),
        )

    def _authorise(self, name: str, header: str, pushing: bool) -> tuple[Repository, str]:
        state = self._hub.state
        repo = state.repo(name)
        if not header:
            if repo is not None and not repo.private and not pushing:
                return repo, "anonymous"
            raise Refusal(401, "Repository not found.")
        password = basic_password(header, ("x-access-token",))
        if password is None:
            raise Refusal(401, "Invalid username or token.")
        token = auth.check_token(state, password)
        covered = repo is not None and (
            repo.installation is token.installation
            and (token.repositories is None or repo.id in token.repositories)
        )
        if repo is None or not (covered or not (repo.private or pushing)):
            raise Refusal(404, "Repository not found.")
        _permit(repo, token, pushing)
        return repo, state.app.bot


def _permit(repo: Repository, token: Token, pushing: bool) -> None:
    if pushing and not auth.allows(token.permissions, "contents", "write"):
        raise Refusal(403, "Write access to repository not granted.")
    if repo.private and not auth.allows(token.permissions, "contents", "read"):
        raise Refusal(403, "Read access to repository not granted.")
