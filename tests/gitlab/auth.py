"""Who calls: a user by one of its access tokens."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime

from tests.forge.git_http import Denied, Visit, basic_password
from tests.gitlab.http import Refusal
from tests.gitlab.hub import Hub
from tests.gitlab.state import DEVELOPER, Project, State, Token, User


def issue(state: State, user: User, scopes: tuple[str, ...] = ("api",)) -> Token:
    """A new token of a user."""
    value = f"glpat-{secrets.token_urlsafe(15)}"
    token = Token(value=value, user=user, id=state.new_id(), scopes=scopes)
    state.tokens[value] = token
    return token


def caller(state: State, headers: Mapping[str, str], writing: bool) -> Token:
    """The token of a request. Refuses unknown, revoked and expired ones, and too few scopes."""
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    text = headers.get("private-token") or (bearer if scheme.lower() == "bearer" else "")
    token = state.tokens.get(text)
    if token is None:
        raise Refusal(401, "401 Unauthorized")
    _check(token)
    if "api" not in token.scopes and (writing or "read_api" not in token.scopes):
        raise Refusal(
            403,
            "insufficient_scope",
            "error",
            error_description="The request requires higher privileges than provided by the "
            "access token.",
            scope="api" if writing else "api read_api",
        )
    return token


def _check(token: Token) -> None:
    problem = ""
    if token.revoked:
        problem = "Token was revoked. You have to re-authorize from the user."
    elif token.expires_at is not None and token.expires_at <= datetime.now(UTC).date():
        problem = "Token is expired. You can either do re-authorization or token refresh."
    if problem:
        raise Refusal(401, "invalid_token", "error", error_description=problem)


def sees(project: Project, user: User | None) -> bool:
    """Whether a user may read a project."""
    return project.visibility == "public" or (
        user is not None and (project.visibility == "internal" or user.username in project.members)
    )


def level(project: Project, user: User) -> int:
    """The access level of a user in a project; 0 for strangers."""
    return project.members.get(user.username, 0)


class GitLabGit:
    """GitLab's side of git: Basic authentication with any user name and a token as password."""

    realm = "GitLab"

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self.root = hub.root

    def admit(self, name: str, authorization: str, pushing: bool) -> Visit:
        """Let a client in. Raises Denied."""
        project = self._hub.state.project(name)
        if not authorization:
            if project is None or project.visibility != "public" or pushing:
                raise Denied(401, "HTTP Basic: Access denied.")
            return self._visit(project, User(username="anonymous", name="Anonymous"))
        user = self._user(authorization, pushing)
        if project is None or not sees(project, user):
            message = "The project you were looking for could not be found or you don't have "
            raise Denied(404, f"{message}permission to view it.")
        if pushing and level(project, user) < DEVELOPER:
            raise Denied(403, "You are not allowed to push code to this project.")
        return self._visit(project, user)

    def _visit(self, project: Project, user: User) -> Visit:
        return Visit(
            git=project.git,
            user=user.username,
            pushed=lambda before: self._hub.pushed(project, before, user),
        )

    def _user(self, authorization: str, pushing: bool) -> User:
        token = self._hub.state.tokens.get(basic_password(authorization) or "")
        scopes = {"api", "write_repository"} | (set() if pushing else {"read_repository"})
        try:
            if token is None:
                raise Refusal(401, "401 Unauthorized")
            _check(token)
        except Refusal:
            raise Denied(401, "HTTP Basic: Access denied.") from None
        if not scopes & set(token.scopes):
            raise Denied(403, "You are not allowed to access this project with this token.")
        return token.user
