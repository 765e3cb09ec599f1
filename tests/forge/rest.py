"""The REST API: the table of its routes, and one request's way through it."""

from __future__ import annotations

import json
import secrets
from typing import Any
from urllib.parse import parse_qsl, unquote

from tests.forge import (
    auth,
    rest_app,
    rest_checks,
    rest_comments,
    rest_git,
    rest_pulls,
    rest_repos,
    rest_reviews,
    schema,
)
from tests.forge.http import Answer, Call, Handler, Refusal, Request, Route, not_found
from tests.forge.hub import Hub
from tests.forge.state import Repository, Token

REPO = "/repos/{owner}/{repo}"
_COMMENT = f"{REPO}/issues/comments/{{comment_id}}"
_COMMENTS = f"{REPO}/issues/{{issue_number}}/comments"
_RUN = f"{REPO}/check-runs/{{check_run_id}}"
_DELIVERY = "/app/hook/deliveries/{delivery_id}"
_GRANT = "/app/installations/{installation_id}"


def _repo(operation: str, handler: Handler, *needs: str) -> Route:
    pairs = tuple((name, level) for name, _, level in (each.partition(":") for each in needs))
    return Route(operation=operation, handler=handler, needs=pairs, installation=True)


ROUTES = (
    Route(operation="GET /app", handler=rest_app.get_app),
    Route(operation="GET /app/installations", handler=rest_app.list_installations),
    Route(operation=f"GET {_GRANT}", handler=rest_app.get_installation),
    Route(operation=f"POST {_GRANT}/access_tokens", handler=rest_app.create_token),
    Route(operation=f"GET {REPO}/installation", handler=rest_app.get_repo_installation),
    Route(operation="GET /app/hook/deliveries", handler=rest_app.list_deliveries),
    Route(operation=f"GET {_DELIVERY}", handler=rest_app.get_delivery),
    Route(operation=f"POST {_DELIVERY}/attempts", handler=rest_app.redeliver),
    _repo("GET /installation/repositories", rest_app.list_repositories),
    _repo(f"GET {REPO}", rest_repos.get_repo, "metadata:read"),
    _repo(
        f"GET {REPO}/collaborators/{{username}}/permission",
        rest_repos.get_permission,
        "metadata:read",
    ),
    _repo(f"GET {REPO}/branches/{{branch}}", rest_repos.get_branch, "contents:read"),
    _repo(f"GET {REPO}/compare/{{basehead}}", rest_repos.compare, "contents:read"),
    _repo(f"GET {REPO}/git/ref/{{ref}}", rest_git.get_ref, "contents:read"),
    _repo(f"POST {REPO}/git/refs", rest_git.create_ref, "contents:write"),
    _repo(f"PATCH {REPO}/git/refs/{{ref}}", rest_git.update_ref, "contents:write"),
    _repo(f"DELETE {REPO}/git/refs/{{ref}}", rest_git.delete_ref, "contents:write"),
    _repo(f"POST {REPO}/git/blobs", rest_git.create_blob, "contents:write"),
    _repo(f"POST {REPO}/git/trees", rest_git.create_tree, "contents:write"),
    _repo(f"POST {REPO}/git/commits", rest_git.create_commit, "contents:write"),
    _repo(f"GET {REPO}/git/commits/{{commit_sha}}", rest_git.get_commit, "contents:read"),
    _repo(f"GET {REPO}/pulls", rest_pulls.list_pulls, "pull_requests:read"),
    _repo(f"POST {REPO}/pulls", rest_pulls.create_pull, "pull_requests:write"),
    _repo(f"GET {REPO}/pulls/{{pull_number}}", rest_pulls.get_pull, "pull_requests:read"),
    _repo(f"PATCH {REPO}/pulls/{{pull_number}}", rest_pulls.update_pull, "pull_requests:write"),
    _repo(f"GET {_COMMENTS}", rest_comments.list_comments, "issues:read", "pull_requests:read"),
    _repo(f"POST {_COMMENTS}", rest_comments.create_comment, "issues:write", "pull_requests:write"),
    _repo(f"GET {_COMMENT}", rest_comments.get_comment, "issues:read", "pull_requests:read"),
    _repo(f"PATCH {_COMMENT}", rest_comments.update_comment, "issues:write", "pull_requests:write"),
    _repo(
        f"DELETE {_COMMENT}", rest_comments.delete_comment, "issues:write", "pull_requests:write"
    ),
    _repo(
        f"GET {REPO}/pulls/{{pull_number}}/reviews", rest_reviews.list_reviews, "pull_requests:read"
    ),
    # A comment on a pull request is one of the pull request's: issues:write is not enough.
    _repo(f"POST {_COMMENT}/reactions", rest_reviews.create_reaction, "pull_requests:write"),
    _repo(f"POST {REPO}/check-runs", rest_checks.create_run, "checks:write"),
    _repo(f"GET {_RUN}", rest_checks.get_run, "checks:read"),
    _repo(f"PATCH {_RUN}", rest_checks.update_run, "checks:write"),
    _repo(f"GET {_RUN}/annotations", rest_checks.list_annotations, "checks:read"),
    _repo(f"GET {REPO}/commits/{{ref}}/check-runs", rest_checks.list_runs, "checks:read"),
    # After it: a ref may hold slashes.
    _repo(f"GET {REPO}/commits/{{ref}}", rest_repos.get_commit, "contents:read"),
)
_PATTERNS = [(route, route.pattern) for route in ROUTES]


