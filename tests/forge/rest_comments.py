"""Routes of the comments in a pull request's conversation."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.forge import views_pulls
from tests.forge.http import Answer, Call, Refusal, invalid, not_found
from tests.forge.hub import Hub
from tests.forge.state import Comment, now

LONGEST = 65536


def list_comments(hub: Hub, call: Call) -> Answer:
    """GET /repos/{owner}/{repo}/issues/{issue_number}/comments: oldest first."""
    number = _issue(call)
    since = _since(call.query.get("since"))
    found = [
        each
        for each in hub.state.comments.values()
        if each.repo is call.repo and each.number == number and each.updated_at >= since
    ]
    shown, headers = call.page(found)
    return Answer(body=[views_pulls.comment(hub, each) for each in shown], headers=headers)


def create_comment(hub: Hub, call: Call) -> Answer:
    """POST /repos/{owner}/{repo}/issues/{issue_number}/comments"""
    made = hub.add_comment(call.repo, _issue(call), _body(call), None)
    return Answer(status=201, body=views_pulls.comment(hub, made))


def get_comment(hub: Hub, call: Call) -> Answer:
    """GET /repos/{owner}/{repo}/issues/comments/{comment_id}"""
    return Answer(body=views_pulls.comment(hub, _comment(hub, call)))


def update_comment(hub: Hub, call: Call) -> Answer:
    """PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}"""
    found = _comment(hub, call)
    found.body, found.updated_at = _body(call), now()
    return Answer(body=views_pulls.comment(hub, found))


def delete_comment(hub: Hub, call: Call) -> Answer:
    """DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}"""
    del hub.state.comments[_comment(hub, call).id]
    return Answer(status=204)


def _issue(call: Call) -> int:
    number = call.number("issue_number")
    if number not in call.repo.pulls:
        raise not_found()
    return number


def _comment(hub: Hub, call: Call) -> Comment:
    found = hub.state.comments.get(call.number("comment_id"))
    if found is None or found.repo is not call.repo:
        raise not_found()
    return found


def _body(call: Call) -> str:
    body = call.body.get("body")
    if not isinstance(body, str) or not body.strip():
        raise invalid("IssueComment", "body", "unprocessable", "Body can't be blank")
    if len(body) > LONGEST:
        message = f"Body is too long (maximum is {LONGEST} characters)"
        raise invalid("IssueComment", "body", "unprocessable", message)
    return body


def _since(text: str | None) -> datetime:
    if not text:
        return datetime.min.replace(tzinfo=UTC)
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        raise Refusal(422, "Invalid since parameter") from None
