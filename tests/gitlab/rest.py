"""The REST API: the table of its routes, and one request's way through it."""

from __future__ import annotations

import json
import secrets
from typing import Any
from urllib.parse import parse_qsl, unquote

from tests.forge.http import Answer, Request
from tests.gitlab import (
    auth,
    rest_merge_requests,
    rest_notes,
    rest_projects,
    rest_repository,
    rest_statuses,
    schema,
)
from tests.gitlab.http import Call, Refusal, Route, malformed, not_found
from tests.gitlab.hub import Hub
from tests.gitlab.state import DEVELOPER, REPORTER, Project, Token

_P = "/projects/{id}"
_MRS = f"{_P}/merge_requests"
_MR = f"{_MRS}/{{iid}}"
_NOTES = f"{_MR}/notes"
_NOTE = f"{_NOTES}/{{note_id}}"
_REPO = f"{_P}/repository"
_BRANCH = f"{_REPO}/branches/{{branch}}"
_COMMIT = f"{_REPO}/commits/{{sha}}"

ROUTES = (
    Route(operation="GET /user", handler=rest_projects.get_user),
    Route(operation="GET /users", handler=rest_projects.find_users),
    Route(operation="GET /version", handler=rest_projects.get_version),
    Route(operation="GET /personal_access_tokens/self", handler=rest_projects.get_token),
    Route(operation="GET /projects", handler=rest_projects.list_projects),
    Route(operation=f"GET {_P}", handler=rest_projects.get_project),
    Route(operation=f"GET {_P}/approvals", handler=rest_merge_requests.get_approval_settings),
    Route(operation=f"GET {_P}/members/all", handler=rest_projects.list_members),
    Route(operation=f"GET {_P}/members/all/{{user_id}}", handler=rest_projects.get_member),
    Route(operation=f"GET {_MRS}", handler=rest_merge_requests.list_merge_requests),
    Route(
        operation=f"POST {_MRS}",
        handler=rest_merge_requests.create_merge_request,
        level=DEVELOPER,
    ),
    Route(operation=f"GET {_MR}", handler=rest_merge_requests.get_merge_request),
    Route(operation=f"PUT {_MR}", handler=rest_merge_requests.update_merge_request),
    Route(operation=f"GET {_MR}/approvals", handler=rest_merge_requests.get_approvals),
    Route(operation=f"GET {_MR}/versions", handler=rest_merge_requests.list_versions),
    Route(operation=f"GET {_MR}/pipelines", handler=rest_merge_requests.list_pipelines),
    Route(operation=f"GET {_NOTES}", handler=rest_notes.list_notes),
    Route(operation=f"POST {_NOTES}", handler=rest_notes.create_note),
    Route(operation=f"GET {_NOTE}", handler=rest_notes.get_note),
    Route(operation=f"PUT {_NOTE}", handler=rest_notes.update_note),
    Route(operation=f"DELETE {_NOTE}", handler=rest_notes.delete_note),
    Route(operation=f"GET {_NOTE}/award_emoji", handler=rest_notes.list_awards),
    Route(operation=f"POST {_NOTE}/award_emoji", handler=rest_notes.create_award),
    Route(
        operation=f"DELETE {_NOTE}/award_emoji/{{award_id}}",
        handler=rest_notes.delete_award,
    ),
    Route(
        operation=f"POST {_P}/statuses/{{sha}}",
        handler=rest_statuses.create_status,
        level=DEVELOPER,
    ),
    Route(operation=f"GET {_COMMIT}/statuses", handler=rest_statuses.list_statuses, level=REPORTER),
    Route(operation=f"GET {_REPO}/commits", handler=rest_repository.list_commits),
    Route(
        operation=f"POST {_REPO}/commits", handler=rest_repository.create_commit, level=DEVELOPER
    ),
    Route(operation=f"GET {_COMMIT}", handler=rest_repository.get_commit),
    Route(operation=f"GET {_REPO}/branches", handler=rest_projects.list_branches),
    Route(operation=f"POST {_REPO}/branches", handler=rest_projects.create_branch, level=DEVELOPER),
    Route(operation=f"GET {_BRANCH}", handler=rest_projects.get_branch),
    Route(operation=f"DELETE {_BRANCH}", handler=rest_projects.delete_branch, level=DEVELOPER),
    Route(operation=f"GET {_REPO}/compare", handler=rest_repository.compare),
    Route(operation=f"GET {_REPO}/files/{{path}}", handler=rest_repository.get_file),
    Route(operation=f"GET {_REPO}/files/{{path}}/raw", handler=rest_repository.get_raw_file),
)
_PATTERNS = [(route, route.pattern) for route in ROUTES]


class Site:
    """The REST API as the server serves it, held against the schemas."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def answer(self, request: Request) -> tuple[Answer, list[str]]:
        """The answer, and what the schemas do not allow."""
        route, params = find(request)
        given = answer(self._hub, request, route, params)
        if route is None:
            return given, [f"{request.method} {request.path} is no route of the fake"]
        errors = schema.response_errors(route.operation, given)
        return given, errors + schema.request_errors(
            route.operation, _query(request), _decoded(request.body)
        )

    def headers(self, request: Request) -> dict[str, str]:
        """What GitLab sends with everything."""
        return {
            "server": "nginx",
            "x-request-id": secrets.token_hex(13).upper(),
            "ratelimit-limit": "2000",
            "ratelimit-observed": "1",
            "ratelimit-remaining": "1999",
        }


def find(request: Request) -> tuple[Route | None, dict[str, str]]:
    """The route of a request and its decoded path parameters."""
    for route, pattern in _PATTERNS:
        match = pattern.match(request.path) if route.method == request.method else None
        if match:
            return route, {name: unquote(value) for name, value in match.groupdict().items()}
    return None, {}


def answer(hub: Hub, request: Request, route: Route | None, params: dict[str, str]) -> Answer:
    """What GitLab answers. The state is locked meanwhile, so that handlers need not care."""
    with hub.state.lock:
        try:
            if route is None:
                raise Refusal(404, "404 Not Found", "error")
            return route.handler(hub, _call(hub, route, params, request))
        except Refusal as refusal:
            return refusal.answer


def _call(hub: Hub, route: Route, params: dict[str, str], request: Request) -> Call:
    token = auth.caller(hub.state, request.headers, route.method != "GET")
    target = _visible(hub, token, route, params["id"]) if "id" in params else None
    body = _decoded(request.body) or {}
    if not isinstance(body, dict):
        raise malformed("The request body is not a JSON object")
    return Call(
        url=hub.url + request.path,
        params=params,
        query=_query(request),
        body=body,
        token=token,
        target=target,
    )


def _visible(hub: Hub, token: Token, route: Route, key: str) -> Project:
    project = hub.state.project(key)
    if project is None or not auth.sees(project, token.user):
        raise not_found("Project")
    if route.level and auth.level(project, token.user) < route.level:
        raise Refusal(403, "403 Forbidden")
    return project


def _query(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.query, keep_blank_values=True))


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body) if body.strip() else None
    except ValueError:
        return "not JSON"
