"""Routes of users, projects, members and branches."""

from __future__ import annotations

from tests.forge.http import Answer
from tests.gitlab import auth, views
from tests.gitlab.http import Call, Refusal, malformed, not_found
from tests.gitlab.hub import Hub
from tests.gitlab.state import DEVELOPER, MAINTAINER, Project, User
from tests.gitlab.views import Json


def get_user(hub: Hub, call: Call) -> Answer:
    """GET /user"""
    return Answer(body=views.me(hub, call.user))


def get_token(hub: Hub, call: Call) -> Answer:
    """GET /personal_access_tokens/self"""
    token = call.token
    body = {
        "id": token.id,
        "name": token.user.name,
        "revoked": token.revoked,
        "created_at": "2026-01-01T00:00:00.000Z",
        "scopes": list(token.scopes),
        "user_id": token.user.id,
        "active": True,
        "expires_at": token.expires_at and token.expires_at.isoformat(),
    }
    return Answer(body=body)


def get_version(hub: Hub, call: Call) -> Answer:
    """GET /version"""
    return Answer(body={"version": "19.3.0-ee", "revision": "4e963fe"})


def find_users(hub: Hub, call: Call) -> Answer:
    """GET /users?username="""
    wanted = call.query.get("username", "").lower()
    found = [u for key, u in hub.state.users.items() if not wanted or key == wanted]
    shown, headers = call.page(found)
    return Answer(body=[views.user(hub, each) for each in shown], headers=headers)


def list_projects(hub: Hub, call: Call) -> Answer:
    """GET /projects: newest first; `membership` leaves out what is only public. With
    `pagination=keyset` the Link header alone leads on."""
    least = int(call.query.get("min_access_level") or 0)
    own = call.flag("membership") or least
    found = [
        each
        for each in hub.state.all_projects()
        if auth.sees(each, call.user)
        and (not own or each.members.get(call.user.username, -1) >= least)
    ]
    if call.query.get("sort") != "asc":
        found.reverse()
    if call.query.get("pagination") == "keyset":
        return _keyset(hub, call, found)
    shown, headers = call.page(found)
    return Answer(body=[_view(hub, call, each) for each in shown], headers=headers)


def _keyset(hub: Hub, call: Call, found: list[Project]) -> Answer:
    if call.query.get("order_by") != "id":
        raise Refusal(405, "405 Method Not Allowed")
    size = min(int(call.query.get("per_page") or 20), 100)
    word = "id_after" if call.query.get("sort") == "asc" else "id_before"
    edge = int(call.query.get(word) or 0)
    rest = [p for p in found if not edge or (p.id > edge if word == "id_after" else p.id < edge)]
    headers = {}
    if len(rest) > size:
        kept = {k: v for k, v in call.query.items() if k != word} | {word: str(rest[size - 1].id)}
        query = "&".join(f"{key}={value}" for key, value in kept.items())
        headers["link"] = f'<{call.url}?{query}>; rel="next"'
    return Answer(body=[_view(hub, call, each) for each in rest[:size]], headers=headers)


def get_project(hub: Hub, call: Call) -> Answer:
    """GET /projects/{id}"""
    return Answer(body=_view(hub, call, call.project))


def _view(hub: Hub, call: Call, it: Project) -> Json:
    return views.project(hub, it, auth.level(it, call.user))


def list_members(hub: Hub, call: Call) -> Answer:
    """GET /projects/{id}/members/all"""
    members = [hub.state.user(name) for name in call.project.members]
    shown, headers = call.page(members)
    return Answer(body=[_member(hub, call, each) for each in shown], headers=headers)


def get_member(hub: Hub, call: Call) -> Answer:
    """GET /projects/{id}/members/all/{user_id}"""
    wanted = call.number("user_id")
    for name in call.project.members:
        user = hub.state.user(name)
        if user.id == wanted:
            return Answer(body=_member(hub, call, user))
    raise Refusal(404, "404 Not found")


def _member(hub: Hub, call: Call, user: User) -> Json:
    return views.user(hub, user) | {
        "access_level": auth.level(call.project, user),
        "created_at": "2026-01-01T00:00:00.000Z",
        "expires_at": None,
        "membership_state": "active",
    }


def list_branches(hub: Hub, call: Call) -> Answer:
    """GET /projects/{id}/repository/branches: by name; `search` finds parts of names."""
    wanted = call.query.get("search", "")
    found = [(name, tip) for name, tip in sorted(call.project.git.refs().items()) if wanted in name]
    shown, headers = call.page(found)
    body = [views.branch(hub, call.project, name, tip) for name, tip in shown]
    return Answer(body=body, headers=headers)


def get_branch(hub: Hub, call: Call) -> Answer:
    """GET /projects/{id}/repository/branches/{branch}"""
    name = call.params["branch"]
    return Answer(body=views.branch(hub, call.project, name, _tip(call, name)))


def create_branch(hub: Hub, call: Call) -> Answer:
    """POST /projects/{id}/repository/branches"""
    name = call.body.get("branch") or call.query.get("branch")
    ref = call.body.get("ref") or call.query.get("ref")
    if not name or not ref:
        raise malformed("branch is missing, ref is missing" if not name else "ref is missing")
    git = call.project.git
    if git.branch(name) is not None:
        raise Refusal(400, "Branch already exists")
    sha = git.branch(ref) or git.resolve(ref)
    if sha is None:
        raise Refusal(400, "Invalid reference name: " + ref)
    before = git.refs()
    git.set_ref(f"refs/heads/{name}", sha)
    hub.pushed(call.project, before, call.user)
    return Answer(status=201, body=views.branch(hub, call.project, name, sha))


def delete_branch(hub: Hub, call: Call) -> Answer:
    """DELETE /projects/{id}/repository/branches/{branch}"""
    name = call.params["branch"]
    _tip(call, name)
    allow_push(call, name)
    before = call.project.git.refs()
    call.project.git.run("update-ref", "-d", f"refs/heads/{name}")
    hub.pushed(call.project, before, call.user)
    return Answer(status=204)


def allow_push(call: Call, branch: str) -> None:
    """Refuse to change the default branch, which is protected, to who is no maintainer."""
    protected = branch == call.project.default_branch
    if auth.level(call.project, call.user) < (MAINTAINER if protected else DEVELOPER):
        raise Refusal(403, "You are not allowed to push into this branch")


def _tip(call: Call, name: str) -> str:
    tip = call.project.git.branch(name)
    if tip is None:
        raise not_found("Branch")
    return tip