def find(request: Request) -> tuple[Route | None, dict[str, str]]:
    """The route of a request and its decoded path parameters."""
    for route, pattern in _PATTERNS:
        match = pattern.match(request.path) if route.method == request.method else None
        if match:
            return route, {name: unquote(value) for name, value in match.groupdict().items()}
    return None, {}


def answer(hub: Hub, request: Request) -> Answer:
    """What GitHub answers. The state is locked meanwhile, so that handlers need not care."""
    route, params = find(request)
    with hub.state.lock:
        try:
            if route is None:
                raise not_found()
            return route.handler(hub, _call(hub, route, params, request))
        except Refusal as refusal:
            return refusal.answer


class Site:
    """The REST API as the server serves it, held against GitHub's description."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def answer(self, request: Request) -> tuple[Answer, list[str]]:
        """The answer, and what the description does not allow."""
        given = answer(self._hub, request)
        route, _ = find(request)
        if route is None:
            return given, [f"{request.method} {request.path} is no route of the fake"]
        query = dict(parse_qsl(request.query, keep_blank_values=True))
        errors = schema.response_errors(route, given)
        return given, errors + schema.request_errors(route, query, _decoded(request.body))

    def headers(self, request: Request) -> dict[str, str]:
        """What GitHub sends with everything."""
        return common_headers(request)


def common_headers(request: Request) -> dict[str, str]:
    """What GitHub sends with everything."""
    asked = request.headers.get("x-github-api-version", "2022-11-28")
    return {
        "server": "github.com",
        "x-github-request-id": secrets.token_hex(8).upper(),
        "x-github-media-type": "github.v3; format=json",
        "x-github-api-version-selected": asked,
        "x-ratelimit-limit": "5000",
        "x-ratelimit-remaining": "4999",
        "x-ratelimit-used": "1",
        "x-ratelimit-resource": "core",
    }


def _call(hub: Hub, route: Route, params: dict[str, str], request: Request) -> Call:
    if not request.headers.get("user-agent"):
        raise Refusal(403, "Request forbidden by administrative rules.")
    credentials, token, target = auth.bearer(request.headers), None, None
    if route.installation:
        token = auth.check_token(hub.state, credentials)
        if "repo" in params:
            name, reading = f"{params['owner']}/{params['repo']}", route.method == "GET"
            target = _visible(hub, token, name, reading)
            _permit(route, token)
    else:
        auth.check_jwt(hub.state, credentials)
    return Call(
        url=hub.url + request.path,
        params=params,
        query=dict(parse_qsl(request.query, keep_blank_values=True)),
        body=_json(request.body),
        token=token,
        target=target,
    )


def _visible(hub: Hub, token: Token, name: str, reading: bool) -> Repository:
    repo = hub.state.repo(name)
    covered = (
        repo is not None
        and repo.installation is token.installation
        and (token.repositories is None or repo.id in token.repositories)
    )
    if repo is None or not (covered or not repo.private):
        raise not_found()
    if not (covered or reading):
        raise Refusal(403, "Resource not accessible by integration")
    return repo


def _permit(route: Route, token: Token) -> None:
    if any(auth.allows(token.permissions, name, level) for name, level in route.needs):
        return
    accepted = "; ".join(f"{name}={level}" for name, level in route.needs)
    raise Refusal(
        403,
        "Resource not accessible by integration",
        x_accepted_github_permissions=accepted,
    )


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body) if body.strip() else None
    except ValueError:
        return "not JSON"


def _json(body: bytes) -> dict[str, Any]:
    if not body.strip():
        return {}
    try:
        decoded = json.loads(body)
    except ValueError:
        raise Refusal(400, "Problems parsing JSON") from None
    if not isinstance(decoded, dict):
        raise Refusal(400, "Body should be a JSON object")
    return decoded
