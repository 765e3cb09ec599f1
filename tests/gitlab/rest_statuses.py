"""Routes of commit statuses."""

from __future__ import annotations

from tests.forge.http import Answer
from tests.gitlab import statuses, views
from tests.gitlab.http import Call, not_found
from tests.gitlab.hub import Hub


def list_statuses(hub: Hub, call: Call) -> Answer:
    """GET /projects/{id}/repository/commits/{sha}/statuses: oldest first; without `all` only what
    was not retried; filters `ref`, `name`, `pipeline_id`."""
    query, sha = call.query, call.params["sha"]
    if call.project.git.resolve(sha) is None:
        raise not_found("Commit")
    found = [
        each
        for each in hub.state.statuses.values()
        if each.pipeline.project is call.project
        and each.pipeline.sha == sha
        and (call.flag("all") or not each.retried)
        and query.get("ref", each.pipeline.ref) == each.pipeline.ref
        and query.get("name", each.name) == each.name
        and query.get("pipeline_id", str(each.pipeline.id)) == str(each.pipeline.id)
    ]
    found.sort(key=lambda each: each.id, reverse=query.get("sort") == "desc")
    shown, headers = call.page(found)
    return Answer(body=[views.status(hub, each) for each in shown], headers=headers)


def create_status(hub: Hub, call: Call) -> Answer:
    """POST /projects/{id}/statuses/{sha}"""
    wanted = {**call.query, **call.body}
    made = statuses.put(hub, call.project, call.params["sha"], call.user, wanted)
    return Answer(status=201, body=views.status(hub, made))
