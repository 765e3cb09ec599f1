"""Routes of pull requests."""

from __future__ import annotations

from typing import Any

from tests.forge import views_pulls
from tests.forge.http import Answer, Call, Refusal, invalid, not_found
from tests.forge.hub import Hub
from tests.forge.state import PullRequest, Repository, now

_LONGEST_BODY = 65536
_LONGEST_TITLE = 256


def list_pulls(hub: Hub, call: Call) -> Answer:
    """GET /repos/{owner}/{repo}/pulls: newest first unless asked otherwise."""
    query = call.query
    state, base, head = query.get("state", "open"), query.get("base"), query.get("head")
    pulls = [
        pull
        for pull in call.repo.pulls.values()
        if state in ("all", pull.state)
        and (not base or pull.base_ref == base)
        # As on GitHub, a head without an owner filters nothing.
        and (not head or ":" not in head or head == f"{pull.head_repo.owner}:{pull.head_ref}")
    ]
    by_update = query.get("sort") == "updated"
    pulls.sort(key=lambda pull: (pull.updated_at if by_update else pull.created_at, pull.number))
    default = "asc" if "sort" in query and query["sort"] != "created" else "desc"
    if query.get("direction", default) == "desc":
        pulls.reverse()
    shown, headers = call.page(pulls)
    return Answer(body=[views_pulls.pull(hub, pull) for pull in shown], headers=headers)


def get_pull(hub: Hub, call: Call) -> Answer:
    """GET /repos/{owner}/{repo}/pulls/{pull_number}"""
    return Answer(body=views_pulls.full_pull(hub, _pull(call)))


def create_pull(hub: Hub, call: Call) -> Answer:
    """POST /repos/{owner}/{repo}/pulls"""
    assert call.token is not None
    body, repo = call.body, call.repo
    title = str(body.get("title") or "")
    if not title:
        raise invalid("PullRequest", "title", "missing_field")
    _check_texts(body)
    head_repo, head_ref = _head(hub, repo, str(body.get("head", "")))
    base_ref = str(body.get("base", ""))
    if head_repo.git.branch(head_ref) is None:
        raise invalid("PullRequest", "head", "invalid")
    if repo.git.branch(base_ref) is None:
        raise invalid("PullRequest", "base", "invalid")
    _check_new(repo, head_repo, head_ref, base_ref)
    bot = hub.state.app.bot
    pull = hub.open_pull(
        repo,
        head_repo,
        head_ref,
        base_ref,
        title,
        bot,
        body=body.get("body"),
        draft=bool(body.get("draft")),
        maintainer_can_modify=bool(body.get("maintainer_can_modify")),
    )
    hub.emit("pull_request", "opened", repo, {"pull": pull}, bot)
    return Answer(
        status=201,
        body=views_pulls.full_pull(hub, pull),
        headers={"location": f"{call.url}/{pull.number}"},
    )


def update_pull(hub: Hub, call: Call) -> Answer:
    """PATCH /repos/{owner}/{repo}/pulls/{pull_number}"""
    assert call.token is not None
    pull, body, bot = _pull(call), call.body, hub.state.app.bot
    _check_texts(body)
    changes: dict[str, Any] = {}
    if "base" in body and body["base"] != pull.base_ref:
        changes["base"] = _move_base(pull, str(body["base"]))
    if "title" in body and body["title"] != pull.title:
        changes["title"], pull.title = {"from": pull.title}, str(body["title"])
    if "body" in body and body["body"] != pull.body:
        changes["body"], pull.body = {"from": pull.body}, body["body"]
    if changes:
        pull.updated_at = now()
        hub.emit("pull_request", "edited", call.repo, {"pull": pull, "changes": changes}, bot)
    wanted = body.get("state", pull.state)
    if wanted != pull.state:
        hub.set_pull_state(pull, str(wanted), bot)
    return Answer(body=views_pulls.full_pull(hub, pull))


def _pull(call: Call) -> PullRequest:
    found = call.repo.pulls.get(call.number("pull_number"))
    if found is None:
        raise not_found()
    return found


def _move_base(pull: PullRequest, base: str) -> dict[str, Any]:
    tip = pull.repo.git.branch(base)
    if tip is None:
        raise invalid("PullRequest", "base", "invalid")
    was = {"ref": {"from": pull.base_ref}, "sha": {"from": pull.base_sha}}
    pull.base_ref, pull.base_sha = base, tip
    return was


def _check_texts(body: Any) -> None:
    if len(str(body.get("title") or "")) > _LONGEST_TITLE:
        message = f"title is too long (maximum is {_LONGEST_TITLE} characters)"
        raise invalid("PullRequest", "title", "custom", message)
    if len(str(body.get("body") or "")) > _LONGEST_BODY:
        message = f"body is too long (maximum is {_LONGEST_BODY} characters)"
        raise invalid("PullRequest", "body", "custom", message)


def _check_new(repo: Repository, head_repo: Repository, head_ref: str, base_ref: str) -> None:
    for pull in repo.pulls.values():
        same = (pull.head_repo, pull.head_ref, pull.base_ref) == (head_repo, head_ref, base_ref)
        if same and pull.state == "open":
            name = f"{head_repo.owner}:{head_ref}"
            _refuse(f"A pull request already exists for {name}.")
    head, base = head_repo.git.branch(head_ref), repo.git.branch(base_ref)
    if head_repo is repo and repo.git.count(f"{base}..{head}") == 0:
        _refuse(f"No commits between {base_ref} and {head_ref}")


def _refuse(message: str) -> None:
    error = {"resource": "PullRequest", "code": "custom", "message": message}
    raise Refusal(422, "Validation Failed", [error])


def _head(hub: Hub, repo: Repository, name: str) -> tuple[Repository, str]:
    owner, colon, branch = name.partition(":")
    if not colon or owner == repo.owner:
        return repo, branch if colon else name
    for other in hub.state.all_repos():
        if other.owner == owner and other.parent is repo:
            return other, branch
    raise invalid("PullRequest", "head", "invalid")
