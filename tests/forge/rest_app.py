"""Routes of the app itself: its installations, their tokens, its webhook deliveries."""

from __future__ import annotations

from datetime import UTC

from tests.forge import auth, views
from tests.forge.http import Answer, Call, Refusal, not_found
from tests.forge.hub import Hub
from tests.forge.state import HookDelivery, Installation, Repository
from tests.forge.views import Json


def get_app(hub: Hub, call: Call) -> Answer:
    """GET /app"""
    count = {"installations_count": len(hub.state.installations)}
    return Answer(body=views.app(hub) | count)


def list_installations(hub: Hub, call: Call) -> Answer:
    """GET /app/installations"""
    shown, headers = call.page(list(hub.state.installations.values()))
    return Answer(body=[views.installation(hub, each) for each in shown], headers=headers)


def get_installation(hub: Hub, call: Call) -> Answer:
    """GET /app/installations/{installation_id}"""
    return Answer(body=views.installation(hub, _installation(hub, call)))


def get_repo_installation(hub: Hub, call: Call) -> Answer:
    """GET /repos/{owner}/{repo}/installation"""
    repo = hub.state.repo(f"{call.params['owner']}/{call.params['repo']}")
    if repo is None or repo.installation is None:
        raise not_found()
    return Answer(body=views.installation(hub, repo.installation))


def create_token(hub: Hub, call: Call) -> Answer:
    """POST /app/installations/{installation_id}/access_tokens"""
    grant = _installation(hub, call)
    if grant.suspended:
        raise Refusal(403, "This installation has been suspended")
    permissions = dict(call.body.get("permissions") or grant.permissions)
    for name, level in permissions.items():
        if not auth.allows(grant.permissions, name, level):
            message = "The permissions requested are not granted to this installation."
            raise Refusal(422, message)
    chosen = _chosen(hub, call, grant)
    ids = None if chosen is None else frozenset(repo.id for repo in chosen)
    token = auth.issue(hub.state, grant, permissions, ids)
    body: Json = {
        "token": token.value,
        "expires_at": views.stamp(token.expires_at),
        "permissions": permissions,
        "repository_selection": "selected",
    }
    if chosen is not None:
        body["repositories"] = [views.repository(hub, repo) for repo in chosen]
    return Answer(status=201, body=body)


def _chosen(hub: Hub, call: Call, grant: Installation) -> list[Repository] | None:
    names, ids = call.body.get("repositories"), call.body.get("repository_ids")
    if not names and not ids:
        return None
    covered = installed(hub, grant)
    chosen = [repo for repo in covered if repo.name in (names or ()) or repo.id in (ids or ())]
    if len(chosen) < len(names or ()) + len(ids or ()):
        raise Refusal(
            422,
            "There is at least one repository that does not exist or is not accessible to the "
            "parent installation.",
        )
    return chosen


def _installation(hub: Hub, call: Call) -> Installation:
    wanted = call.number("installation_id")
    for grant in hub.state.installations.values():
        if grant.id == wanted:
            return grant
    raise not_found()


def installed(hub: Hub, grant: Installation) -> list[Repository]:
    """The repositories of an installation."""
    return [repo for repo in hub.state.all_repos() if repo.installation is grant]


def list_repositories(hub: Hub, call: Call) -> Answer:
    """GET /installation/repositories"""
    assert call.token is not None
    chosen = call.token.repositories
    covered = installed(hub, call.token.installation)
    repos = [repo for repo in covered if chosen is None or repo.id in chosen]
    shown, headers = call.page(repos)
    body = {
        "total_count": len(repos),
        "repository_selection": "selected",
        "repositories": [views.repository(hub, repo) for repo in shown],
    }
    return Answer(body=body, headers=headers)


def list_deliveries(hub: Hub, call: Call) -> Answer:
    """GET /app/hook/deliveries: newest first, by cursor."""
    cursor = call.query.get("cursor", "")
    number = cursor.removeprefix("v1_")
    if cursor and not number.isdigit():
        raise Refusal(422, "Invalid cursor")
    size = min(int(call.query.get("per_page", "30")), 100)
    status = call.query.get("status")
    rows = [
        each
        for each in sorted(hub.state.deliveries.values(), key=lambda each: -each.id)
        if (not number or each.id < int(number))
        and (status is None or (200 <= each.status_code < 400) == (status == "success"))
    ]
    shown, headers = rows[:size], {}
    if len(rows) > size:
        headers = call.link({"next": {"cursor": f"v1_{shown[-1].id}"}})
    return Answer(body=[_delivery(each) for each in shown], headers=headers)


def get_delivery(hub: Hub, call: Call) -> Answer:
    """GET /app/hook/deliveries/{delivery_id}"""
    each = _find_delivery(hub, call)
    sent = {"headers": each.request_headers, "payload": each.payload}
    got = {"headers": each.response_headers, "payload": each.response_body}
    return Answer(body=_delivery(each) | {"url": "", "request": sent, "response": got})


def redeliver(hub: Hub, call: Call) -> Answer:
    """POST /app/hook/deliveries/{delivery_id}/attempts"""
    hub.resend(_find_delivery(hub, call))
    return Answer(status=202, body={})


def _find_delivery(hub: Hub, call: Call) -> HookDelivery:
    found = hub.state.deliveries.get(call.number("delivery_id"))
    if found is None:
        raise not_found()
    return found


def _delivery(each: HookDelivery) -> Json:
    time = each.delivered_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
    return {
        "id": each.id,
        "guid": each.guid,
        "delivered_at": f"{time[:-3]}Z",
        "redelivery": each.redelivery,
        "duration": round(each.duration, 2),
        "status": each.status,
        "status_code": each.status_code,
        "event": each.event,
        "action": each.action,
        "installation_id": each.installation_id,
        "repository_id": each.repository_id,
        "throttled_at": None,
    }
