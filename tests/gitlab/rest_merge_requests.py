"""Routes of merge requests, their versions, approvals and pipelines."""

from __future__ import annotations

from typing import Any

from tests.forge.http import Answer
from tests.gitlab import auth, views
from tests.gitlab.http import Call, Refusal, malformed, not_found
from tests.gitlab.hub import Hub
from tests.gitlab.state import DEVELOPER, MergeRequest

_STATES = ("opened", "closed", "merged", "locked", "all")


def list_merge_requests(hub: Hub, call: Call) -> Answer:
    """GET /projects/{id}/merge_requests: newest first; `state`, `source_branch`, `target_branch`,
    `author_username`, `author_id`."""
    query = call.query
    if query.get("state", "all") not in _STATES:
        raise malformed("state does not have a valid value")
    found = [
        it
        for it in call.project.merge_requests.values()
        if query.get("state", "all") in ("all", it.state)
        and query.get("source_branch", it.source_branch) == it.source_branch
        and query.get("target_branch", it.target_branch) == it.target_branch
        and query.get("author_username", it.author.username) == it.author.username
        and query.get("author_id", str(it.author.id)) == str(it.author.id)
    ]
    moved = query.get("order_by") == "updated_at"
    found.sort(
        key=lambda it: (it.updated_at if moved else it.created_at, it.iid),
        reverse=query.get("sort") != "asc",
    )
    shown, headers = call.page(found)
    return Answer(body=[views.merge_request(hub, each) for each in shown], headers=headers)


def get_merge_request(hub: Hub, call: Call) -> Answer:
    """GET /projects/{id}/merge_requests/{iid}"""
    it = find(call)
    body = views.full_merge_request(hub, it)
    it.preparing = max(0, it.preparing - 1)
    return Answer(body=body)


def create_merge_request(hub: Hub, call: Call) -> Answer:
    """POST /projects/{id}/merge_requests: the project is the source's, `target_project_id` may
    name another."""
    body = call.body
    missing = [key for key in ("title", "source_branch", "target_branch") if not body.get(key)]
    if missing:
        raise malformed(", ".join(f"{key} is missing" for key in missing))
    target = hub.state.project(str(body.get("target_project_id", call.project.id)))
    if target is None or not auth.sees(target, call.user):
        raise not_found("Project")
    source, onto = body["source_branch"], body["target_branch"]
    _check_branches(call, source, onto, target is call.project)
    for other in target.merge_requests.values():
        taken = (other.source_project, other.source_branch, other.target_branch)
        if other.state == "opened" and taken == (call.project, source, onto):
            message = "Another open merge request already exists for this source branch"
            raise Refusal(409, [f"{message}: !{other.iid}"])
    made = hub.open_merge_request(
        target,
        call.project,
        source,
        onto,
        body["title"],
        call.user,
        description=body.get("description"),
        labels=_labels(body.get("labels")),
    )
    return Answer(status=201, body=views.full_merge_request(hub, made))


def _check_branches(call: Call, source: str, onto: str, same_project: bool) -> None:
    if same_project and source == onto:
        message = "You can't use same project/branch for source and target"
        raise Refusal(409, [message])
    if call.project.git.branch(source) is None:
        raise Refusal(400, {"source_branch": ["does not exist"]})


def update_merge_request(hub: Hub, call: Call) -> Answer:
    """PUT /projects/{id}/merge_requests/{iid}"""
    it, body = find(call), call.body
    author = it.author is call.user
    if not author and auth.level(call.project, call.user) < DEVELOPER:
        raise Refusal(403, "403 Forbidden")
    if not body:
        raise malformed("title, description, labels, state_event, … are missing, at least one")
    event = body.get("state_event")
    if event not in (None, "close", "reopen"):
        raise malformed("state_event does not have a valid value")
    if "title" in body and not body["title"]:
        raise Refusal(400, {"title": ["can't be blank"]})
    wanted: dict[str, Any] = {
        key: body[key] for key in ("title", "description", "target_branch") if key in body
    }
    if "labels" in body:
        wanted["labels"] = _labels(body["labels"])
    for more in _labels(body.get("add_labels")):
        have = wanted.get("labels", it.labels)
        wanted["labels"] = have if more in have else [*have, more]
    hub.edit(it, call.user, **wanted)
    if event:
        hub.set_state(it, event, call.user)
    return Answer(body=views.full_merge_request(hub, it))


def list_versions(hub: Hub, call: Call) -> Answer:
    """GET /projects/{id}/merge_requests/{iid}/versions: newest first."""
    it = find(call)
    shown, headers = call.page([] if it.preparing else it.versions[::-1])
    return Answer(body=[views.version(it, each) for each in shown], headers=headers)


def get_approvals(hub: Hub, call: Call) -> Answer:
    """GET /projects/{id}/merge_requests/{iid}/approvals"""
    return Answer(body=views.approvals(hub, find(call)))


def get_approval_settings(hub: Hub, call: Call) -> Answer:
    """GET /projects/{id}/approvals"""
    body = {
        "approvals_before_merge": call.project.approvals_required,
        "reset_approvals_on_push": call.project.reset_approvals_on_push,
        "merge_requests_author_approval": False,
        "merge_requests_disable_committers_approval": False,
    }
    return Answer(body=body)


def list_pipelines(hub: Hub, call: Call) -> Answer:
    """GET /projects/{id}/merge_requests/{iid}/pipelines: newest first."""
    it = find(call)
    heads = {version.head for version in it.versions}
    own_ref = f"refs/merge-requests/{it.iid}/head"
    places = ((it.source_project, it.source_branch), (it.project, own_ref))
    found = [
        each
        for each in hub.state.pipelines.values()
        if each.sha in heads and (each.project, each.ref) in places
    ]
    shown, headers = call.page(found[::-1])
    return Answer(body=[views.basic_pipeline(hub, each) for each in shown], headers=headers)


def find(call: Call) -> MergeRequest:
    """The merge request of a route below one."""
    found = call.project.merge_requests.get(call.number("iid"))
    if found is None:
        raise Refusal(404, "404 Not found")
    return found


def _labels(given: Any) -> list[str]:
    names = given.split(",") if isinstance(given, str) else (given or [])
    return [name.strip() for name in names if name.strip()]
